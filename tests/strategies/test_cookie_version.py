"""Cookie version: the router's own cookie keeps a visitor, and a value that is not the router's never decides."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.model import origin_rules
from router.model.assignment import Assignment
from router.model.request import Request
from router.model.response import Response
from strategies.base import MEMO_HEADER
from strategies.cookie_version import CookieVersion, Options
from tests.strategies.fakes import Assigned, errors_of, make_edge

KEY, OLDER_KEY = "k" * 16, "o" * 16


def strategy(percent: float = 0, release: str = "r", **options: object) -> Assigned:
    return Assigned(CookieVersion(Options(**options), make_edge()), percent, release)  # type: ignore[arg-type]


def request(value: str | None = None, request_id: str = "id") -> Request:
    return Request(headers={"cookie": f"app-version={value}"} if value is not None else {}, request_id=request_id)


def cookie_set_by(maker: Assigned, origin: str | None = "canary", status: int = 200, value: str | None = None) -> str:
    """The value of the one cookie in the answer to a request, or ""."""
    response = Response(status=status, origin=origin)
    maker.respond(request(value), response)
    assert len(response.cookies) <= 1
    return response.cookies[0].partition(";")[0].partition("=")[2] if response.cookies else ""


def test_a_visitor_without_a_cookie_is_assigned_by_the_request_id() -> None:
    decision = strategy(percent=100).choose(request(request_id="req-7"))
    assert (decision.origin, decision.reason, decision.visitor) == ("canary", "no-cookie", "req-7")
    assert decision.bucket is not None


@pytest.mark.parametrize("keys", [(), (KEY,)])
def test_the_cookie_that_the_answer_sets_keeps_the_visitor(keys: tuple[str, ...]) -> None:
    value = cookie_set_by(strategy(signing_keys=keys))
    decision = strategy(percent=0, signing_keys=keys).choose(request(value))
    assert (decision.origin, decision.reason, decision.bucket) == ("canary", "cookie", None)


@pytest.mark.parametrize("keys", [(), (KEY,)])
def test_of_several_cookies_of_one_name_the_one_that_names_a_version_counts(keys: tuple[str, ...]) -> None:
    maker = strategy(signing_keys=keys)
    own, former = (cookie_set_by(strategy(signing_keys=keys, release=release)) for release in ("r", "former"))
    for values in ((f"canary.{own.split('.')[1]}.x y", own), ("", former, own), (own, former)):
        decision = maker.choose(request("; app-version=".join(values)))
        assert (decision.origin, decision.reason) == ("canary", "cookie")
    decision = maker.choose(request(f"nonsense; app-version={former}"))
    assert (decision.reason, decision.visitor) == ("other-release", former.split(".")[2])


@pytest.mark.parametrize("memo", ["pinned", "withdrawn", "0badc0de", "0badc0de.visitor"])
def test_where_control_has_changed_since_the_decision_no_cookie_is_set(memo: str) -> None:
    maker, response = strategy(percent=0), Response(origin="canary")
    maker.respond(Request(headers={MEMO_HEADER: memo}, request_id="id"), response)
    assert response.cookies == []
    decided = strategy(percent=100).choose(request())
    maker.respond(Request(headers={MEMO_HEADER: decided.memo}, request_id="id"), response)
    assert len(response.cookies) == 1


def test_the_cookie_is_host_only_secure_and_lives_as_long_as_the_option_says() -> None:
    response = Response(origin="stable")
    strategy(max_age_seconds=60).respond(request(), response)
    assert re.fullmatch(
        r"app-version=stable\.[0-9a-f]{8}\.[\w-]{16}; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax",
        response.cookies[0],
    )


def test_a_domain_is_set_only_by_option() -> None:
    response = Response(origin="stable")
    strategy(domain="example.com").respond(request(), response)
    assert "; Domain=example.com;" in response.cookies[0]


def test_the_cookie_names_the_origin_that_answered_not_the_assigned_one() -> None:
    assert cookie_set_by(strategy(percent=100), origin="stable").startswith("stable.")


@pytest.mark.parametrize(
    ("origin", "status"), [("canary", 500), ("canary", 503), (None, 200), ("canary", 412), ("canary", 415)]
)
def test_a_failed_answer_or_a_foreign_origin_sets_no_cookie(origin: str | None, status: int) -> None:
    assert cookie_set_by(strategy(), origin, status) == ""


def test_a_visitor_who_has_the_cookie_is_not_given_another() -> None:
    assert cookie_set_by(strategy(), value=cookie_set_by(strategy())) == ""


@pytest.mark.parametrize(
    "value",
    ["canary", "canary.00000000.x", "canary.00000000.x.forged", "x" * 4_096, "...", "canary.é.ü.ö", "a.b.c.d.e"],
)
def test_an_unsigned_value_is_forged_where_values_are_signed(value: str) -> None:
    decision = strategy(percent=0, signing_keys=(KEY,)).choose(request(value))
    assert (decision.origin, decision.reason, decision.visitor) == ("stable", "forged-cookie", "id")


@given(st.data())
def test_no_changed_signed_value_is_trusted(data: st.DataObject) -> None:
    value = cookie_set_by(strategy(signing_keys=(KEY,)))
    index = data.draw(st.integers(0, len(value) - 2))  # the last base64 digit has bits that carry nothing
    letter = data.draw(st.sampled_from([letter for letter in "aZ0.-_=" if letter != value[index]]))
    forged = value[:index] + letter + value[index + 1 :]
    assert strategy(percent=0, signing_keys=(KEY,)).choose(request(forged)).reason == "forged-cookie"


def test_an_older_key_still_verifies_and_the_newest_signs() -> None:
    rotated = {"signing_keys": (KEY, OLDER_KEY)}
    assert strategy(**rotated).choose(request(cookie_set_by(strategy(signing_keys=(OLDER_KEY,))))).reason == "cookie"
    assert strategy(signing_keys=(KEY,)).choose(request(cookie_set_by(strategy(**rotated)))).reason == "cookie"
    retired = strategy(signing_keys=(KEY,)).choose(request(cookie_set_by(strategy(signing_keys=(OLDER_KEY,)))))
    assert retired.reason == "forged-cookie"


def test_another_release_assigns_the_same_visitor_anew() -> None:
    value = cookie_set_by(strategy(release="old"))
    decisions = [strategy(percent=50, release="new").choose(request(value, name)) for name in "ab"]
    assert [decision.reason for decision in decisions] == ["other-release", "other-release"]
    assert decisions[0].visitor == decisions[1].visitor == value.split(".")[2]
    assert decisions[0].bucket == decisions[1].bucket
    assert cookie_set_by(strategy(release="new"), value=value).split(".")[2] == value.split(".")[2]


def test_a_new_release_at_run_time_is_the_one_of_the_next_cookie() -> None:
    made = strategy(release="old")
    value = cookie_set_by(made)
    made.assignment = Assignment("new", 0)
    assert made.choose(request(value)).reason == "other-release"
    assert made.choose(request(cookie_set_by(made))).reason == "cookie"


@pytest.mark.parametrize("keys", [(), (KEY,)])
def test_while_the_release_is_unknown_a_genuine_cookie_is_believed_and_none_is_set(keys: tuple[str, ...]) -> None:
    value = cookie_set_by(strategy(release="old", signing_keys=keys))
    unknown = strategy(release="", signing_keys=keys)
    decision = unknown.choose(request(value))
    assert (decision.origin, decision.reason) == ("canary", "cookie")
    assert cookie_set_by(unknown) == cookie_set_by(unknown, value=value) == ""
    assert strategy(release="", signing_keys=(KEY,)).choose(request("canary.00000000.x.f")).reason == "forged-cookie"


def test_a_version_that_is_no_longer_configured_is_assigned_anew() -> None:
    value = cookie_set_by(strategy()).replace("canary.", "beta.")
    assert strategy().choose(request(value)).reason == "unknown-version"


def test_an_application_may_set_the_bare_version_where_nothing_is_signed() -> None:
    assert strategy(percent=0).choose(request("canary")).origin == "canary"
    assert strategy(percent=100).choose(request("beta")).reason == "malformed-cookie"


def test_needs_are_the_cookie_and_the_answer_but_no_table() -> None:
    needs = CookieVersion.needs(Options(cookie="v"))
    assert (needs.cookies, needs.origin_response, needs.table, needs.varies) == ({"v"}, True, None, True)


def test_mistakes_are_named_and_no_key_is_quoted() -> None:
    assert errors_of(Options, max_age_seconds=0, domain="exa mple.com", signing_keys=(KEY, "geheim")) == [
        ("maxAgeSeconds", "is 0: allowed is 1 to 34560000 seconds (400 days, the most browsers keep)"),
        ("domain", origin_rules.domain_name("exa mple.com")),
        ("signingKeys", "has a key of under 16 characters: use 32 random ones"),
    ]
