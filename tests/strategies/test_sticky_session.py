"""Sticky session: the table decides for known sessions, the percentage for all others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.model import names
from router.model.request import Request
from strategies.sticky_session import Options, StickySession
from tests.strategies.fakes import NOW, Assigned, FakeTable, Item, errors_of, make_edge

TOKEN = "5f0c9a"


def session(version: dict[str, object] | None = None, expiration: object = NOW + 600) -> Item:
    return {"version": version or {"S": "2"}, "expiration": {"N": f"{expiration}"}}


def strategy(table: FakeTable, percent: float = 0, **options: object) -> Assigned:
    return Assigned(StickySession(Options(**options), make_edge(table=table)), percent)  # type: ignore[arg-type]


def request(cookie: str | list[str] = f"sessiontoken={TOKEN}", request_id: str = "id") -> Request:
    return Request(headers={"cookie": cookie}, request_id=request_id)


def test_a_known_session_stays_on_its_version_whatever_the_percentage() -> None:
    table = FakeTable({(TOKEN,): session()})
    decision = strategy(table, percent=0).choose(request())
    assert (decision.origin, decision.reason, decision.visitor) == ("canary", "session", TOKEN)
    assert decision.reading is not None
    assert decision.reading.source == "eu-west-1"
    table.items[TOKEN,] = session({"S": "1"})
    assert strategy(table, percent=100).choose(request()).origin == "stable"


def test_the_table_is_asked_with_the_key_attribute_of_the_options() -> None:
    table = FakeTable()
    strategy(table, key_attribute="sid").choose(request())
    assert table.keys == [{"sid": TOKEN}]


def test_the_session_cookie_is_found_among_several_pairs_and_headers() -> None:
    table = FakeTable({(TOKEN,): session()})
    assert strategy(table).choose(request(["a=1; b=2", f"c=3; sessiontoken={TOKEN}; d=4"])).origin == "canary"


def test_a_numeric_version_code_counts_as_its_text() -> None:
    assert strategy(FakeTable({(TOKEN,): session({"N": "2"})})).choose(request()).origin == "canary"


def test_without_a_session_the_request_id_is_assigned_and_no_table_read() -> None:
    table = FakeTable()
    decision = strategy(table, percent=100).choose(request("other=1", "req-7"))
    assert (decision.origin, decision.reason, decision.visitor) == ("canary", "no-session", "req-7")
    assert decision.bucket is not None
    assert table.keys == []


def test_an_oversized_session_is_not_looked_up() -> None:
    table = FakeTable()
    decision = strategy(table).choose(request(f"sessiontoken={'x' * 1_025}"))
    assert (decision.origin, decision.reason, decision.visitor) == ("stable", "malformed-session", "id")
    assert table.keys == []


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (None, "unknown-session"),
        (session(expiration=NOW), "expired-session"),
        (session(expiration=NOW - 0.5), "expired-session"),
        (session({"S": "3"}), "unknown-version"),
        (session({"BOOL": True}), "unknown-version"),
        (session({"S": ["2"]}), "unknown-version"),
        ({"expiration": {"N": str(NOW + 1)}}, "unknown-version"),
    ],
)
def test_a_session_that_says_nothing_is_assigned_by_its_token(item: Item | None, reason: str) -> None:
    table = FakeTable({(TOKEN,): item} if item is not None else {})
    decisions = [strategy(table, percent=50).choose(request(request_id=name)) for name in "abc"]
    assert {decision.reason for decision in decisions} == {reason}
    assert {decision.visitor for decision in decisions} == {TOKEN}
    assert len({decision.bucket for decision in decisions}) == 1


@pytest.mark.parametrize("expiration", [{"S": "never"}, {"N": "soon"}, {"NULL": True}, {}])
def test_an_expiry_that_is_no_number_never_expires(expiration: dict[str, object]) -> None:
    item: Item = {"version": {"S": "2"}, "expiration": expiration}
    assert strategy(FakeTable({(TOKEN,): item})).choose(request()).reason == "session"


def test_without_an_expiry_attribute_nothing_expires() -> None:
    table = FakeTable({(TOKEN,): session(expiration=1)})
    assert strategy(table, expiry_attribute="").choose(request()).reason == "session"


def test_a_failing_table_sends_the_session_to_stable_not_to_its_bucket() -> None:
    decision = strategy(FakeTable(failure="throttled"), percent=100).choose(request())
    assert (decision.origin, decision.reason, decision.is_fallback) == ("stable", "table-throttled", True)


@given(
    item=st.dictionaries(st.sampled_from(["version", "expiration"]), st.dictionaries(st.sampled_from("SN"), st.text()))
)
def test_any_item_gets_a_decision(item: Item) -> None:
    assert strategy(FakeTable({(TOKEN,): item})).choose(request()).origin in {"stable", "canary"}


def test_needs_say_table_cookie_and_the_origins_of_the_version_map() -> None:
    needs = StickySession.needs(Options(versions={"1": "stable", "3": "beta"}, replicas=("eu-west-1",)))
    assert needs.cookies == {"sessiontoken"}
    assert needs.origins == {"canary", "stable", "beta"}
    assert needs.table is not None
    assert (needs.table.hash_key, needs.table.range_key, needs.table.expiry_attribute) == ("token", "", "expiration")
    assert needs.table.attributes == ("version", "expiration")
    assert needs.table.replicas == ("eu-west-1",)
    assert not needs.body
    assert not needs.origin_response


def test_mistakes_are_named_all_at_once() -> None:
    wrong = {"cookie": "a b", "table_name": "x", "version_attribute": "token", "expiry_attribute": "token"}
    assert errors_of(Options, **wrong, versions={}) == [
        ("cookie", names.cookie_name("a b")),
        ("tableName", "is 'x': a table name has 3 to 255 letters, digits and _-. characters"),
        ("versionAttribute", "is 'token': that is the key attribute already"),
        ("expiryAttribute", "is 'token': that is another attribute already"),
        ("versions", "is empty: it maps version codes to origin names, such as {'1': stable}"),
    ]


@pytest.mark.parametrize("text", ["1_0", " 5 ", "٥", "+5", "NaN", "Infinity", "1e400", "0x10", "5.", "²"])
def test_an_expiry_as_only_python_reads_it_is_no_number(text: str) -> None:
    item: Item = {"version": {"S": "2"}, "expiration": {"N": text}}
    assert strategy(FakeTable({(TOKEN,): item})).choose(request()).reason == "session"


@pytest.mark.parametrize("text", ["5", "5.0", "1E+9", "1.79E+9", "0", "-5"])
def test_an_expiry_as_dynamodb_writes_it_is_one(text: str) -> None:
    item: Item = {"version": {"S": "2"}, "expiration": {"N": text}}
    assert strategy(FakeTable({(TOKEN,): item})).choose(request()).reason == "expired-session"
