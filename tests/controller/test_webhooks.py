"""The webhook over HTTP: what is signed and sent, and what every answer means."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from controller.gates.decision import Answer
from controller.gates.settings import Gates, WebhookPolicy
from controller.rollout.state import Rollout
from controller.sources.webhooks import SignedWebhook, parse_answer, question_id, sign
from tests.controller.fakes import BEGIN, HEALTHY, World

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The vector of the reference libraries."""
    signature = sign(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@dataclass
class Receiver:
    """A webhook's other end: the next answers, and what it got."""

    url: str
    answers: list[tuple[int, bytes]] = field(default_factory=list[tuple[int, bytes]])
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list[tuple[dict[str, str], bytes]])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            found.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status, answer = found.answers.pop(0)
            self.send_response(status)
            if status == 302:
                self.send_header("location", found.url)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Receiver(f"http://127.0.0.1:{server.server_port}/edge?token=hidden")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture
def rollout() -> Rollout:
    """It waits for the webhook, whose attempt has been written."""
    world = World()
    world.controller = replace(world.controller, gates=Gates(webhook=WebhookPolicy("gate.example.com", 5)))
    world.reconcile(10, HEALTHY)
    return world.rollout


def hook(url: str, *, may_be_local: bool = True) -> SignedWebhook:
    return SignedWebhook(url, SECRET, "prod", 5, lambda: BEGIN + 601.5, may_be_local=may_be_local)


def test_a_question_says_what_is_next_and_why_and_is_signed(receiver: Receiver, rollout: Rollout) -> None:
    receiver.answers = [(200, b'{"decision": "hold", "reason": "load test runs"}')]
    assert hook(receiver.url).ask(rollout) == Answer("hold", "load test runs")
    [(headers, body)] = receiver.requests
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == question_id("prod", rollout)
    assert headers["webhook-timestamp"] == str(BEGIN + 601)
    assert headers["webhook-signature"] == sign(SECRET, headers["webhook-id"], BEGIN + 601, body)
    document = json.loads(body)
    assert (document["type"], document["timestamp"]) == ("rollout.step", "2027-01-15T08:10:00Z")
    data = document["data"]
    assert data["passed"].startswith("errors: canary 1.00 %")
    assert {key: data[key] for key in ("stack", "release", "startedAt", "step", "canaryPercent", "nextPercent")} == {
        "stack": "prod",
        "release": "2026-11",
        "startedAt": BEGIN,
        "step": 0,
        "canaryPercent": 5,
        "nextPercent": 25,
    }
    assert set(data) == {
        *("stack", "release", "startedAt", "step", "canaryPercent", "nextPercent", "passed", "attempt"),
        *("samples", "tests"),
    }


@pytest.mark.parametrize("status", [302, 400, 404, 500, 503])
def test_an_answer_that_is_no_2xx_is_none(receiver: Receiver, rollout: Rollout, status: int) -> None:
    receiver.answers = [(status, b'{"decision": "proceed"}')]
    assert hook(receiver.url).ask(rollout) == Answer("failed", f"HTTP {status}")
    assert len(receiver.requests) == 1


def test_an_answer_that_comes_in_drops_ends_in_time(rollout: Rollout) -> None:
    """Each part comes within the timeout, and together they would hold the run until Lambda ends it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection = server.accept()[0]
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n")
                while True:
                    connection.sendall(b" ")
                    time.sleep(0.02)

        thread = Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        asked = SignedWebhook(url, SECRET, "prod", 0.1, lambda: BEGIN, may_be_local=True).ask(rollout)
        thread.join()
    assert asked == Answer("failed", "TimeoutError")


def test_a_webhook_that_cannot_be_reached_fails_without_its_address(rollout: Rollout) -> None:
    answer = hook("http://127.0.0.1:1/edge?token=hidden").ask(rollout)
    assert (answer.decision, answer.reason) == ("failed", "NewConnectionError")


@pytest.mark.parametrize("url", ["http://gate.example.com/", "ftp://127.0.0.1/"])
def test_another_machine_is_asked_over_tls_only(rollout: Rollout, url: str) -> None:
    assert hook(url).ask(rollout) == Answer("failed", "its address is not https")


def test_in_aws_this_machine_is_asked_over_tls_only_too(receiver: Receiver, rollout: Rollout) -> None:
    assert hook(receiver.url, may_be_local=False).ask(rollout) == Answer("failed", "its address is not https")
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b"", Answer("proceed")),
        (b"ok", Answer("proceed")),
        (b"[]", Answer("proceed")),
        (b"{}", Answer("proceed")),
        (b'{"decision": "proceed", "reason": 5}', Answer("proceed")),
        (b'{"decision": "roll-back", "reason": "bad"}', Answer("roll-back", "bad")),
        (b'{"decision": "rollback"}', Answer("failed", "its decision is none of proceed, hold and roll-back")),
        (b'{"decision": "hold", "reason": "half \\ud83d"}', Answer("hold", "half ?")),
        (b"[" * 65_536, Answer("proceed")),
        (b'{"decision": null}', Answer("failed", "its decision is none of proceed, hold and roll-back")),
    ],
)
def test_a_2xx_lets_the_step_go_on_unless_its_decision_says_otherwise(body: bytes, answer: Answer) -> None:
    assert parse_answer(body) == answer


def test_the_id_is_another_one_for_each_step_rollout_and_stack(rollout: Rollout) -> None:
    later = replace(rollout, step=1)
    ended = replace(rollout, gate=replace(rollout.gate, is_end=True))
    ids = {question_id("prod", one) for one in (rollout, later, ended, replace(rollout, started_at=1))}
    assert len({*ids, question_id("staging", rollout)}) == 5
    assert question_id("prod", replace(rollout, gate=replace(rollout.gate, attempts=3))) in ids
