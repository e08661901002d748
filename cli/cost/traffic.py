"""The assumptions on a month's traffic, checked."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from decimal import Decimal
from typing import Any

from cli.output.errors import UsageError

MAX_REQUESTS = 10**15


def _within(lowest: float, highest: float, default: Any = MISSING) -> Any:
    return field(default=default, metadata={"limits": (lowest, highest)})


@dataclass(frozen=True)
class Traffic:
    """A month. Each field is an option of `edge-router cost`; None is for what the stack's settings say.

    `hit_percent` counts where answers may be kept only. `session_percent` of the requests at the router carry the key
    of a table, `remembered_percent` of those are answered from an instance's memory, and at `session_writes_percent`
    of all requests that reach the application it writes the session. Both ends of the limits are allowed: an answer has
    50 GB at most ("Quotas"), a line of a log 256 KB (PutLogEvents).
    """

    requests: int = _within(0, MAX_REQUESTS)
    response_kb: float = _within(0, 50 * 1024 * 1024, 50.0)
    hit_percent: float = _within(0, 100, 80.0)
    duration_ms: float = _within(0, 30_000, 5.0)
    session_percent: float = _within(0, 100, 100.0)
    remembered_percent: float = _within(0, 100, 0.0)
    session_writes_percent: float = _within(0, 100, 100.0)
    replicas: int | None = _within(0, 40, None)
    regions: int | None = _within(1, 40, None)
    instances: int | None = _within(0, 10_000_000, None)
    log_bytes: int | None = _within(0, 262_144, None)
    rollout_hours: float = _within(0, 730, 24.0)

    def __post_init__(self) -> None:
        for one in fields(self):
            value, (lowest, highest) = getattr(self, one.name), LIMITS[one.name]
            if value is not None and not lowest <= value <= highest:
                option = f"--{one.name.replace('_', '-')}"
                given, kind = str(value).removesuffix(".0"), "number" if "float" in str(one.type) else "whole number"
                raise UsageError(f"{option} is {given}: allowed is a {kind} from {lowest:,} to {highest:,}")

    def misses(self, *, is_cacheable: bool) -> Decimal:
        """Requests that reach origin-request and an origin."""
        return Decimal(self.requests) * (1 - share(self.hit_percent)) if is_cacheable else Decimal(self.requests)


LIMITS: dict[str, tuple[float, float]] = {one.name: one.metadata["limits"] for one in fields(Traffic)}
"""The lowest and the highest value of each field."""


def share(percent: float) -> Decimal:
    """12.5 is 0.125, exactly."""
    return Decimal(str(percent)) / 100
