"""Judging an exported state: what a check of one does and says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cli.output.console import out, warn
from cli.output.errors import UsageError
from infra.settings.stack import Stack
from pulumi_state.file import NESTED_TOO_DEEPLY, read_exported_state

if TYPE_CHECKING:
    from cache_check import Judgement


def judge_state(path: Path, stack: Stack | None) -> Judgement:
    """The state of a file, by what a stack's router decides on, if one is given. UsageError, StandInError."""
    from cache_check import StateShapeError, decides_of, judge  # here: it needs pulumi-aws

    try:
        return judge(read_exported_state(path), decides_of(stack) if stack else None)
    except StateShapeError as error:
        raise UsageError(f"--state {path}: {error}") from error
    except RecursionError:
        raise UsageError(f"--state {path}: {NESTED_TOO_DEEPLY}") from None


def print_judgement(subject: str, judgement: Judgement) -> None:
    """What was not judged, and last, in one line, what was."""
    for one in judgement.not_judged:
        mend = f" Mend: {one.mend}." if one.mend else ""
        warn(f"not judged: {one}.{mend}")
    out.print(f"{subject}: {judgement.summary}", markup=False)
