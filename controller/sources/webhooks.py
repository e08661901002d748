"""Outgoing HTTP: the webhook that is asked before a step, and Slack's incoming webhooks.

The signature is that of Standard Webhooks (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
No message of an error holds more of an address than its host: the rest may be secret.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from time import monotonic
from typing import Any, cast
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from controller.gates.decision import FAILED, HOLD, Answer
from controller.gates.settings import LOOPBACK, PROCEED, ROLL_BACK
from controller.rollout.events import iso_time
from controller.rollout.item import to_document
from controller.rollout.state import Rollout

SECRET_PREFIX = "whsec_"  # noqa: S105  what precedes a secret
MAX_ANSWER_BYTES = 65_536
USER_AGENT = "edge-router"


class WebhookError(Exception):
    """A request without a successful response; the text has neither path nor query of its address."""


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the header webhook-signature; a `whsec_` secret is base64, another one counts as it is."""
    encoded = secret.removeprefix(SECRET_PREFIX)
    key = b64decode(encoded) if secret.startswith(SECRET_PREFIX) else secret.encode()
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, sha256).digest()
    return f"v1,{b64encode(digest).decode()}"


def post(url: str, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, may_be_local: bool) -> bytes:
    """Send the body, without redirects, retries and proxies; return the start of a 2xx response's body.

    WebhookError for anything else, and for an address without TLS other than this machine's where `may_be_local`.
    """
    parts = urlsplit(url)
    is_local = may_be_local and parts.scheme == "http" and parts.hostname in LOOPBACK
    if parts.scheme != "https" and not is_local:
        raise WebhookError("its address is not https")
    content = {"content-type": "application/json", "user-agent": USER_AGENT}
    timeout = urllib3.Timeout(connect=timeout_seconds, read=timeout_seconds)
    with urllib3.PoolManager(retries=False, timeout=timeout) as pool:
        try:
            response = pool.request(
                "POST", url, body=body, headers={**content, **headers}, redirect=False, preload_content=False
            )
            with response:
                answer = _read(response, timeout_seconds)
        except (HTTPError, OSError, ValueError) as error:
            raise WebhookError(type(error).__name__) from None
    if not 200 <= response.status < 300:
        raise WebhookError(f"HTTP {response.status}")
    return answer


def _read(response: urllib3.BaseHTTPResponse, timeout_seconds: float) -> bytes:
    """Return the start of the body. TimeoutError where it has not come in time, however often a part of it comes."""
    answer, end = bytearray(), monotonic() + timeout_seconds
    while len(answer) < MAX_ANSWER_BYTES and (part := response.read1(MAX_ANSWER_BYTES - len(answer))):
        answer += part
        if monotonic() > end:
            raise TimeoutError
    return bytes(answer)


class SignedWebhook:
    """Asks one address. `clock` returns seconds since 1970."""

    def __init__(
        self,
        url: str,
        secret: str,
        stack: str,
        timeout_seconds: float,
        clock: Callable[[], float],
        *,
        may_be_local: bool = False,
    ) -> None:
        self._url, self._secret, self._stack = url, secret, stack
        self._timeout_seconds, self._clock, self._may_be_local = timeout_seconds, clock, may_be_local

    def ask(self, rollout: Rollout) -> Answer:
        """Ask whether the step may be taken that the gate describes."""
        message_id, timestamp = question_id(self._stack, rollout), int(self._clock())
        body = json.dumps(question(self._stack, rollout), ensure_ascii=False).encode()
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self._secret, message_id, timestamp, body),
        }
        try:
            return parse_answer(post(self._url, body, headers, self._timeout_seconds, may_be_local=self._may_be_local))
        except WebhookError as error:
            return Answer(FAILED, str(error))


def question_id(stack: str, rollout: Rollout) -> str:
    """Return the idempotency key: the same for every attempt at the same step of the same rollout, whoever asks."""
    phase = "end" if rollout.gate.is_end else "step"
    identity = [stack, rollout.release, rollout.started_at, rollout.step, phase]
    return f"rollout_{sha256(json.dumps(identity).encode()).hexdigest()[:32]}"


def question(stack: str, rollout: Rollout) -> dict[str, Any]:
    """Return the body: type, timestamp and data, as Standard Webhooks has them."""
    gate, document = rollout.gate, to_document(rollout)
    return {
        "type": "rollout.end" if gate.is_end else "rollout.step",
        "timestamp": iso_time(gate.began_at),
        "data": {
            "stack": stack,
            "nextPercent": None if gate.is_end else gate.canary_percent,
            "passed": gate.passed,
            "attempt": gate.attempts,
            **{key: document[key] for key in ("release", "startedAt", "step", "canaryPercent", "samples", "tests")},
        },
    }


def parse_answer(body: bytes) -> Answer:
    """Read `{"decision": "proceed", "reason": "…"}`; any other 2xx response means the same as proceed.

    A decision that is none of the three fails: what was meant is not known.
    """
    try:
        document: Any = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return Answer(PROCEED)
    if not isinstance(document, dict):
        return Answer(PROCEED)
    fields = cast("dict[str, object]", document)
    decision, reason = fields.get("decision", PROCEED), fields.get("reason", "")
    if decision not in (PROCEED, HOLD, ROLL_BACK):
        return Answer(FAILED, "its decision is none of proceed, hold and roll-back")
    text = reason if isinstance(reason, str) else ""
    return Answer(str(decision), text.encode(errors="replace").decode())  # JSON may have half a surrogate pair
