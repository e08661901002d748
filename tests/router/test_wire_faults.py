"""Faults of one replica, at every position: a known session never moves, nobody gets another visitor's item."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from router import baked
from router.dynamodb.client import Client, ReadError
from router.dynamodb.clients import Clients
from router.dynamodb.table import Table, TableConfig, TableError
from router.model.deadline import Stopwatch
from router.routing import Router
from simulator.sample_events import origin_request
from tests.router.control_table import config_item
from tests.router.replica import ClosedError, Replica, Turn, running
from tests.router.wire_faults import FAULTS, ODDITIES, SLOW, sends

NEAREST, HOME = "eu-west-1", "us-east-1"
MAX_SECONDS = 1.5
"""`total_timeout_ms`; a fault that costs time has a shorter time-out of its own."""


def timeout_ms_for(fault: str) -> int:
    """A busy machine must not make a time-out of what is none."""
    return 150 if fault in SLOW else 1_000


@dataclass(frozen=True)
class Visitors:
    """A strategy that reads a table, the items of two visitors and where each belongs."""

    strategy: str
    options: dict[str, Any]
    attributes: list[str]
    items: list[dict[str, Any]]
    event_of: Callable[[str], dict[str, Any]]
    domains: dict[str, str]


SESSIONS = Visitors(
    "sticky-session",
    {},
    ["version", "expiration"],
    [{"token": {"S": "a"}, "version": {"S": "1"}}, {"token": {"S": "b"}, "version": {"S": "2"}}],
    lambda visitor: origin_request(cookies=[f"sessiontoken={visitor}"]),
    {"a": "v1.example.com", "b": "v2.example.com"},
)
TENANTS = Visitors(
    "tenant-lookup",
    {"source": "query", "allowed_domains": [".example.com"]},
    ["defaultBackend"],
    [
        {"tenantId": {"S": name}, "accountId": {"S": "1"}, "defaultBackend": {"S": f"{name}.example.com"}}
        for name in ("a", "b")
    ],
    lambda visitor: origin_request(querystring=f"tenantId={visitor}&accountId=1"),
    {"a": "a.example.com", "b": "b.example.com"},
)
both = pytest.mark.parametrize(
    "visitors", [SESSIONS, pytest.param(TENANTS, marks=pytest.mark.long)], ids=["sticky-session", "tenant-lookup"]
)


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


Visit = Callable[[str], tuple[str, dict[str, Any]]]


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Visit]]:
    """Builds a router over replicas by Region; one visit gives the domain that was chosen and the line of the log."""
    all_clients: list[Clients] = []

    def build(visitors: Visitors, urls: dict[str, str], timeout_ms: int = 1_000, **config: Any) -> Visit:
        def client_for(region: str) -> Client:
            monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", urls[region])
            return Client(region)

        clients = Clients(client_for)
        all_clients.append(clients)
        monkeypatch.setattr(baked, "_build_clients", lambda: clients)
        router = baked.build_router(_config(visitors, timeout_ms, **config), NEAREST)

        def visit(visitor: str) -> tuple[str, dict[str, Any]]:
            capsys.readouterr()
            started = time.monotonic()
            domain = _domain_for(router, visitors.event_of(visitor))
            assert time.monotonic() - started < MAX_SECONDS
            return domain, json.loads(capsys.readouterr().out)

        return visit

    yield build
    for clients in all_clients:
        clients.close()


def _config(visitors: Visitors, timeout_ms: int, **config: Any) -> dict[str, Any]:
    return {
        "strategy": visitors.strategy,
        "options": visitors.options,
        "origins": {"stable": {"domain_name": "v1.example.com"}, "canary": {"domain_name": "v2.example.com"}},
        "canary_percent": 0.0,
        "release": "2026-11",
        "pin": "none",
        "override": None,
        "table": {
            "name": "table",
            "home_region": HOME,
            "replicas": {"": [NEAREST, HOME]},
            "attributes": visitors.attributes,
            "read_timeout_ms": timeout_ms,
            "remember_seconds": 0,
            "remember_unknown_seconds": 0,
        },
        "deadline_ms": 2000,
        "log_salt": "salt",
        **config,
    }


def _domain_for(router: Router, event: dict[str, Any]) -> str:
    answer: Any = router.handle(event)
    domain = answer["origin"]["custom"]["domainName"]
    assert answer["headers"]["host"][0]["value"] == domain
    return domain


def replicas_of(visitors: Visitors, fault: Any, first_faulty: int, control: Any = ()) -> tuple[Replica, Replica]:
    items = {"table": visitors.items, "control": control}
    return Replica(items, fault, first_faulty), Replica(items)


@pytest.mark.long_if(r"first read")
@both
@pytest.mark.parametrize("first_faulty", [1, 2], ids=["first read", "kept connection"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_one_replica_moves_nobody(
    name: str, first_faulty: int, visitors: Visitors, visits: Callable[..., Visit]
) -> None:
    near, home = replicas_of(visitors, FAULTS[name], first_faulty)
    with running(near, home) as urls:
        visit = visits(visitors, dict(zip((NEAREST, HOME), urls, strict=True)), timeout_ms_for(name))
        for number, visitor in enumerate("abab"[: first_faulty + 1], 1):
            domain, line = visit(visitor)
            assert domain == visitors.domains[visitor]
            assert line["tableSource"] == (HOME if number >= first_faulty else NEAREST)
            assert "fallback" not in line


@pytest.mark.parametrize("visitors", [SESSIONS, TENANTS], ids=["sticky-session", "tenant-lookup"])
@pytest.mark.parametrize("name", ODDITIES)
def test_an_odd_answer_counts_and_leaves_nothing_to_the_next_visitor(
    name: str, visitors: Visitors, visits: Callable[..., Visit]
) -> None:
    near, home = replicas_of(visitors, ODDITIES[name], 2)
    with running(near, home) as urls:
        visit = visits(visitors, dict(zip((NEAREST, HOME), urls, strict=True)))
        for visitor in "abba":
            domain, line = visit(visitor)
            assert (domain, line["tableSource"]) == (visitors.domains[visitor], NEAREST)
    assert home.operations == []


REASONS = {
    **dict.fromkeys(("reset before the answer", "close within the head", "close within the body"), "reset"),
    **dict.fromkeys(
        ("hang before the answer", "hang within the head", "hang within the body", "drip", "bare LF"), "timeout"
    ),
    **dict.fromkeys(("item under another key", "item without its key", "empty item"), "wrong-item"),
    **dict.fromkeys(
        ("wrong checksum", "checksum that is not a number", "bytes changed on the way", "length too short"),
        "wrong-checksum",
    ),
    "500": "status-500",
    "408 and close": "status-408",
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_a_reason_and_the_connection_is_not_kept(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A length of 2 MB and the like are refused before their body is waited for."""
    near, _ = replicas_of(SESSIONS, FAULTS[name], 1)
    with running(near) as (url,):
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        client = Client(NEAREST)
        for _ in range(2):
            with pytest.raises(ReadError) as caught:
                client.get_item("table", {"token": "a"}, ("version",), timeout_ms_for(name) / 1000)
            assert caught.value.reason == REASONS.get(name, "garbage")
        client.close()
    assert near.connections == (2 if caught.value.reason != "status-500" else 1)


TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"


@pytest.mark.parametrize("closes", [False, True], ids=["stays open", "closes"])
@pytest.mark.parametrize(
    "later",
    [Turn.answer, lambda _: TIMEOUT, lambda _: b"\0", lambda _: b""],
    ids=["the answer again", "408", "a byte", "nothing"],
)
def test_what_comes_while_the_connection_is_idle_ends_it(
    later: Callable[[Turn], bytes], closes: bool, visits: Callable[..., Visit]
) -> None:
    idle, sent = threading.Event(), list[bytes]()

    def answer_twice(turn: Turn) -> None:
        turn.connection.sendall(turn.answer())
        idle.wait(1)
        sent.append(later(turn))
        turn.connection.sendall(sent[-1])
        if closes:
            raise ClosedError

    near, home = replicas_of(SESSIONS, answer_twice, 1)
    with running(near, home) as urls:
        visit = visits(SESSIONS, dict(zip((NEAREST, HOME), urls, strict=True)))
        for visitor in "ab":
            domain, line = visit(visitor)
            assert (domain, line["tableSource"]) == (SESSIONS.domains[visitor], NEAREST)
            idle.set()
            time.sleep(0.02)
    assert near.connections == (2 if closes or sent[0] else 1)


@pytest.mark.parametrize("first", ["b", "nobody"])
def test_the_last_answer_in_place_of_the_next_is_told_by_its_request_id(
    first: str, visits: Callable[..., Visit]
) -> None:
    """An answer that there is no such item has no key to tell it by."""
    near, home = replicas_of(SESSIONS, sends(lambda turn: turn.last), 2)
    with running(near, home) as urls:
        visit = visits(SESSIONS, dict(zip((NEAREST, HOME), urls, strict=True)))
        visit(first)
        domain, line = visit("b")
    assert (domain, line["reason"]) == (SESSIONS.domains["b"], "session")
    assert near.connections == 2


def test_an_answer_of_nothing_that_may_be_anothers_is_asked_for_again(visits: Callable[..., Visit]) -> None:
    """Late, after the next request, and without an id, as of an endpoint that is not AWS's."""

    def answer_unnamed(turn: Turn) -> None:
        answer = turn.answer() if turn.number != 2 else turn.last
        turn.connection.sendall(answer.replace(b"x-amzn-RequestId", b"x-other"))

    near, home = replicas_of(SESSIONS, answer_unnamed, 1)
    with running(near, home) as urls:
        visit = visits(SESSIONS, dict(zip((NEAREST, HOME), urls, strict=True)))
        assert visit("nobody")[1]["reason"] == "unknown-session"
        domain, line = visit("b")
    assert (domain, line["reason"], line["tableSource"]) == (SESSIONS.domains["b"], "session", NEAREST)


