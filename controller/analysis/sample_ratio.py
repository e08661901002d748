"""The sample ratio of a step: do new visitors come to the canary as the percentage in force says?

A split that is off says that one version gets other visitors than the other, or that some are not counted: then their
errors and latencies cannot be compared. See docs/rollouts.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar

from controller.analysis.document import Document, count, number
from controller.analysis.plan import Plan
from controller.analysis.result import describe_p_value
from controller.analysis.sample import BASELINE, CANARY, STABLE
from stats.alpha_spending import ALPHA
from stats.sample_ratio import p_value

MISMATCH = "sample ratio: "
"""The beginning of the description of a mismatch."""

Minutes = Mapping[int, float]
"""Counts by the minute's beginning, in seconds since 1970."""


@dataclass(frozen=True)
class SampleRatio(Document):
    """The new visitors of a step, those of one group, and the test of its share. They count from `since`."""

    assigned: int
    visitors: int
    expected_percent: float
    p_value: float
    alpha: float
    since: int

    READERS: ClassVar = {
        **dict.fromkeys(("assigned", "visitors", "since"), count()),
        "expected_percent": number(0, 100),
        **dict.fromkeys(("p_value", "alpha"), number(0, 1)),
    }

    @property
    def has_failed(self) -> bool:
        """True where chance hardly explains the group's share."""
        return self.p_value <= self.alpha

    @property
    def observed_percent(self) -> float:
        return 100 * self.assigned / self.visitors if self.visitors else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the document with its conclusion."""
        return super().to_json() | {
            "observedPercent": round(self.observed_percent, 4),
            "hasFailed": self.has_failed,
        }


SampleRatios = Mapping[str, SampleRatio]
"""By group: `canary`, and `baseline` in a plan with one."""


def check_ratios(visitors: Mapping[str, Minutes], plan: Plan, step: int, since: int) -> SampleRatios:
    """Test the share of each group in the new visitors of stable and canary; each minute is a look."""
    percent = plan.steps[step]
    expected = {CANARY: percent, **({BASELINE: min(percent, 100 - percent)} if plan.baseline else {})}
    alpha = step_alpha(plan, step) / len(expected)
    both = [visitors.get(version, {}) for version in (CANARY, STABLE)]
    minutes = sorted({minute for counts in both for minute in counts})
    sizes = list(accumulate(round(sum(counts.get(minute, 0) for counts in both)) for minute in minutes))
    ratios: dict[str, SampleRatio] = {}
    for group, share in expected.items():
        counts = visitors.get(group, {})
        assigned = list(accumulate(round(counts.get(minute, 0)) for minute in minutes))
        # Late metrics of one version only must not make a part larger than the whole.
        looks = [(min(part, size), size) for part, size in zip(assigned, sizes, strict=True)]
        part, size = looks[-1] if looks else (0, 0)
        ratios[group] = SampleRatio(part, size, share, p_value(looks, share / 100), alpha, since)
    return ratios


def is_split(plan: Plan, step: int) -> bool:
    """Return True for a step at which both versions get new visitors."""
    return 0 < plan.steps[step] < 100


def step_alpha(plan: Plan, step: int) -> float:
    """Return the step's part of ALPHA, which is for the whole rollout.

    It is in proportion to the variance of its split: one point more is seen at once at 1 %, and hardly at 50 %.
    """
    variances = [percent * (100 - percent) for percent in plan.steps]
    return ALPHA * variances[step] / sum(variances)


def describe_mismatch(ratios: SampleRatios) -> str:
    """Return the mismatch that chance explains least, with likely causes; "" where there is none."""
    failed = {group: ratio for group, ratio in ratios.items() if ratio.has_failed}
    if not failed:
        return ""
    group, ratio = min(failed.items(), key=lambda entry: entry[1].p_value)
    return (
        f"{MISMATCH}{ratio.assigned:,} of {ratio.visitors:,} new visitors were assigned to {group}"
        f" ({ratio.observed_percent:.2f} %), expected {ratio.expected_percent:g} %,"
        f" {describe_p_value(ratio.p_value, ratio.alpha)}."
        " Likely causes: a Region or a key-value store that still has another percentage, decisions of one version that"
        " fall back to stable, or that are not logged"
    )
