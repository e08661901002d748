"""How the site is asked: cookies, redirects, TLS, and nothing sent where it does not belong."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

import pytest

from tests.validator.sites import (
    SECRET,
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
from validator.plan.parse import PlanError

OVERRIDE = {"header": "x-qa-origin", "secret": SECRET}


def test_every_visitor_has_a_cookie_jar_of_his_own():
    shop = Shop(percent=50)
    with serve(shop) as url:
        validate_small(url, visitors=4, concurrency=1)
    newcomers, regulars = shop.asked[:4], shop.asked[4 : 4 + 3 * 3]
    assert [asked.cookie("visitor") for asked in newcomers] == [""] * 4
    brought = [asked.cookie("visitor") for asked in regulars]
    # Secure cookies over plain HTTP: the site is on this machine. The visitors take turns.
    assert brought[:3] == ["", "", ""]
    assert sorted(brought[3:]) == sorted(2 * [f"identity-number-{number:06}" for number in (4, 5, 6)])


def test_redirects_on_the_site_are_followed_with_the_cookies_set_on_the_way():
    def door(asked: Asked) -> Reply:
        if asked.path == "/":
            return 303, [("location", "/home"), ("set-cookie", "ticket=a-ticket-of-the-door")], b""
        version = "2" if asked.cookie("ticket") == "a-ticket-of-the-door" else "1"
        return 200, [("x-app-version", version)], b""

    with serve(door) as url:
        report = validate_small(url, percent=100)
    assert result(report, "split").verdict == "passed"
    assert result(report, "split").samples[0].path == "/home"
    assert result(report, "cached-cookies").verdict == "failed"  # a cookie set on the way counts: all got the same


@pytest.mark.long
def test_a_redirect_to_another_site_is_the_answer_and_nothing_is_sent_there():
    elsewhere = Shop()
    with serve(elsewhere) as other:

        def away(asked: Asked) -> Reply:
            version = "2" if "canary" in asked.headers.get("x-qa-origin", "") else "1"
            return 302, [("location", other), ("x-app-version", version)], b""

        with serve(away) as url:
            report = validate_small(url, override=OVERRIDE, expect=["stable:302:"])
    assert report.has_passed, report.summary
    assert elsewhere.asked == []


def test_an_endless_page_is_read_only_so_far():
    def endless(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nx-app-version: 1\r\nConnection: close\r\n\r\nWelcome")
        while not over.is_set():
            connection.sendall(b"\0" * 65_536)

    with socket_served(endless) as url:
        report = validate_small(url, visitors=2, stickyVisitors=0, expect=["stable:200:Welcome"])
    assert result(report, "answers").verdict == "passed"


@pytest.mark.long_if(r"utf-16|klingon|hex|puny")
@pytest.mark.parametrize("charset", ["klingon", "idna", "hex", "utf-16", "punycode"])
def test_a_wrong_charset_does_not_fail(charset: str):
    def answer(_: Asked) -> Reply:
        return 200, [("content-type", f"text/html; charset={charset}"), ("x-app-version", "1")], b"caf\xe9 Welcome"

    with serve(answer) as url:
        report = validate_small(url, visitors=2, stickyVisitors=0)
    assert result(report, "answers").verdict == "passed"


def test_nothing_of_a_site_reaches_a_terminal_as_it_is():
    def answer(_: Asked) -> Reply:
        return 200, [("x-app-version", "\x1b[2J\x9b" + "9" * 500), ("x-cache", "\x1b]0;owned\x07")], b""

    with serve(answer) as url:
        report = validate_small(url, visitors=2, stickyVisitors=0)
    document = json.dumps(report.as_json(), ensure_ascii=False)
    assert all(character.isprintable() for character in document)
    assert "?[2J?999" in document
    assert "9" * 121 not in document


@pytest.mark.long
def test_a_ca_of_ones_own_can_be_trusted(tmp_path: Path):
    trusted, context = certificate(tmp_path, "127.0.0.1")
    with serve(Shop(), context) as url:
        report = validate_small(url, percent=30, caFile=str(trusted), override=OVERRIDE)
    assert set(verdicts(report).values()) == {"passed"}


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_unreadable_ca_file_is_an_error(tmp_path: Path, content: str | None):
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    with pytest.raises(PlanError) as error:
        validate_small("https://nowhere.invalid/", caFile=str(file))
    assert error.value.errors == [("caFile", f"{file}: no certificates can be read from it")]


def test_a_proxy_is_for_the_world_not_for_this_machine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    with serve(Shop()) as url:
        assert result(validate_small(url), "answers").verdict == "passed"


def test_not_more_requests_at_once_than_allowed():
    lock, now, most = threading.Lock(), [0], [0]

    def answer(_: Asked) -> Reply:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= 1
        return 200, [("x-app-version", "1")], b""

    with serve(answer) as url:
        validate_small(url, concurrency=3)
    assert most[0] <= 3
