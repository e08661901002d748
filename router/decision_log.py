"""One JSON line per decision. Nothing that came with the request is in it, but for CloudFront's own request id."""

from __future__ import annotations

import json
import sys

from router.digest import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from router.decision import Decision
    from router.request import Request


class DecisionLog:
    """Writes to standard output, where Lambda collects it into CloudWatch Logs of the executing Region."""

    def __init__(self, strategy: str, salt: str) -> None:
        self._strategy = strategy
        self._salt = salt

    def write(self, request: Request, decision: Decision, elapsed_us: int) -> None:
        """The line of one decision. A visitor appears as the first 12 hex digits of a salted SHA-256."""
        origin = decision.origin
        line: dict[str, object] = {
            "strategy": self._strategy,
            "origin": origin if isinstance(origin, str) else origin.name,
            "reason": decision.reason,
            "region": request.region,
            "requestId": request.request_id,
            "elapsedUs": elapsed_us,
        }
        if decision.bucket is not None:
            line["bucket"] = decision.bucket
        if decision.visitor:
            line["visitor"] = sha256(f"{self._salt}\0{decision.visitor}".encode("utf-8", "replace")).hexdigest()[:12]
        if decision.reading is not None:
            line["tableSource"] = decision.reading.source
            line["tableMs"] = decision.reading.elapsed_ms
        if decision.is_fallback:
            line["fallback"] = True
        emit(line)

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
