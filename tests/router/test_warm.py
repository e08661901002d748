"""The init of an instance: it connects and reads live control before any request, and whatever fails waits for one."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from router.baked import build_router
from router.dynamodb import trust
from router.dynamodb.client import Client
from router.routing import Router
from simulator.sample_events import origin_request
from tests.certificates import Chain, server_context, write_chain
from tests.router.control_table import Clock, config_item
from tests.router.fault_server import hanging, serving
from tests.router.replica import Replica, Turn

TABLE = {
    "name": "sessions",
    "home_region": "us-east-1",
    "replicas": {"": ["eu-west-1", "us-east-1"]},
    "attributes": ["version", "expiration"],
}
CONTROL = {
    "table": {"name": "control", "home_region": "us-east-1", "replicas": {"": ["eu-west-1", "us-east-1"]}},
    "refresh_seconds": 10,
    "read_timeout_ms": 400,
}
CONFIG: dict[str, Any] = {
    "strategy": "sticky-session",
    "options": {},
    "origins": {"stable": {"domain_name": "v1.example.com"}, "canary": {"domain_name": "v2.example.com"}},
    "canary_percent": 0.0,
    "release": "2026-11",
    "pin": "none",
    "override": None,
    "table": TABLE,
    "deadline_ms": 2000,
    "log_salt": "salt",
    "warm": True,
}
ITEMS = {
    "sessions": [{"token": {"S": "known"}, "version": {"S": "2"}}],
    "control": [config_item(canaryPercent={"N": "0"})],
}
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """The log since the last call."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Router]]:
    """Starts an instance in eu-west-1 whose tables are at this address."""
    routers: list[Router] = []

    def build(url: str, **changes: object) -> Router:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        routers.append(build_router(CONFIG | changes, "eu-west-1"))
        return routers[-1]

    yield build
    for router in routers:
        router.close()


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chain:
    """One for localhost whose root is in the package."""
    written = write_chain(tmp_path)
    (tmp_path / trust.OWN_ROOTS).write_bytes(written.root.pem)
    monkeypatch.setattr(trust, "PACKAGE", str(tmp_path))
    return written


def decide(router: Router) -> str:
    """The origin of a request with the known session."""
    event: Any = router.handle(origin_request(cookies=["sessiontoken=known"]))
    return str(event["origin"]["custom"]["domainName"])


class Closable:
    """Serves a replica, and closes all connections when it is told."""

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._open: list[socket.socket] = []

    def serve(self, connection: socket.socket) -> None:
        self._open.append(connection)
        self._replica.serve(connection)

    def close_all(self) -> None:
        for connection in self._open:
            connection.shutdown(socket.SHUT_RDWR)


def test_the_first_request_uses_the_connection_of_init(start: Callable[..., Router], lines: Lines) -> None:
    replica = Replica(ITEMS)
    with serving(replica.serve) as url:
        router = start(url)
        wait_for(lambda: replica.connections == 2, "the nearest replica and home are connected")
        assert replica.operations == []
        assert decide(router) == "v2.example.com"
        assert (replica.connections, replica.operations) == (2, ["GetItem"])
    assert [line["reason"] for line in lines()] == ["session"]


def test_live_control_is_read_in_init(start: Callable[..., Router], lines: Lines) -> None:
    replica = Replica(ITEMS)
    with serving(replica.serve) as url:
        router = start(url, control=CONTROL)
        assert replica.operations == ["Query"]
        decide(router)
        assert replica.operations == ["Query", "GetItem"]
    assert lines()[-1]["percentFrom"] == "config"


def test_without_warm_init_touches_no_network(start: Callable[..., Router]) -> None:
    replica = Replica(ITEMS)
    with serving(replica.serve) as url:
        router = start(url, warm=False, control=CONTROL)
        assert replica.connections == 0
        assert decide(router) == "v2.example.com"
        assert replica.operations == ["Query", "GetItem"]


