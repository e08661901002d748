"""The volume that a request writes into the log: the router's own line, and AWS's lines around it."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass

from infra.settings.stack import Stack
from router.decision_log import DecisionLog
from router.metrics import Metrics
from router.model.assignment import Live
from router.model.decision import Decision, Reading
from router.model.request import Request
from router.model.response import Response

REGION = "us-east-1"
REQUEST_ID = "x" * 56
"""CloudFront's are that long: 42 bytes in base64."""
LAMBDA_ID = "00000000-0000-0000-0000-000000000000"
LAMBDA_LINES = (
    f"START RequestId: {LAMBDA_ID} Version: 12",
    f"END RequestId: {LAMBDA_ID}",
    f"REPORT RequestId: {LAMBDA_ID}\tDuration: 4.18 ms\tBilled Duration: 5 ms\tMemory Size: 128 MB\t"
    "Max Memory Used: 48 MB\t",
)
"""The lines that Lambda writes around every invocation ("Log and report"); those of a cold start are left out."""
FUNCTION_LINES = (f"{REQUEST_ID} START DistributionID: E123456789ABCD", f"{REQUEST_ID} END")
"""The lines that CloudFront writes around every run of a function that logs ("Edge function logs")."""
BAKED = Live(25.0, "none", "2026-11")
ROLLOUT = Live(25.0, "none", "2026-11", False, "rollout", "rollout:7", "")


@dataclass(frozen=True)
class LogVolume:
    """Bytes: `decision` and `answer` are the router's lines at origin-request and origin-response, `around` what Lambda
    adds to each; `function` and `function_around` the same of a function before the cache.
    """

    decision: int
    answer: int
    function: int
    around: int = sum(len(line) + 1 for line in LAMBDA_LINES)
    function_around: int = sum(len(line) + 1 for line in FUNCTION_LINES)


def log_volume(stack: Stack) -> LogVolume:
    """Measured on lines that the stack's own log writes, for a visitor that is kept where they are."""
    settings, needs = stack.settings, stack.settings.needs
    log = DecisionLog(settings.strategy, "salt")
    reading = Reading(None, REGION, 3.72) if needs.table else None
    decision = Decision("stable", "session", visitor="visitor", reading=reading)
    metrics = Metrics("EdgeRouter", stack.prefix, ("stable",)) if settings.has_metrics else None
    request = Request(request_id=REQUEST_ID, region=REGION)
    live = ROLLOUT if settings.reads_control_table else BAKED
    with contextlib.redirect_stdout(io.StringIO()) as decided:
        log.write(request, decision, 4_180, live, metrics.of_request(decision, REQUEST_ID) if metrics else None)
    with contextlib.redirect_stdout(io.StringIO()) as answered:
        if metrics is not None:
            trace = metrics.trace(decision)
            log.answer(request, 200, metrics.of_response(trace, Response(status=200, origin="stable")))
    line = {"strategy": settings.strategy, "origin": "stable", "reason": "cookie", "requestId": REQUEST_ID}
    function = f"{REQUEST_ID} {json.dumps(line, separators=(',', ':'))}\n" if needs.version_header else ""
    return LogVolume(len(decided.getvalue()), len(answered.getvalue()), len(function))
