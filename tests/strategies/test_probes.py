"""The probe against real sockets: what counts as an answer, what as a failure, and how a probe is ended."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest

from router.dynamodb.opening import ExchangeError
from router.model.decision import Origin
from strategies.fastest_origin.probes import Cancellation, HeadProbe, name_failure
from tests.certificates import server_context, write_certificate
from tests.strategies.loopback import origin_that, refused_port, sending, status

AMPLE_SECONDS = 10.0
"""The deadline where none is tested: a handshake may take a second on a machine that does other things."""


def at(port: int, **fields: object) -> Origin:
    return Origin("stable", "127.0.0.1", "http", port, **fields)  # type: ignore[arg-type]


def probe(origin: Origin, timeout_seconds: float = AMPLE_SECONDS, path: str = "/") -> int:
    return HeadProbe()(origin, path, timeout_seconds, Cancellation())


def failure_of(origin: Origin, timeout_seconds: float = AMPLE_SECONDS, chosen: HeadProbe | None = None) -> str:
    with pytest.raises((OSError, ExchangeError, UnicodeError)) as caught:
        (chosen or HeadProbe())(origin, "/", timeout_seconds, Cancellation())
    return name_failure(caught.value)


@pytest.mark.parametrize("code", [200, 204, 301, 404, 500, 503])
def test_the_status_of_the_answer_is_returned(code: int) -> None:
    with origin_that(status(code)) as server:
        assert probe(at(server.port)) == code


def test_the_request_is_a_head_with_the_origins_path_and_host() -> None:
    with origin_that(status(200)) as server:
        probe(at(server.port, path="/base", host_header="shop.example.com"), path="/health?x=1")
        probe(at(server.port, host_header="viewer"))
    assert server.heads[0] == (
        b"HEAD /base/health?x=1 HTTP/1.1\r\nHost: shop.example.com\r\n"
        b"User-Agent: edge-router-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    )
    assert b"\r\nHost: 127.0.0.1\r\n" in server.heads[1]


def test_interim_answers_do_not_count() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
    with origin_that(sending(hints, b"HTTP/1.1 503 X\r\n\r\n")) as server:
        assert probe(at(server.port)) == 503
    with origin_that(sending(hints + b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 20", b"0 OK\r\n")) as server:
        assert probe(at(server.port)) == 200


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 099 X\r\n\r\n", b"\r\n\r\n", b"x" * 70_000]
)
def test_garbage_is_no_answer(answer: bytes) -> None:
    with origin_that(sending(answer)) as server:
        assert failure_of(at(server.port)) == "garbage"


def test_a_closed_port_is_refused() -> None:
    assert failure_of(at(refused_port())) == "refused"


def test_an_unknown_name_is_a_dns_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert failure_of(Origin("stable", "nowhere.example.com", "http", 80)) == "dns"


def test_a_connection_closed_without_an_answer_is_a_reset() -> None:
    with origin_that(lambda connection, _: connection.close()) as server:
        assert failure_of(at(server.port)) == "reset"


def test_an_origin_that_accepts_and_hangs_times_out() -> None:
    started = time.monotonic()
    with origin_that(None) as server:
        assert failure_of(at(server.port), 0.1) == "timeout"
        assert time.monotonic() - started < 3
        assert server.hung_up.wait(5)


def test_dripping_bytes_do_not_stretch_the_timeout() -> None:
    started = time.monotonic()
    with origin_that(sending(*[b"H"] * 1_000)) as server:  # five seconds
        assert failure_of(at(server.port), 0.1) == "timeout"
        assert time.monotonic() - started < 3


def test_the_next_address_is_tried_where_the_first_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with origin_that(status(200)) as server:
        family = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        addresses = [(*family, ("127.0.0.1", refused_port())), (*family, ("127.0.0.1", server.port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
        assert probe(Origin("stable", "v1.example.com", "http", 80)) == 200


def test_a_cancelled_probe_ends_at_once_and_leaves_no_thread() -> None:
    cancellation = Cancellation()
    with origin_that(None) as server:
        failures: list[str] = []

        def run() -> None:
            try:
                HeadProbe()(at(server.port), "/", 30, cancellation)
            except (OSError, ExchangeError) as error:
                failures.append(name_failure(error))

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        while not server.heads:
            time.sleep(0.001)
        cancellation.cancel()
        thread.join(1)
        assert not thread.is_alive()
    assert failures == ["reset"]


def test_a_probe_that_is_cancelled_before_it_has_a_socket_never_connects() -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with origin_that(status(200)) as server, pytest.raises(ExchangeError, match="cancelled"):
        HeadProbe()(at(server.port), "/", 1, cancellation)
    assert server.heads == []


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return write_certificate(tmp_path / "origin.pem")


def test_https_is_verified(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with origin_that(status(200), server_context(certificate)) as server:
        origin = Origin("stable", "127.0.0.1", "https", server.port)
        assert failure_of(origin) == "tls"
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert probe(origin) == 200
        assert failure_of(Origin("stable", "127.0.0.1", "https", server.port, host_header="other.example.com")) == "tls"


def test_a_tls_handshake_that_hangs_times_out_and_can_be_cancelled() -> None:
    chosen = HeadProbe()
    chosen.prepare()
    with origin_that(None) as server:
        origin = Origin("stable", "127.0.0.1", "https", server.port)
        assert failure_of(origin, 0.1, chosen) == "timeout"
        cancellation = Cancellation()
        timer = threading.Timer(0.05, cancellation.cancel)
        timer.start()
        started = time.monotonic()
        with pytest.raises((OSError, ExchangeError)):
            chosen(origin, "/", 5, cancellation)
        assert time.monotonic() - started < 1
        timer.join()
