"""Refusing a stack whose distribution would leak, before anything is deployed."""

from __future__ import annotations

from collections.abc import Sequence

from cache_check.check import judge
from cache_check.judgement import Judgement
from cache_check.model.decides import decides_of
from cache_check.model.findings import Finding
from infra.planned_distribution import planned_state
from infra.settings.stack import Stack


class CacheLeakError(Exception):
    """A distribution that would answer one visitor with what is another's: all errors, each with its mend."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        count = f"{len(findings)} cache leaks" if len(findings) > 1 else "one cache leak"
        super().__init__("\n".join([f"{count}:", *(f"  {finding}" for finding in findings)]))
        self.findings = list(findings)


def judge_stack(stack: Stack) -> Judgement:
    """The judgement of what the stack's program would register."""
    return judge(planned_state(stack), decides_of(stack))


def stack_leaks(stack: Stack) -> list[Finding]:
    """The findings on what the stack's program would register."""
    return list(judge_stack(stack).findings)


def refuse_leaks(stack: Stack) -> list[Finding]:
    """The warnings; CacheLeakError where there are errors."""
    findings = stack_leaks(stack)
    if errors := [finding for finding in findings if finding.severity == "error"]:
        raise CacheLeakError(errors)
    return findings
