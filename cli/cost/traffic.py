"""What is assumed of a month's traffic, checked."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from cli.output.errors import UsageError

MAX_REQUESTS = 10**15


@dataclass(frozen=True)
class Traffic:
    """A month. Each field is an option of `edge-router cost`; None is for what the stack's settings say.

    `hit_percent` counts where answers may be kept only. `session_percent` of the requests at the router carry the key
    of a table, `remembered_percent` of those are answered from an instance's memory, and at `session_writes_percent`
    of all requests that reach the application it writes the session.
    """

    requests: int
    response_kb: float = 50.0
    hit_percent: float = 80.0
    duration_ms: float = 5.0
    session_percent: float = 100.0
    remembered_percent: float = 0.0
    session_writes_percent: float = 100.0
    replicas: int | None = None
    regions: int | None = None
    instances: int | None = None
    log_bytes: int | None = None
    rollout_hours: float = 24.0

    def __post_init__(self) -> None:
        for name, (lowest, highest) in LIMITS.items():
            value = getattr(self, name)
            if value is not None and not lowest <= value <= highest:
                option = f"--{name.replace('_', '-')}"
                raise UsageError(f"{option} is {value}: allowed is {lowest:,} to {highest:,}")

    def misses(self, *, is_cacheable: bool) -> Decimal:
        """Requests that reach origin-request and an origin."""
        return Decimal(self.requests) * (1 - share(self.hit_percent)) if is_cacheable else Decimal(self.requests)


LIMITS = {
    "requests": (0, MAX_REQUESTS),
    "response_kb": (0, 50 * 1024 * 1024),
    "hit_percent": (0, 100),
    "duration_ms": (0, 30_000),
    "session_percent": (0, 100),
    "remembered_percent": (0, 100),
    "session_writes_percent": (0, 100),
    "replicas": (0, 40),
    "regions": (1, 40),
    "instances": (0, 10_000_000),
    "log_bytes": (0, 262_144),
    "rollout_hours": (0, 730),
}
"""Of the options, both ends allowed. An answer has at most 50 GB ("Quotas"), a line of a log 256 KB (PutLogEvents)."""


def share(percent: float) -> Decimal:
    """12.5 is 0.125, exactly."""
    return Decimal(str(percent)) / 100
