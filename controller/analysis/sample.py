"""What was measured of one version in a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import Any

from controller.analysis.fields import Fields

STABLE, CANARY = "stable", "canary"


@dataclass(frozen=True)
class Sample:
    """Sums over a window: requests that went to the version, its answers, those of 500 and above, and its latencies.

    A request that may still be answered is not among them. A latency is the natural logarithm of milliseconds, here as
    count, sum and sum of squares. Samples of several Regions or windows are added.
    """

    requests: int = 0
    responses: int = 0
    server_errors: int = 0
    latencies: int = 0
    log_sum: float = 0.0
    log_squares: float = 0.0

    def __add__(self, other: Sample) -> Sample:
        return Sample(
            self.requests + other.requests,
            self.responses + other.responses,
            self.server_errors + other.server_errors,
            self.latencies + other.latencies,
            self.log_sum + other.log_sum,
            self.log_squares + other.log_squares,
        )

    @property
    def trials(self) -> int:
        """What errors are counted among: more answers than requests are those of requests before the window."""
        return max(self.requests, self.responses)

    @property
    def errors(self) -> int:
        """Answers of 500 and above, and requests that nobody answered: an origin that is down has no answers."""
        return self.server_errors + max(0, self.requests - self.responses)

    @property
    def error_rate(self) -> float:
        return self.errors / self.trials if self.trials else 0.0

    @property
    def log_mean(self) -> float:
        return self.log_sum / self.latencies if self.latencies else 0.0

    @property
    def log_variance(self) -> float:
        """With n - 1, as for a sample."""
        if self.latencies < 2:
            return 0.0
        return max(0.0, (self.log_squares - self.log_sum * self.log_mean) / (self.latencies - 1))

    @property
    def latency_ms(self) -> float:
        """The geometric mean; 0 where nothing was measured."""
        return exp(self.log_mean) if self.latencies else 0.0

    @classmethod
    def from_json(cls, name: str, document: object) -> Sample:
        """Out of the rollout item; FieldError names what is missing or malformed."""
        fields = Fields(document, f"samples.{name}.")
        return cls(
            fields.count("requests"),
            fields.count("responses"),
            fields.count("serverErrors"),
            fields.count("latencies"),
            fields.number("logSum", -1e300, 1e300),
            fields.number("logSquares", 0, 1e300),
        )

    def to_json(self) -> dict[str, Any]:
        """The same as the rollout item has it, with the figures that a person wants to see."""
        return {
            "requests": self.requests,
            "responses": self.responses,
            "serverErrors": self.server_errors,
            "latencies": self.latencies,
            "logSum": self.log_sum,
            "logSquares": self.log_squares,
            "errors": self.errors,
            "errorRatePercent": round(100 * self.error_rate, 4),
            "latencyMs": round(self.latency_ms, 2),
        }


Samples = Mapping[str, Sample]
"""By version; one without requests may be missing."""


def of(samples: Samples, version: str) -> Sample:
    return samples.get(version, Sample())
