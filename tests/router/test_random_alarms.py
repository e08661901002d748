"""Alarms at random points of a race and of table reads: whatever they cut in two, what comes next is whole."""

from __future__ import annotations

import gc
import json
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from router import baked
from router.dynamodb.clients import Clients
from router.model.deadline import Deadline, DeadlineError
from router.model.decision import Origin
from router.model.request import Request
from simulator.sample_events import origin_request
from strategies.fastest_origin import FastestOrigin, Options
from strategies.fastest_origin.probes import Cancellation
from tests.router.replica import Replica, running
from tests.strategies.fakes import Assigned, make_edge

pytestmark = pytest.mark.long
alarms = pytest.mark.parametrize("alarms", [300, 20_000])


@pytest.fixture(autouse=True)
def _nothing_stays_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No half thread and no running one; a socket that an alarm took from everybody is closed by Python."""
    before = set(threading.enumerate())
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    yield
    until = time.monotonic() + 5
    while set(threading.enumerate()) - before:
        assert time.monotonic() < until, "a thread that never ends"
        time.sleep(0.001)
    gc.collect()
    assert threading._limbo == {}


def probe(origin: Origin, _path: str, _timeout_seconds: float, _cancellation: Cancellation) -> int:
    time.sleep(0.001 if origin.name == "canary" else 0.001_3)
    return 200


@alarms
def test_no_race_mistakes_an_alarm_for_a_thread_that_cannot_start(alarms: int) -> None:
    chance, cut_off = random.Random(alarms), 0
    strategy = FastestOrigin(Options(probe_timeout_ms=200), make_edge(), probe=probe)
    chosen = Assigned(strategy)
    for _ in range(alarms):
        request = Request()
        strategy._choice, strategy._is_all_down = "", False  # as in a new environment: the request waits for a race
        try:
            with Deadline(chance.uniform(0.000_01, chance.choice((0.000_3, 0.002)))):
                decision = chosen.choose(request)
            assert decision.reason in {"probed", "probes-stuck"}
        except DeadlineError:
            cut_off += 1
        assert "no-thread" not in [found for _, found in request.steps]
    assert cut_off > alarms / 100
    _end_of_probes()
    strategy._choice = ""
    assert chosen.choose(Request()).reason == "probed"
    _end_of_probes()


def _end_of_probes() -> None:
    until = time.monotonic() + 2
    while any(thread.name.startswith("probe-") for thread in threading.enumerate()):
        assert time.monotonic() < until, "a probe that never ends"
        time.sleep(0.001)


SESSIONS = [{"token": {"S": name}, "version": {"S": version}} for name, version in (("a", "1"), ("b", "2"))]
TABLE = {
    "name": "sessions",
    "home_region": "us-east-1",
    "replicas": {"": ["eu-west-1", "us-east-1"]},
    "attributes": ["version"],
    "remember_seconds": 0,
}
CONFIG: dict[str, Any] = {
    "strategy": "sticky-session",
    "options": {},
    "origins": {"stable": {"domain_name": "v1.example.com"}, "canary": {"domain_name": "v2.example.com"}},
    "canary_percent": 0.0,
    "release": "r",
    "pin": "none",
    "override": None,
    "table": TABLE,
    "log_salt": "salt",
}


@alarms
def test_no_read_that_was_cut_off_answers_the_next_visitor(
    alarms: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Connections are opened, used and dropped under way; each decision is the visitor's own, or the deadline's."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    clients = Clients()
    monkeypatch.setattr(baked, "_build_clients", lambda: clients)
    chance = random.Random(alarms)
    with running(Replica({"sessions": SESSIONS})) as (url,):
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        router = baked.build_router(CONFIG | {"deadline_ms": 1_000}, "eu-west-1")
        reasons: list[str] = []
        for _ in range(alarms):
            router._deadline.seconds = chance.uniform(0.000_02, chance.choice((0.000_5, 0.006)))
            reasons.append(_checked_reason(router.handle, chance.choice("ab"), capsys))
        router._deadline.seconds = 2
        assert [_checked_reason(router.handle, visitor, capsys) for visitor in "abab"] == ["session"] * 4
        clients.close()
    assert set(reasons) <= {"session", "deadline"}
    assert min(reasons.count("session"), reasons.count("deadline")) > alarms / 50


def _checked_reason(handle: Callable[[object], Any], visitor: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The reason of a visitor's decision, once that is seen to be the right one for it."""
    answer = handle(origin_request(cookies=[f"sessiontoken={visitor}"]))
    line = json.loads(capsys.readouterr().out)
    domain = "v2.example.com" if visitor == "b" and line["reason"] == "session" else "v1.example.com"
    assert answer["origin"]["custom"]["domainName"] == answer["headers"]["host"][0]["value"] == domain
    return line["reason"]
