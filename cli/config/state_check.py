"""Judging an exported state: what a check of one does and says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cli.output.console import out, warn
from cli.output.errors import UsageError
from cli.stacks.exported_state import NESTED_TOO_DEEPLY, read_exported_state
from infra.settings.stack import Stack

if TYPE_CHECKING:
    from cache_check import Analysis


def analyze_state_file(path: Path, stack: Stack | None) -> Analysis:
    """The state of a file, by what a stack's router decides on, if one is given. UsageError, StandInError."""
    from cache_check import analyze_state  # here: it needs pulumi-aws
    from infra.decision_inputs import decision_inputs  # here: it needs pulumi-aws
    from pulumi_state.values import StateError  # here: it needs pulumi-aws

    try:
        return analyze_state(read_exported_state(path), decision_inputs(stack) if stack else None)
    except StateError as error:
        raise UsageError(f"--state {path}: {error}") from error
    except RecursionError:
        raise UsageError(f"--state {path}: {NESTED_TOO_DEEPLY}") from None


def print_analysis(subject: str, analysis: Analysis) -> None:
    """What was not checked, and last, in one line, what was."""
    for one in analysis.not_checked:
        fix = f" Fix: {one.fix}." if one.fix else ""
        warn(f"not checked: {one}.{fix}")
    out.print(f"{subject}: {analysis.summary}", markup=False)