@pytest.mark.parametrize("remember_seconds", [0, 60], ids=["replica behind", "memory behind"])
def test_a_session_that_goes_on_is_not_moved_by_who_has_not_heard_of_it(
    remember_seconds: int, visits: Callable[..., Visit]
) -> None:
    """The application has extended it at home. Whoever is assigned anew goes to stable, for the percentage is 0."""
    session = {"token": {"S": "b"}, "version": {"S": "2"}}
    brief = {**session, "expiration": {"N": str(time.time() + (0.3 if remember_seconds else -1))}}
    lasting = {**session, "expiration": {"N": str(int(time.time()) + 600)}}
    near, home = Replica({"table": [brief]}), Replica({"table": [lasting]})
    with running(near, home) as urls:
        table = {**_config(SESSIONS, 1_000)["table"], "remember_seconds": remember_seconds}
        visit = visits(SESSIONS, dict(zip((NEAREST, HOME), urls, strict=True)), table=table)
        if remember_seconds:
            assert visit("b")[1]["tableSource"] == NEAREST
            time.sleep(0.3)
        domain, line = visit("b")
    assert (domain, line["reason"], line["tableSource"]) == (SESSIONS.domains["b"], "session", HOME)


CONTROL: dict[str, Any] = {
    "table": {"name": "control", "home_region": HOME, "replicas": {"": [NEAREST, HOME]}},
    "refresh_seconds": 0,
}
CONTROL_ITEMS = [config_item(canaryPercent={"N": "100"})]


@pytest.mark.parametrize(
    "first_faulty", [pytest.param(1, marks=pytest.mark.long), 3], ids=["first read", "kept connection"]
)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_reading_the_control_table_leaves_what_holds(
    name: str, first_faulty: int, visits: Callable[..., Visit]
) -> None:
    def fault(turn: Turn) -> None:
        return FAULTS[name](turn) if turn.is_query else turn.connection.sendall(turn.answer())

    near, home = replicas_of(SESSIONS, fault, first_faulty, CONTROL_ITEMS)
    with running(near, home) as urls:
        visit = visits(
            SESSIONS,
            dict(zip((NEAREST, HOME), urls, strict=True)),
            control={**CONTROL, "read_timeout_ms": timeout_ms_for(name)},
        )
        if first_faulty > 1:
            assert visit("a")[1]["percentFrom"] == "config"
        domain, line = visit("a")
        assert (domain, line["tableSource"]) == (SESSIONS.domains["a"], NEAREST)
        assert line["percentFrom"] == ("baked" if first_faulty == 1 else "config")
        assert re.fullmatch(r"table-[a-z0-9-]+|missing-config", line["controlReason"])
        domain, line = visit("b")
        assert (domain, line["percentFrom"]) == (SESSIONS.domains["b"], "config")
        assert "controlReason" not in line


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError(), KeyError("a"), OSError()])
@pytest.mark.parametrize(
    "where",
    [
        "router.dynamodb.opening.start_new_thread",
        "socket.create_connection",
        "router.dynamodb.client.parse_document",
    ],
)
def test_whatever_is_raised_in_reading_one_replica_the_next_is_asked(
    where: str, error: Exception, visits: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    near, home = replicas_of(SESSIONS, None, 1)
    with running(near, home) as urls:
        visit = visits(SESSIONS, dict(zip((NEAREST, HOME), urls, strict=True)))
        _fail_once(monkeypatch, where, error)
        domain, line = visit("b")
    assert (domain, line["tableSource"]) == (SESSIONS.domains["b"], HOME)


def _fail_once(monkeypatch: pytest.MonkeyPatch, where: str, error: Exception) -> None:
    module, _, name = where.rpartition(".")
    owner: Any = sys.modules[module]
    real, errors = getattr(owner, name), [error]

    def failing(*given: Any, **named: Any) -> Any:
        if errors:
            raise errors.pop()
        return real(*given, **named)

    monkeypatch.setattr(owner, name, failing)


def test_a_failure_that_nobody_foresaw_is_named_by_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __init__(self, _region: str) -> None:
            raise ZeroDivisionError("a visitor's key")

    table = Table(
        TableConfig("sessions", HOME, {"": [NEAREST, HOME]}),
        NEAREST,
        clients=Clients(Broken),
        stopwatch=Stopwatch(time.time),
    )
    with pytest.raises(TableError, match=r"^error:ZeroDivisionError$"):
        table.read({"token": "a"})
