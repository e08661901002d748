"""One JSON line per decision, with nothing from the request but CloudFront's own request ID."""

from __future__ import annotations

from router.model.digest import sha256
from router.model.log_line import emit, encode, quote, write_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from router.model.assignment import Live
    from router.model.decision import Decision
    from router.model.request import Request


class DecisionLog:
    """Writes to standard output, which Lambda collects into CloudWatch Logs of the executing Region."""

    def __init__(self, strategy: str, salt: str) -> None:
        self._strategy = strategy
        self._salt = salt
        self._start = f'"strategy":{quote(strategy)},'

    def write(
        self,
        request: Request,
        decision: Decision,
        elapsed_us: int,
        live: Live,
        metrics: Mapping[str, object] | None = None,
    ) -> None:
        """Write the line of one decision, with the control snapshot and the metrics.

        A visitor appears as the first 12 hex digits of a salted SHA-256.
        """
        origin = decision.origin if isinstance(decision.origin, str) else decision.origin.name
        # By hand, for every request has one: an encoder takes three times as long.
        line = (
            f'{self._start}"origin":{quote(origin)},"reason":{quote(decision.reason)},"region":{quote(request.region)}'
            f',"requestId":{quote(request.request_id)},"elapsedUs":{elapsed_us},"percentFrom":{quote(live.percent_from)}'
        )
        if live.revision:
            line += f',"revision":{quote(live.revision)}'
        if live.reason:
            line += f',"controlReason":{quote(live.reason)}'
        if decision.bucket is not None:
            line += f',"bucket":{decision.bucket}'
        if decision.visitor:
            digest = sha256(f"{self._salt}\0{decision.visitor}".encode("utf-8", "replace")).hexdigest()
            line += f',"visitor":"{digest[:12]}"'
        if decision.reading is not None:
            line += f',"tableSource":{quote(decision.reading.source)},"tableMs":{decision.reading.elapsed_ms}'
        if decision.is_fallback:
            line += ',"fallback":true'
        if metrics:
            line += f",{encode(metrics)[1:-1]}"
        write_line(f"{{{line}}}")

    def answer(self, request: Request, status: int, metrics: Mapping[str, object]) -> None:
        """Write the line of an origin's response that is counted."""
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
        """Write the line of an event that the router could not read or respond to as it should."""
        emit({"strategy": self._strategy, "reason": reason, "requestId": request_id, "fallback": True})
