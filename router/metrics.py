"""CloudWatch metrics in log lines, by version: requests at origin-request, errors and latency at origin-response.

Source: "Specification: Embedded metric format" (CloudWatch User Guide).
"""

from __future__ import annotations

import time
from math import log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from router.model.decision import Decision
    from router.model.response import Response

MAX_LATENCY_MS = 600_000
"""More than an origin can take ("Quotas": 3 attempts, 120 s each): the two instances' clocks are apart."""

REQUESTS = (("Requests", "Count"),)
NEW_VISITORS = (*REQUESTS, ("NewVisitors", "Count"))
ERRORS = (("Errors", "Count"),)
LATENCY = (*ERRORS, ("LatencyMs", "Milliseconds"), ("LogLatency", "None"), ("LogLatencySquared", "None"))
UNCOUNTED = "override", "no-identity", "failover"
"""Reasons of decisions that say nothing about visitors, or of a request that was counted before."""


class Metrics:
    """Members that make a line of the log one of CloudWatch's metrics as well.

    Counted are requests that went to one of `versions`, the configured origins; never those of the QA override and
    subrequests without identity, for they are not a sample of the visitors, nor the second attempt of a failover.
    """

    header = "x-router-trace"
    """Tells origin-response what was decided and when: `<version>;<ms since 1970>`, no version if uncounted."""

    def __init__(
        self, namespace: str, stack: str, versions: Container[str], clock: Callable[[], float] = time.time
    ) -> None:
        self._namespace = namespace
        self._stack = stack
        self._versions = versions
        self._clock = clock

    def trace(self, decision: Decision) -> str:
        """The value of the header on the way to the origin."""
        return f"{self._counted(decision)};{self._now_ms()}"

    def of_request(self, decision: Decision, request_id: str) -> dict[str, object]:
        """One request to a version, and one new visitor where the percentage decided by the request's own id.

        So each new visitor is an independent draw; who is known by a token, a subject or an id is not counted again.
        Nothing for a decision that is not counted.
        """
        version = self._counted(decision)
        is_new = decision.bucket is not None and decision.visitor == request_id
        counted = NEW_VISITORS if is_new else REQUESTS
        return self._members(version, counted, [1] * len(counted), self._now_ms()) if version else {}

    def of_response(self, trace: str | None, response: Response) -> dict[str, object]:
        """One answer of a version: whether it is an error, and how long it took; nothing where it is not counted.

        It counts at the time of its request, so that both lie in the same minute: a request without an answer there
        has none. Without a trace the version is the origin that answered, the latency is unknown, and the time is now.
        """
        version, _, started_ms = (f"{response.origin or ''};" if trace is None else trace).partition(";")
        latency_ms = self._latency_ms(started_ms)
        if version not in self._versions:
            return {}
        is_error = int(response.status >= 500)
        if latency_ms is None:
            return self._members(version, ERRORS, [is_error], self._now_ms())
        log_latency = log(max(latency_ms, 1))
        figures = [is_error, latency_ms, round(log_latency, 6), round(log_latency * log_latency, 6)]
        return self._members(version, LATENCY, figures, int(started_ms))

    def _counted(self, decision: Decision) -> str:
        origin = decision.origin
        return origin if isinstance(origin, str) and decision.reason not in UNCOUNTED else ""

    def _latency_ms(self, started_ms: str) -> int | None:
        if not (started_ms.isascii() and started_ms.isdecimal()) or len(started_ms) > 15:
            return None
        latency_ms = self._now_ms() - int(started_ms)
        return latency_ms if 0 <= latency_ms <= MAX_LATENCY_MS else None

    def _members(
        self, version: str, metrics: tuple[tuple[str, str], ...], figures: list[float], at_ms: int
    ) -> dict[str, object]:
        directive = {
            "Namespace": self._namespace,
            "Dimensions": [["Stack", "Version"]],
            "Metrics": [{"Name": name, "Unit": unit} for name, unit in metrics],
        }
        return {
            "_aws": {"Timestamp": at_ms, "CloudWatchMetrics": [directive]},
            "Stack": self._stack,
            "Version": version,
            **{name: figure for (name, _), figure in zip(metrics, figures, strict=True)},
        }

    def _now_ms(self) -> int:
        return round(self._clock() * 1000)
