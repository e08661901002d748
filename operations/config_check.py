"""`edge-router config check`: a stack's settings, and cache leaks at its distribution or an exported one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.problems import SettingsError
from infra.sample_application import check_hosted
from infra.shared_aliases import refuse_shared_aliases
from infra.stack import Stack
from infra.viewer_function import ViewerFunctionError, viewer_function
from operations import stack as stacks
from operations.console import complain, out, print_json, warn
from operations.errors import EXIT_FAILED, UsageError
from operations.stack import open_stack
from operations.state_check import judge_state, print_judgement

if TYPE_CHECKING:
    from infra.cache_leaks import Finding, Judgement


@dataclass
class Checked:
    """What was found: `problems` and `warnings` in the settings, and the cache leaks.

    `judgement` is of a state; there is none where only a stack was checked, or its settings do not work.
    """

    problems: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])
    findings: list[Finding] = field(default_factory=list["Finding"])
    judgement: Judgement | None = None

    @property
    def has_errors(self) -> bool:
        is_empty = self.judgement is not None and self.judgement.is_empty
        return bool(self.problems) or is_empty or any(finding.severity == "error" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        findings = [finding.as_json() for finding in self.findings]
        judged = self.judgement.as_json() if self.judgement is not None else {}
        return {"problems": self.problems, "warnings": self.warnings, "findings": findings, **judged}


def config_check(stack: str | None, overrides: Sequence[str], state: Path | None, *, is_json: bool) -> None:
    """Check a stack, an exported state, or a state against a stack's settings; SystemExit(1) where there are errors."""
    if stack is None and (state is None or overrides):
        raise UsageError("config check needs --stack NAME, or --state FILE for an exported state, or both")
    checked = _checked(stack, overrides, state)
    if is_json:
        asked = {"stack": stack} | ({"state": str(state)} if state else {})
        print_json(asked | checked.as_json())
    else:
        _print(str(state or stack), checked)
    if checked.has_errors:
        raise SystemExit(EXIT_FAILED)


def _checked(stack: str | None, overrides: Sequence[str], state: Path | None) -> Checked:
    checked = Checked()
    opened = None
    if stack is not None:
        try:
            opened = open_stack(stack, overrides)
            refuse_shared_aliases(opened, stacks.PROJECT)
            check_hosted(opened)
            viewer_function(opened)
        except (SettingsError, ViewerFunctionError) as error:
            checked.problems = list(error.problems)
        if opened is not None:
            checked.warnings = [f"{opened.project}:{text}" for text in opened.settings.warnings()]
    if not checked.problems:
        _look_for_leaks(checked, opened, state)
    return checked


def _look_for_leaks(checked: Checked, stack: Stack | None, state: Path | None) -> None:
    """In the state, or in what the stack's program would register."""
    if state is not None:
        checked.judgement = judge_state(state, stack)
        checked.findings = list(checked.judgement.findings)
    elif stack is not None:
        from infra.cache_leaks import stack_leaks  # here: it needs pulumi-aws

        checked.findings = stack_leaks(stack)


def _print(subject: str, checked: Checked) -> None:
    for warning in checked.warnings:
        warn(warning)
    for finding in checked.findings:
        tell = complain if finding.severity == "error" else warn
        tell(str(finding))
    for problem in checked.problems:
        complain(problem)
    if checked.judgement is not None:
        print_judgement(subject, checked.judgement)
    elif not checked.has_errors:
        out.print(f"{subject}: the config is in order", markup=False)
