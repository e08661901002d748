"""Samples: the requests, errors and latencies of one version in a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from operator import add
from typing import Any, ClassVar

from controller.analysis.document import Document, count, number, read_list

STABLE, CANARY, BASELINE = "stable", "canary", "baseline"
"""The versions, and the group of stable's new visitors that the canary is compared with by `rollout.baseline`."""
THRESHOLDS_MS = tuple(sorted({round(2 ** (quarter / 4)) for quarter in range(65)}))
"""Latencies are counted up to these: each 19 % above the one before, in whole milliseconds, up to 65.5 s."""


def _histogram(value: object) -> tuple[int, ...]:
    counts = read_list(count())(value)
    if counts and len(counts) != len(THRESHOLDS_MS) + 1:
        raise ValueError
    return counts


@dataclass(frozen=True)
class Sample(Document):
    """Sums over a window: requests to the version, responses, those of 500 and above, and latencies.

    Requests that may still get a response are left out. A latency is the natural logarithm of milliseconds, here as
    count, sum and sum of squares. `histogram` has the latencies up to each of THRESHOLDS_MS, above the one before, and
    those above the last one; it is empty where they were not counted. Samples of several Regions or windows can be
    added.
    """

    requests: int = 0
    responses: int = 0
    server_errors: int = 0
    latencies: int = 0
    log_sum: float = 0.0
    log_squares: float = 0.0
    histogram: tuple[int, ...] = ()

    READERS: ClassVar = {
        **dict.fromkeys(("requests", "responses", "server_errors", "latencies"), count()),
        "log_sum": number(-1e300, 1e300),
        "log_squares": number(0, 1e300),
        "histogram": _histogram,
    }
    ADDED: ClassVar = ("histogram",)

    def __add__(self, other: Sample) -> Sample:
        sums = {name: getattr(self, name) + getattr(other, name) for name in self.READERS if name != "histogram"}
        if not (self.histogram and other.histogram):
            return Sample(**sums, histogram=self.histogram or other.histogram)
        return Sample(**sums, histogram=tuple(map(add, self.histogram, other.histogram)))

    @property
    def trials(self) -> int:
        """The number that errors are a part of; surplus responses belong to requests before the window."""
        return max(self.requests, self.responses)

    @property
    def errors(self) -> int:
        """Responses of 500 and above, and requests without a response: an origin that is down sends none."""
        return self.server_errors + max(0, self.requests - self.responses)

    @property
    def error_rate(self) -> float:
        return self.errors / self.trials if self.trials else 0.0

    @property
    def log_mean(self) -> float:
        return self.log_sum / self.latencies if self.latencies else 0.0

    @property
    def log_variance(self) -> float:
        """The sample variance, with n - 1."""
        if self.latencies < 2:
            return 0.0
        return max(0.0, (self.log_squares - self.log_sum * self.log_mean) / (self.latencies - 1))

    @property
    def latency_ms(self) -> float:
        """The geometric mean; 0 without latencies."""
        return exp(self.log_mean) if self.latencies else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the document with the statistics that people look for."""
        return super().to_json() | {
            "errors": self.errors,
            "errorRatePercent": round(100 * self.error_rate, 4),
            "latencyMs": round(self.latency_ms, 2),
        }


Samples = Mapping[str, Sample]
"""By version; one without requests may be missing."""


def find_sample(samples: Samples, version: str) -> Sample:
    """Return the version's sample, an empty one where it is missing."""
    return samples.get(version, Sample())
