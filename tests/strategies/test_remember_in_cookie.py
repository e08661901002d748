"""sticky-session with rememberInCookie: a returning visitor costs no read, and nobody else's cookie counts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from router.control.precedence import Precedence
from router.decision_log import DecisionLog
from router.model.assignment import Live
from router.routing import Router
from simulator.sample_events import origin_request, origin_response
from strategies.sticky_session import Options, StickySession
from tests.strategies.fakes import NOW, ORIGINS, FakeTable, Item, errors_of, make_edge

KEY, OTHER_KEY = "0123456789abcdef", "fedcba9876543210"
CANARY: Item = {"version": {"S": "2"}}
ENDING: Item = {"version": {"S": "2"}, "expiration": {"N": f"{NOW + 60}"}}


class Visits:
    """A browser in front of an instance: it keeps the router's cookie, and the session's that it is told to have."""

    def __init__(self, table: FakeTable, *, percent: float = 0, keys: tuple[str, ...] = (KEY,), **options: Any) -> None:
        self.table, self.now, self.percent = table, NOW, percent
        self.cookie = self.attributes = ""
        self._options = {"remember_in_cookie": True, **options}
        self.build(keys)

    def build(self, keys: tuple[str, ...] = (KEY,), **live: Any) -> None:
        """Another instance, with another snapshot of control perhaps."""
        strategy = StickySession(
            Options(signing_keys=keys, **self._options), make_edge(table=self.table, clock=lambda: self.now)
        )
        snapshot = Live(**{"percent": self.percent, "pin": "none", "release": "r", **live})
        self._router = Router(
            strategy, ORIGINS, DecisionLog("sticky-session", "salt"), baked=snapshot, precedence=Precedence(ORIGINS)
        )

    def visit(self, token: str = "known", status: str = "200", headers: dict[str, str] | None = None) -> str:
        """The version that responds."""
        pairs = [f"sessiontoken={token}", *([f"session-version={self.cookie}"] if self.cookie else [])]
        event: Any = origin_request(cookies=["; ".join(pairs)], headers=headers or {})
        sent: Any = self._router.handle(event)
        self.memo = [entry["value"] for entry in sent["headers"].get("x-router-memo", [])]
        answer = origin_response(event)
        answer["Records"][0]["cf"]["request"] = sent
        answer["Records"][0]["cf"]["response"]["status"] = status
        received: Any = self._router.handle(answer)
        for entry in received["headers"].get("set-cookie", []):
            pair, _, self.attributes = entry["value"].partition("; ")
            self.cookie = pair.partition("=")[2]
        return {"v1.example.com": "stable", "v2.example.com": "canary"}[sent["origin"]["custom"]["domainName"]]


def reasons(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [json.loads(line)["reason"] for line in capsys.readouterr().out.splitlines()]


def test_a_returning_visitor_costs_no_read(capsys: pytest.CaptureFixture[str]) -> None:
    table = FakeTable({("known",): CANARY})
    visits = Visits(table)
    assert [visits.visit() for _ in range(20)] == ["canary"] * 20
    assert len(table.keys) == 1
    assert reasons(capsys) == ["session", *["session-cookie"] * 19]
    assert visits.attributes == "Max-Age=300; Path=/; Secure; HttpOnly; SameSite=Lax"


def test_an_instance_that_never_saw_the_session_takes_the_cookie_too() -> None:
    table = FakeTable({("known",): CANARY})
    visits = Visits(table)
    visits.visit()
    visits.build()
    assert visits.visit() == "canary"
    assert len(table.keys) == 1


def test_the_table_is_asked_again_when_the_cookie_has_ended_and_the_cookie_is_renewed() -> None:
    table = FakeTable({("known",): CANARY})
    visits = Visits(table, remember_cookie_seconds=60)
    visits.visit()
    table.items["known",] = {"version": {"S": "1"}}
    visits.now += 59
    assert visits.visit() == "canary"
    visits.now += 1
    assert [visits.visit(), visits.visit()] == ["stable", "stable"]
    assert len(table.keys) == 2


def test_the_cookie_ends_with_the_session() -> None:
    table = FakeTable({("known",): ENDING})
    visits = Visits(table)
    visits.visit()
    assert visits.attributes.startswith("Max-Age=60; ")
    visits.now += 60
    assert visits.visit() == "stable"
    assert len(table.keys) == 2


def test_a_cookie_of_another_session_does_not_count() -> None:
    table = FakeTable({("known",): CANARY, ("other",): {"version": {"S": "1"}}})
    visits = Visits(table)
    visits.visit("known")
    assert visits.visit("other") == "stable"
    assert len(table.keys) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.replace("canary", "stable"),
        lambda value: value.replace(value.split(".")[2], str(int(NOW) + 9_999)),
        lambda value: value[:-1] + ("A" if value[-1] != "A" else "B"),
        lambda value: value.rpartition(".")[0],
        lambda _: "canary",
        lambda _: "canary.r.99999999999.",
        lambda _: "...",
    ],
)
def test_a_tampered_cookie_does_not_count(change: Any) -> None:
    table = FakeTable({("known",): CANARY})
    visits = Visits(table)
    visits.visit()
    visits.cookie = change(visits.cookie)
    assert visits.visit() == "canary"
    assert len(table.keys) == 2


def test_a_new_key_signs_and_an_old_one_still_verifies() -> None:
    table = FakeTable({("known",): CANARY})
    visits = Visits(table)
    visits.visit()
    visits.build((OTHER_KEY, KEY))
    assert visits.visit() == "canary"
    assert len(table.keys) == 1
    visits.build((OTHER_KEY,))
    visits.visit()
    assert len(table.keys) == 2


@pytest.mark.parametrize(
    ("live", "version", "reads"),
    [
        ({"pin": "stable"}, "stable", 1),
        ({"is_withdrawn": True}, "stable", 1),
        ({"release": "next"}, "canary", 2),
        ({"release": ""}, "canary", 2),
    ],
    ids=["pinned", "rolled back", "another release", "unknown release"],
)
def test_pin_rollback_and_release_hold_as_without_it(live: dict[str, Any], version: str, reads: int) -> None:
    table = FakeTable({("known",): CANARY})
    visits = Visits(table)
    visits.visit()
    visits.build(**live)
    assert visits.visit() == version
    assert len(table.keys) == reads


@pytest.mark.parametrize("live", [{"pin": "canary"}, {"is_withdrawn": True}, {"release": ""}])
def test_no_cookie_is_set_where_the_decision_is_not_the_tables(live: dict[str, Any]) -> None:
    visits = Visits(FakeTable({("known",): CANARY}))
    visits.build(**live)
    visits.visit()
    assert visits.cookie == ""


@pytest.mark.parametrize(("items", "failure"), [({}, ""), ({("known",): {"version": {"S": "9"}}}, ""), ({}, "timeout")])
def test_only_a_version_that_the_table_has_is_remembered(items: Any, failure: str) -> None:
    visits = Visits(FakeTable(items, failure), percent=100)
    visits.visit()
    assert visits.cookie == ""


@pytest.mark.parametrize("status", ["400", "401", "403", "404", "412", "415", "429", "500", "503"])
def test_an_error_sets_no_cookie(status: str) -> None:
    visits = Visits(FakeTable({("known",): CANARY}))
    visits.visit(status=status)
    assert visits.cookie == ""


def test_a_memo_of_the_viewers_own_is_taken_away() -> None:
    visits = Visits(FakeTable(), percent=0)
    visits.visit(headers={"X-Router-Memo": "canary.r.99999999999.x; Domain=example.com"})
    assert (visits.memo, visits.cookie) == ([], "")


def test_the_options_say_what_they_lack() -> None:
    assert errors_of(Options, remember_in_cookie=True) == [
        ("signingKeys", "is missing: rememberInCookie signs its cookie")
    ]
    assert errors_of(Options, remember_in_cookie=True, signing_keys=("short",)) == [
        ("signingKeys", "has a key of under 16 characters: use 32 random ones")
    ]
    assert errors_of(Options, remember_in_cookie=True, signing_keys=(KEY,), remember_cookie="sessiontoken") == [
        ("rememberCookie", "is 'sessiontoken': that is the session's cookie already")
    ]
    assert errors_of(Options, remember_cookie_seconds=0) == [
        ("rememberCookieSeconds", "is 0: allowed is 1 to 3600 seconds")
    ]
    versioned = {"caching": "versioned", "version_cookie": "app-version"}
    assert errors_of(Options, remember_in_cookie=True, signing_keys=(KEY,), **versioned) == [
        ("rememberInCookie", "is true, but caching is versioned, whose version cookie does the same: set one of them")
    ]
