"""Statistics of a metric's values in a time span, and those that GetMetricData returns by name.

Source: "CloudWatch statistics definitions" (CloudWatch User Guide). Percentiles and their ranks are exact here: all
values are kept, equal ones once.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")
_RANK = re.compile(r"PR\((\d*\.?\d*):(\d*\.?\d*)\)")


@dataclass(slots=True)
class Statistics:
    """Count, sum, least and most; `values` has how often each occurred, None where they were too many."""

    count: int = 0
    total: float = 0.0
    least: float = 0.0
    most: float = 0.0
    values: Counter[float] | None = field(default_factory=Counter[float], compare=False, repr=False)

    def add(self, values: Iterable[float]) -> None:
        for value in values:
            self.least = min(self.least, value) if self.count else value
            self.most = max(self.most, value) if self.count else value
            self.count += 1
            self.total += value
            if self.values is not None:
                self.values[value] += 1

    def merge(self, other: "Statistics") -> None:
        if other.count:
            self.least = min(self.least, other.least) if self.count else other.least
            self.most = max(self.most, other.most) if self.count else other.most
            self.count += other.count
            self.total += other.total
            if self.values is not None and other.values is not None:
                self.values.update(other.values)
            else:
                self.values = None

    @property
    def different(self) -> int:
        """The number of different values that are kept."""
        return len(self.values or ())

    def value(self, statistic: str) -> float | None:
        """Return the statistic of this name; None where the values it needs were dropped."""
        if statistic in SIMPLE:
            return SIMPLE[statistic](self)
        if self.values is None:
            return None
        if found := _PERCENTILE.fullmatch(statistic):
            return _percentile(self.values, self.count, float(found[1]))
        if found := _RANK.fullmatch(statistic):
            above, upto = float(found[1] or -math.inf), float(found[2] or math.inf)
            inside = sum(number for value, number in self.values.items() if above < value <= upto)
            return 100 * inside / self.count
        raise ValueError(f"the local CloudWatch has no statistic {statistic}")


SIMPLE: Mapping[str, Callable[[Statistics], float]] = {
    "Sum": lambda found: found.total,
    "SampleCount": lambda found: float(found.count),
    "Average": lambda found: found.total / found.count,
    "Minimum": lambda found: found.least,
    "Maximum": lambda found: found.most,
}
"""By statistic."""


def _percentile(values: Counter[float], count: int, percent: float) -> float:
    """Return the least value that this percentage of the values does not exceed."""
    needed, seen = max(1, math.ceil(count * percent / 100)), 0
    for value in sorted(values):
        seen += values[value]
        if seen >= needed:
            return value
    raise AssertionError(percent)
