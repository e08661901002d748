"""Whatever a site does, there is a report that says so: real sockets that hang, drop, drip, lie and go in circles."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.validator.sites import (
    Asked,
    Reply,
    Shop,
    certificate,
    result,
    serve,
    socket_served,
    validate_small,
    verdicts,
)
from validator.checks.report import Report
from validator.traffic.failures import describe_error

Behavior = Callable[[socket.socket, threading.Event], None]


def hang(_: socket.socket, over: threading.Event) -> None:
    over.wait()


def drop(connection: socket.socket, _: threading.Event) -> None:
    connection.recv(65_536)


def reset(connection: socket.socket, _: threading.Event) -> None:
    connection.recv(65_536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def garbage(connection: socket.socket, _: threading.Event) -> None:
    connection.recv(65_536)
    connection.sendall(b"\x1b[2J\x00 what is HTTP?\r\n\r\n")


def drip(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.wait(0.02):
        connection.sendall(b"x-more: 1\r\n")


def break_off(connection: socket.socket, _: threading.Event) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")


def false_gzip(connection: socket.socket, _: threading.Event) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone")


def endless_head(connection: socket.socket, over: threading.Event) -> None:
    connection.recv(65_536)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.is_set():
        connection.sendall(b"x-more: " + b"1" * 10_000 + b"\r\n")


def is_unproven(report: Report) -> bool:
    """The answers failed, everything else is open, and nothing was asked for long."""
    expected = dict.fromkeys(("split", "stickiness", "cached-cookies", "cached-versions"), "inconclusive")
    return verdicts(report) == {"answers": "failed", **expected} and not report.has_passed


@pytest.mark.long_if(r"drop|drip|gzip")
@pytest.mark.parametrize(
    ("behavior", "problem"),
    [
        (hang, "no response within 0.2 s"),
        (drop, "no HTTP response: Server disconnected without sending a response."),
        (reset, "the connection was dropped"),
        (garbage, "no HTTP response: illegal status line: bytearray(b'\\x1b[2J\\x00 what is HTTP?')"),
        (drip, "no response within 0.2 s"),
        (
            break_off,
            "no HTTP response: peer closed connection without sending complete message body"
            " (received 4 bytes, expected 1000)",
        ),
        (false_gzip, "the body cannot be decoded: Error -3 while decompressing data: incorrect header check"),
        (endless_head, "no HTTP response: Receive buffer too long"),
    ],
)  # fmt: skip
def test_a_site_that_gives_no_answer_is_reported(behavior: Behavior, problem: str):
    with socket_served(behavior) as url:
        report = validate_small(url, percent=30, timeoutSeconds=0.2)
    assert is_unproven(report)
    answers = result(report, "answers")
    count = answers.figures["requests"]
    assert answers.summary == f"{count} of {count} requests got no response: {problem}"
    assert report.requests < 5 + 8 + 1  # five failures in a row, and what was on its way by then


def test_a_site_that_is_not_there_is_reported():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    report = validate_small(url, percent=30)
    assert is_unproven(report)
    assert result(report, "answers").summary.endswith("requests got no response: the connection was refused")


def test_a_name_that_cannot_be_resolved_is_reported(monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    report = validate_small("https://nowhere.invalid/", percent=30)
    assert is_unproven(report)
    assert " requests got no response: the host name cannot be resolved: " in result(report, "answers").summary


@pytest.mark.long
def test_redirects_in_circles_are_reported():
    def circle(asked: Asked) -> Reply:
        return 302, [("location", "/b" if asked.path == "/" else "/")], b""

    with serve(circle) as url:
        report = validate_small(url, percent=30, maxRedirects=3)
    assert is_unproven(report)
    assert result(report, "answers").summary.endswith(
        "requests got no response: too many redirects: more than 3, the last to /"
    )


@pytest.mark.long_if(r"http|^(//|x:)")
@pytest.mark.parametrize("location", ["http://[", "https://\x01/", "//", "http://a:b@c:99999999/", "x:", "\udcff"])
def test_a_redirect_to_nowhere_is_an_answer_or_reported(location: str):
    def redirect(_: Asked) -> Reply:
        return 302, [("location", location.encode("utf-8", "surrogateescape").decode("latin-1"))], b""

    with serve(redirect) as url:
        report = validate_small(url, percent=30)
    assert not report.has_passed
    assert result(report, "answers").verdict in ("passed", "failed")


def test_a_certificate_that_nobody_signed_is_reported(tmp_path: Path):
    _, context = certificate(tmp_path, "127.0.0.1")
    with serve(Shop(), context) as url:
        report = validate_small(url, percent=30)
    assert is_unproven(report)
    assert result(report, "answers").summary.endswith(
        "requests got no response: the certificate is not trusted: self-signed certificate"
    )


def test_a_certificate_of_another_site_is_reported_though_its_ca_is_trusted(tmp_path: Path):
    trusted, context = certificate(tmp_path, "192.0.2.1")
    with serve(Shop(), context) as url:
        report = validate_small(url, percent=30, caFile=str(trusted))
    assert is_unproven(report)
    assert "the certificate is not trusted: IP address mismatch, certificate is not valid for '127.0.0.1'" in (
        result(report, "answers").summary
    )


def test_a_site_that_does_not_speak_tls_is_reported():
    with serve(Shop()) as url:
        report = validate_small(url.replace("http:", "https:"), percent=30)
    assert is_unproven(report)
    assert result(report, "answers").summary.endswith("requests got no response: TLS failed: WRONG_VERSION_NUMBER")


@pytest.mark.long
def test_one_lost_answer_fails_and_leaves_open_only_what_it_could_change():
    shop, numbers = Shop(percent=50), iter(range(10_000))

    def lossy(asked: Asked) -> Reply:
        if next(numbers) == 4:
            raise ConnectionError
        return shop(asked)

    with serve(lossy) as url:
        report = validate_small(url, percent=50)
    assert result(report, "answers").verdict == "failed"
    assert result(report, "answers").summary.startswith("1 of 58 requests got no response: no HTTP response: ")
    split = result(report, "split")
    assert (split.verdict, split.figures["unknown"]) == ("passed", 1)


def test_the_time_is_up_even_where_every_answer_comes_just_in_time():
    def slow(connection: socket.socket, over: threading.Event) -> None:
        while connection.recv(65_536) and not over.wait(0.15):
            connection.sendall(b"HTTP/1.1 200 OK\r\nx-app-version: 1\r\nContent-Length: 0\r\n\r\n")

    with socket_served(slow) as url:
        report = validate_small(url, percent=0, concurrency=1, deadlineSeconds=1)
    answers = result(report, "answers")
    assert answers.verdict == "inconclusive"
    assert answers.summary.endswith(" planned requests never sent: the time limit of 1 s is over")
    assert result(report, "split").verdict == "inconclusive"
    assert not report.has_passed


def test_redirects_count_and_the_limit_holds():
    def redirect(asked: Asked) -> Reply:
        if asked.path == "/":
            return 302, [("location", "/home")], b""
        return 200, [("x-app-version", "1")], b""

    with serve(redirect) as url:
        report = validate_small(url, maxRequests=60, concurrency=1, stickyVisitors=0)
    assert report.requests == 60
    assert result(report, "answers").summary == ("16 planned requests never sent: the limit of 60 requests is reached")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ssl.SSLError(1, "[SSL] odd"), "TLS failed: "),
        (ExceptionGroup("two addresses", [OSError(1), ConnectionRefusedError()]), "the connection was refused"),
        (OverflowError("port"), "no usable response: OverflowError port"),
    ],
)
def test_other_errors_are_described_too(error: Exception, told: str):
    assert describe_error(error, 1).startswith(told)


def test_errors_that_point_at_each_other_end():
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert describe_error(first, 1) == "no usable response: ValueError a"
