"""Checks an exported state, and prints the result."""

from __future__ import annotations

from pathlib import Path

from cache_check import Analysis, analyze_state
from cli.output.console import out, warn
from cli.output.errors import UsageError
from cli.stacks.exported_state import NESTED_TOO_DEEPLY, read_exported_state
from infra.decision_inputs import decision_inputs
from infra.settings.stack import Stack
from pulumi_state.values import StateError


def analyze_state_file(path: Path, stack: Stack | None) -> Analysis:
    """Check a state, by the decision inputs of a stack's router if one is given. UsageError, StandInError."""
    try:
        return analyze_state(read_exported_state(path), decision_inputs(stack) if stack else None)
    except StateError as error:
        raise UsageError(f"--state {path}: {error}") from error
    except RecursionError:
        raise UsageError(f"--state {path}: {NESTED_TOO_DEEPLY}") from None


def print_analysis(subject: str, analysis: Analysis) -> None:
    """Print what was not checked, and last, in one line, what was."""
    for one in analysis.not_checked:
        fix = f" Fix: {one.fix}." if one.fix else ""
        warn(f"not checked: {one}.{fix}")
    out.print(f"{subject}: {analysis.summary}", markup=False)
