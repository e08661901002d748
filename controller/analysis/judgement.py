"""What the samples of a window say about the canary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log1p
from typing import Any

from controller.analysis import error_rate, latency
from controller.analysis.fields import Fields
from controller.analysis.plan import Plan
from controller.analysis.sample import CANARY, STABLE, Sample, Samples, of
from stats.alpha_spending import alpha_of

SMALLEST_SAID = 1e-12


@dataclass(frozen=True)
class Test:
    """One test's figures: percent for the error rate, milliseconds for the latency.

    `limit` is the most that the canary may have, given what the stable version has.
    """

    __test__ = False  # not one of pytest's

    canary: float
    stable: float
    limit: float
    p_value: float
    alpha: float

    @property
    def has_failed(self) -> bool:
        """The canary is worse than allowed, and that is hardly chance."""
        return self.p_value <= self.alpha

    @classmethod
    def from_json(cls, name: str, document: object) -> Test:
        """Out of the rollout item; FieldError names what is missing or malformed."""
        fields = Fields(document, f"tests.{name}.")
        figures = [fields.number(figure, 0, 1e300) for figure in ("canary", "stable", "limit")]
        return cls(*figures, p_value=fields.number("pValue", 0, 1), alpha=fields.number("alpha", 0, 1))

    def to_json(self) -> dict[str, Any]:
        """The same as the rollout item has it."""
        return {
            "canary": self.canary,
            "stable": self.stable,
            "limit": self.limit,
            "pValue": self.p_value,
            "alpha": self.alpha,
            "hasFailed": self.has_failed,
        }


Tests = Mapping[str, Test]
"""By name: `errorRate`, `latency`."""


def judge(samples: Samples, plan: Plan, look: int, periods: float) -> Tests:
    """The tests of this look at a window of so many periods (minutes).

    The latency is left out in the first two periods, and where fewer than `minimumRequests` of a version were measured.
    """
    canary, stable = of(samples, CANARY), of(samples, STABLE)
    alpha = alpha_of(look, len(plan.steps))
    tests = {"errorRate": _error_rate(canary, stable, plan, alpha)}
    measured = min(canary.latencies, stable.latencies)
    if periods >= latency.LEAST_PERIODS and measured >= max(2, plan.minimum_requests):
        tests["latency"] = _latency(canary, stable, plan, alpha, periods)
    return tests


def lacking(samples: Samples, plan: Plan) -> str:
    """Which versions have less than the minimum, as a person would say it; "" where both have it."""
    short = [(version, of(samples, version).trials) for version in (CANARY, STABLE)]
    missing = [f"{version} has {count:,}" for version, count in short if count < plan.minimum_requests]
    return f"{' and '.join(missing)} of at least {plan.minimum_requests:,} requests" if missing else ""


def has_enough(samples: Samples, version: str, plan: Plan) -> bool:
    return of(samples, version).trials >= plan.minimum_requests


def said(tests: Tests, samples: Samples) -> str:
    """All tests' figures in a line."""
    return "; ".join(_SAID[name](test, samples) for name, test in tests.items())


def _error_rate(canary: Sample, stable: Sample, plan: Plan, alpha: float) -> Test:
    p_value = error_rate.p_value(canary, stable, plan.max_error_rate_increase / 100)
    percent, limit = 100 * stable.error_rate, 100 * stable.error_rate + plan.max_error_rate_increase
    return Test(100 * canary.error_rate, percent, limit, p_value, alpha)


def _latency(canary: Sample, stable: Sample, plan: Plan, alpha: float, periods: float) -> Test:
    increase = plan.max_latency_increase / 100
    p_value = latency.p_value(canary, stable, log1p(increase), periods)
    return Test(canary.latency_ms, stable.latency_ms, stable.latency_ms * (1 + increase), p_value, alpha)


def _said_of_errors(test: Test, samples: Samples) -> str:
    canary, stable = of(samples, CANARY), of(samples, STABLE)
    return (
        f"errors: canary {test.canary:.2f} % ({canary.errors:,} of {canary.trials:,}), stable {test.stable:.2f} %"
        f" ({stable.errors:,} of {stable.trials:,}), limit {test.limit:.2f} %, {_said_of_chance(test)}"
    )


def _said_of_latency(test: Test, _: Samples) -> str:
    return (
        f"latency: canary {test.canary:.1f} ms, stable {test.stable:.1f} ms, limit {test.limit:.1f} ms,"
        f" {_said_of_chance(test)}"
    )


def _said_of_chance(test: Test) -> str:
    value = f"p = {test.p_value:.2g}" if test.p_value > SMALLEST_SAID else f"p < {SMALLEST_SAID:g}"
    return f"{value} {'<=' if test.has_failed else '>'} {test.alpha:.2g}"


_SAID = {"errorRate": _said_of_errors, "latency": _said_of_latency}
