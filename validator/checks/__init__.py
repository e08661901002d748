"""The checks, in the order of a report. Each looks at the plan and at all answers, and asks for nothing itself."""

from __future__ import annotations

from collections.abc import Callable

from validator.checks import answers, cached_cookies, cached_versions, override, pin, split, stickiness, varied_headers
from validator.checks.result import Result
from validator.plan.plan import Plan
from validator.traffic.traffic import Traffic

CHECKS: tuple[Callable[[Plan, Traffic], Result], ...] = (
    answers.check,
    split.check,
    stickiness.check,
    override.check,
    pin.check,
    cached_cookies.check,
    cached_versions.check,
    varied_headers.check,
)