def test_a_connection_that_the_peer_closed_since_costs_one_reconnect(
    start: Callable[..., Router], lines: Lines
) -> None:
    replica = Replica(ITEMS)
    server = Closable(replica)
    with serving(server.serve) as url:
        router = start(url)
        wait_for(lambda: replica.connections == 2, "both connections are open")
        server.close_all()
        assert decide(router) == "v2.example.com"
        assert replica.connections == 3
    assert [line["reason"] for line in lines()] == ["session"]


@pytest.mark.parametrize("frozen_seconds", [61, 3_600])
def test_an_instance_that_was_frozen_does_not_wait_for_its_old_connection(
    frozen_seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection whose peer has gone is silent: nothing but its age tells it from one that is idle."""
    clock, replica = Clock(), Replica(ITEMS)
    with serving(hanging, replica.serve) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        client = Client("eu-west-1", clock)
        client.start_opening(time.monotonic() + 10)()
        clock.now += frozen_seconds
        assert client.get_item("sessions", {"token": "known"}, (), 10) == ITEMS["sessions"][0]
        client.close()


def test_a_connection_of_a_minute_is_still_used(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, replica = Clock(), Replica(ITEMS)
    with serving(replica.serve) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        client = Client("eu-west-1", clock)
        client.start_opening(time.monotonic() + 10)()
        clock.now += 59
        assert client.get_item("sessions", {"token": "known"}, (), 10) == ITEMS["sessions"][0]
        client.close()
    assert replica.connections == 1


def test_credentials_that_rotated_since_sign_the_first_request(
    start: Callable[..., Router], monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        received = connection.recv(65_536)
        if received:
            heads.append(received)

    with serving(serve) as url:
        router = start(url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDROTATED")
        decide(router)
    assert b"Credential=AKIDROTATED/" in heads[0]


def test_a_replica_that_does_not_accept_is_logged_and_left_to_the_first_request(
    start: Callable[..., Router], lines: Lines
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    router = start(url, control=CONTROL)
    assert lines() == [
        {"reason": "not-warm:refused", "subject": "eu-west-1"},
        {"reason": "not-warm:table-refused", "subject": "control"},
        {"reason": "not-warm:refused", "subject": "us-east-1"},
    ]
    assert decide(router) == "v1.example.com"
    assert lines()[-1]["reason"] == "table-refused"


@pytest.mark.long
def test_names_that_hang_cost_init_its_limit_and_no_more(
    start: Callable[..., Router], lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def getaddrinfo(*_: object, **__: object) -> list[Any]:
        released.wait(30)
        raise socket.gaierror("temporary failure")

    monkeypatch.setattr("router.warm.LIMIT_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    started = time.monotonic()
    start("http://tables.example.com", control=CONTROL)
    took_seconds = time.monotonic() - started
    released.set()
    assert took_seconds < 10
    assert {line["reason"] for line in lines()} <= {"not-warm:timeout", "not-warm:table-timeout"}


@pytest.fixture
def regions(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Gives the nearest replica and home an address each."""

    def serve(nearest: str, home: str) -> None:
        urls = {"eu-west-1": nearest, "us-east-1": home}

        def begin(self: Client, region: str) -> None:
            monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", urls[region])
            real(self, region)

        real = Client.__init__
        monkeypatch.setattr(Client, "__init__", begin)

    return serve


@pytest.mark.long
def test_a_replica_that_hangs_in_init_does_not_cost_the_connection_to_home(
    start: Callable[..., Router],
    regions: Callable[..., None],
    lines: Lines,
    chain: Chain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("router.warm.LIMIT_SECONDS", 0.5)
    home = Replica(ITEMS)
    with serving(hanging) as silent, serving(over_tls(home, server_context(chain.file))) as url:
        regions(*(one.replace("http://127.0.0.1", "https://localhost") for one in (silent, url)))
        router = start(url, control=CONTROL)
        assert {(line["reason"], line["subject"]) for line in lines()} == {
            ("not-warm:timeout", "eu-west-1"),
            ("not-warm:table-timeout", "control"),
        }
        assert decide(router) == "v2.example.com"
    assert home.connections == 1


@pytest.mark.long
def test_control_whose_read_init_had_no_time_for_is_read_by_the_first_request(
    start: Callable[..., Router], lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pin holds from the first request on."""
    pinned = {**ITEMS, "control": [config_item(pin={"S": "stable"})]}
    replica, is_up = Replica(pinned), threading.Event()

    def wait(turn: Turn) -> None:
        if turn.number == 1:
            is_up.wait(10)
        turn.connection.sendall(turn.answer())

    replica.fault = wait
    monkeypatch.setattr("router.warm.LIMIT_SECONDS", 0.3)
    with serving(replica.serve) as url:
        router = start(url, control=CONTROL | {"read_timeout_ms": 3_000})
        is_up.set()
        assert lines() == [{"reason": "not-warm:table-timeout", "subject": "control"}]
        assert decide(router) == "v1.example.com"
    assert lines()[-1]["reason"] == "pinned"


def test_an_alarm_in_the_middle_of_init_leaves_everything_to_the_first_request(
    start: Callable[..., Router], lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a read that waits on no clock."""
    replica = Replica(ITEMS | {"control": [config_item(pin={"S": "stable"})]})
    real = Client.query

    def stuck(*_: object) -> list[Any]:
        monkeypatch.setattr(Client, "query", real)
        time.sleep(10)
        raise AssertionError("no alarm came")

    monkeypatch.setattr("router.warm.LIMIT_SECONDS", 0.1)
    monkeypatch.setattr(Client, "query", stuck)
    with serving(replica.serve) as url:
        router = start(url, control=CONTROL)
        assert {line["subject"] for line in lines()} == {"control", "init"}
        assert decide(router) == "v1.example.com"
    assert lines()[-1]["reason"] == "pinned"


def test_control_that_failed_in_init_is_read_by_the_first_request(start: Callable[..., Router], lines: Lines) -> None:
    replica, is_up = Replica(ITEMS), threading.Event()
    with serving(lambda connection: replica.serve(connection) if is_up.is_set() else connection.close()) as url:
        router = start(url, control=CONTROL)
        failures = [line["subject"] for line in lines()]
        is_up.set()
        decide(router)
    assert "control" in failures
    assert replica.operations == ["Query", "GetItem"]
    assert lines()[-1]["percentFrom"] == "config"


def test_a_certificate_that_cannot_be_verified_leaves_the_default_origin(
    start: Callable[..., Router], lines: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust, "PACKAGE", str(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    trust._build.cache_clear()
    chain = write_chain(tmp_path, host="127.0.0.1")
    try:
        with serving(over_tls(Replica(ITEMS), server_context(chain.file))) as url:
            router = start(url.replace("http:", "https:"))
            assert [line["reason"] for line in lines()] == ["not-warm:tls", "not-warm:tls"]
            assert decide(router) == "v1.example.com"
    finally:
        trust._build.cache_clear()
    assert lines()[-1]["reason"] == "table-tls"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_session_tickets_that_came_since_do_not_end_the_connection(
    version: ssl.TLSVersion, start: Callable[..., Router], lines: Lines, chain: Chain
) -> None:
    """With TLS 1.3 a server sends them right after the handshake (RFC 8446 §4.6.1), before anything is read."""
    context = server_context(chain.file)
    context.minimum_version = context.maximum_version = version
    replica = Replica(ITEMS)
    with serving(over_tls(replica, context)) as url:
        router = start(url.replace("http://127.0.0.1", "https://localhost"))
        time.sleep(0.05)
        assert decide(router) == "v2.example.com"
    assert replica.connections == 2
    assert [line["reason"] for line in lines()] == ["session"]


def over_tls(replica: Replica, context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            replica.serve(wrapped)

    return serve


def test_two_instances_that_start_at_once_do_not_hinder_each_other(start: Callable[..., Router]) -> None:
    replica = Replica(ITEMS)
    with serving(replica.serve) as url:
        routers = [start(url, control=CONTROL), start(url, control=CONTROL)]
        assert [decide(router) for router in routers] == ["v2.example.com"] * 2
        assert replica.operations.count("Query") == 2


def wait_for(is_true: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + 10
    while not is_true():
        assert time.monotonic() < until, what
        time.sleep(0.001)
