"""The plan of a rollout: its steps, how long they last, and what stops it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.analysis.fields import Fields

PAUSE, WAIT, ROLL_BACK = "pause", "wait", "roll-back"
"""What happens when there is nothing to judge by (`onInconclusive`)."""


@dataclass(frozen=True)
class Plan:
    """What stack config says under `rollout` at the start; a later change of the config leaves it as it is.

    `steps` are percentages that rise. `max_error_rate_increase` is in percentage points, `max_latency_increase` in
    percent of the geometric mean. `minimum_requests` counts for each version.
    """

    steps: tuple[float, ...] = (1, 5, 25, 50, 100)
    interval_seconds: int = 600
    max_error_rate_increase: float = 1
    max_latency_increase: float = 20
    minimum_requests: int = 500
    on_inconclusive: str = PAUSE
    alarms: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Plan:
        """The plan out of the rollout item; FieldError names what is missing or malformed."""
        fields = Fields(document, "plan.")
        steps = tuple(fields.number_in("steps", entry, 0, 100) for entry in fields.entries("steps"))
        if not steps or list(steps) != sorted(set(steps)):
            raise fields.malformed("steps")
        return cls(
            steps,
            fields.count("intervalSeconds", least=1),
            fields.number("maxErrorRateIncrease", 0, 100),
            fields.number("maxLatencyIncrease", 0, 1_000_000),
            fields.count("minimumRequests", least=1),
            fields.one_of("onInconclusive", (PAUSE, WAIT, ROLL_BACK)),
            tuple(fields.text_in("alarms", entry) for entry in fields.entries("alarms")),
        )

    def to_json(self) -> dict[str, Any]:
        """The same as the rollout item has it."""
        return {
            "steps": list(self.steps),
            "intervalSeconds": self.interval_seconds,
            "maxErrorRateIncrease": self.max_error_rate_increase,
            "maxLatencyIncrease": self.max_latency_increase,
            "minimumRequests": self.minimum_requests,
            "onInconclusive": self.on_inconclusive,
            "alarms": list(self.alarms),
        }
