"""Refusing a stack whose distribution would leak, before anything is deployed."""

from __future__ import annotations

from collections.abc import Sequence

from cache_check.analysis import Analysis
from cache_check.check import analyze_state
from cache_check.model.findings import Finding
from infra.leak_gate.inputs import decision_inputs
from infra.leak_gate.planned_state import planned_state
from infra.settings.stack import Stack


class CacheLeakError(Exception):
    """A distribution that would answer one visitor with what is another's: all errors, each with its mend."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        count = f"{len(findings)} cache leaks" if len(findings) > 1 else "one cache leak"
        super().__init__("\n".join([f"{count}:", *(f"  {finding}" for finding in findings)]))
        self.findings = list(findings)


def analyze_stack(stack: Stack) -> Analysis:
    """The analysis of what the stack's program would register."""
    return analyze_state(planned_state(stack), decision_inputs(stack))


def find_stack_leaks(stack: Stack) -> list[Finding]:
    """The findings on what the stack's program would register."""
    return list(analyze_stack(stack).findings)


def reject_leaks(stack: Stack) -> list[Finding]:
    """The warnings; CacheLeakError where there are errors."""
    findings = find_stack_leaks(stack)
    if errors := [finding for finding in findings if finding.severity == "error"]:
        raise CacheLeakError(errors)
    return findings
