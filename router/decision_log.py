"""One JSON line per decision. Nothing that came with the request is in it, but for CloudFront's own request id."""

from __future__ import annotations

import json
import sys

from router.model.digest import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from router.control.live import Live
    from router.model.decision import Decision
    from router.model.request import Request


class DecisionLog:
    """Writes to standard output, where Lambda collects it into CloudWatch Logs of the executing Region.

    `percent_from` says where the percentage is kept in a stack without live control.
    """

    def __init__(self, strategy: str, salt: str, percent_from: str = "baked") -> None:
        self._strategy = strategy
        self._salt = salt
        self._percent_from = percent_from

    def write(
        self,
        request: Request,
        decision: Decision,
        elapsed_us: int,
        live: Live | None = None,
        metrics: Mapping[str, object] | None = None,
    ) -> None:
        """The line of one decision, with what was in force and what is counted.

        A visitor appears as the first 12 hex digits of a salted SHA-256.
        """
        origin = decision.origin
        line: dict[str, object] = {
            "strategy": self._strategy,
            "origin": origin if isinstance(origin, str) else origin.name,
            "reason": decision.reason,
            "region": request.region,
            "requestId": request.request_id,
            "elapsedUs": elapsed_us,
            "percentFrom": live.percent_from if live is not None else self._percent_from,
        }
        if live is not None and live.revision:
            line["revision"] = live.revision
        if live is not None and live.reason:
            line["controlReason"] = live.reason
        if decision.bucket is not None:
            line["bucket"] = decision.bucket
        if decision.visitor:
            line["visitor"] = sha256(f"{self._salt}\0{decision.visitor}".encode("utf-8", "replace")).hexdigest()[:12]
        if decision.reading is not None:
            line["tableSource"] = decision.reading.source
            line["tableMs"] = decision.reading.elapsed_ms
        if decision.is_fallback:
            line["fallback"] = True
        line.update(metrics or {})
        emit(line)

    def answer(self, request: Request, status: int, metrics: Mapping[str, object]) -> None:
        """The line of an origin's answer that is counted."""
        emit(
            {
                "strategy": self._strategy,
                "region": request.region,
                "requestId": request.request_id,
                "status": status,
                **metrics,
            }
        )

    def fault(self, request_id: str, reason: str) -> None:
        """The line of an event that the router could not even read or answer as it should."""
        emit({"strategy": self._strategy, "reason": reason, "requestId": request_id, "fallback": True})


def emit(line: dict[str, object]) -> None:
    """Write one line; a log that cannot be written must not cost the request."""
    try:
        sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
        sys.stdout.flush()
    except (OSError, ValueError):
        return
