"""A whole rollout with 10,000 visitors: nobody who was assigned changes sides, except by rollback or pin."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest

from router.control.precedence import Precedence
from router.decision_log import DecisionLog
from router.dynamodb.clients import Clients
from router.model.request import Request
from router.model.response import Response
from router.routing import Router
from strategies.base import MEMO_HEADER, Edge
from strategies.registry import load
from tests.router.control_table import BAKED, Clock, Replicas, config_item, control_over, rollout_item
from tests.strategies.fakes import ORIGINS, FakeTable

if TYPE_CHECKING:
    from router.dynamodb.table import Table

VISITORS = 10_000
STEPS = (1, 5, 25, 50, 100)
KEYS = {"signing_keys": ("0123456789abcdef",)}
OPTIONS: dict[str, dict[str, Any]] = {
    "cookie-version": KEYS,
    "sticky-session": {},
    "sticky-session, remembered in a cookie": {"remember_in_cookie": True, "remember_cookie_seconds": 3_600, **KEYS},
}


class Site:
    """An edge with live control, and visitors who keep the cookies they are given, or whose session is written."""

    def __init__(self, strategy: str) -> None:
        self.clock = Clock()
        self.replicas = Replicas()
        self.sessions = FakeTable()
        clients = Clients(self.replicas.reader)
        table = cast("Table", self.sessions)
        edge = Edge(self.clock, os.urandom, ORIGINS, table)
        kind = load(strategy.partition(",")[0])
        self.strategy = kind(kind.Options(**OPTIONS[strategy]), edge)
        control = control_over(self.replicas, clock=self.clock, clients=clients)
        precedence = Precedence(ORIGINS, control=control)
        log = DecisionLog(strategy, "salt")
        self.router = Router(self.strategy, ORIGINS, log, baked=BAKED, precedence=precedence)
        self.control = control
        self.cookies: dict[int, str] = {}
        self.request_ids: Iterator[int] = iter(range(10**9))

    def say(self, *items: Any) -> None:
        """What the control table says from now on, past the refresh."""
        self.replicas.answer = items
        self.clock.now += 10

    def visit(self, visitor: int) -> str:
        """One visit: the decision, the origin's answer, and what the visitor keeps of it."""
        headers = {"cookie": self.cookies[visitor]} if visitor in self.cookies else {}
        request = Request(headers=headers, request_id=f"r-{next(self.request_ids)}")
        decision = self.router.decide(request)
        origin, response = str(decision.origin), Response(origin=str(decision.origin))
        later = Request(headers={**headers, MEMO_HEADER: decision.memo}, request_id=request.request_id)
        self.strategy.respond(later, response, self.control.current().assignment)
        if self.strategy.name == "sticky-session":
            self._begin_session(visitor, origin)
        if response.cookies:
            added = response.cookies[0].partition(";")[0]
            kept = self.cookies.get(visitor, "").partition("; ")[0]
            self.cookies[visitor] = f"{kept}; {added}" if kept.startswith("sessiontoken=") else added
        return origin

    def _begin_session(self, visitor: int, origin: str) -> None:
        """An application that writes the version of a session once, when it begins."""
        if visitor not in self.cookies:
            self.cookies[visitor] = f"sessiontoken=token-{visitor}"
            self.sessions.items[(f"token-{visitor}",)] = {"version": {"S": "2" if origin == "canary" else "1"}}


@pytest.mark.long
@pytest.mark.parametrize("strategy", OPTIONS)
def test_nobody_who_was_assigned_flips_through_the_whole_plan(strategy: str) -> None:
    site = Site(strategy)
    assigned: dict[int, str] = {}
    shares: list[float] = []
    for step, percent in enumerate(STEPS):
        site.say(config_item(), rollout_item(canaryPercent={"N": str(percent)}, revision={"N": str(step)}))
        newcomers = range(step * VISITORS // len(STEPS), (step + 1) * VISITORS // len(STEPS))
        flipped = [visitor for visitor, origin in assigned.items() if site.visit(visitor) != origin]
        assert flipped == []
        arrived = {visitor: site.visit(visitor) for visitor in newcomers}
        shares.append(sum(origin == "canary" for origin in arrived.values()) / len(arrived) * 100)
        assigned |= arrived
    assert len(assigned) == VISITORS
    assert shares == [pytest.approx(percent, abs=4) for percent in STEPS]
    assert [visitor for visitor, origin in assigned.items() if site.visit(visitor) != origin] == []


@pytest.mark.parametrize("strategy", OPTIONS)
@pytest.mark.parametrize(
    "back",
    [
        [config_item(), rollout_item(state={"S": "rolled-back"}, canaryPercent={"N": "0"}, revision={"N": "9"})],
        [config_item(pin={"S": "stable"}), rollout_item()],
    ],
    ids=["rollback", "pin"],
)
def test_a_rollback_and_a_pin_bring_everybody_back_and_let_them_go_again(strategy: str, back: list[Any]) -> None:
    site = Site(strategy)
    site.say(config_item(), rollout_item(canaryPercent={"N": "50"}))
    before = {visitor: site.visit(visitor) for visitor in range(200)}
    assert set(before.values()) == {"stable", "canary"}
    site.say(*back)
    assert {site.visit(visitor) for visitor in before} == {"stable"}
    site.say(config_item(), rollout_item(canaryPercent={"N": "1"}, revision={"N": "10"}))
    assert {visitor: site.visit(visitor) for visitor in before} == before


def test_who_is_remembered_in_a_cookie_costs_one_read() -> None:
    site = Site("sticky-session, remembered in a cookie")
    site.say(config_item(), rollout_item(canaryPercent={"N": "50"}))
    for _ in range(5):
        for visitor in range(100):
            site.visit(visitor)
    assert len(site.sessions.keys) == 100
