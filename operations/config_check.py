"""`edge-router config check`: a stack's settings, and cache leaks at its distribution or an exported one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.package_start import start_problem
from infra.problems import SettingsError
from infra.sample_application import check_hosted
from infra.shared_aliases import refuse_shared_aliases
from infra.stack import Stack
from infra.viewer_function import ViewerFunctionError, viewer_function
from operations import stack as stacks
from operations.console import complain, out, print_json, warn
from operations.errors import EXIT_FAILED, UsageError
from operations.progress import working
from operations.stack import open_stack
from simulator.standin import read_state

if TYPE_CHECKING:
    from infra.cache_leaks import Finding


@dataclass
class Checked:
    """What was found: `problems` and `warnings` in the settings, and the cache leaks."""

    problems: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])
    findings: list[Finding] = field(default_factory=list["Finding"])

    @property
    def has_errors(self) -> bool:
        return bool(self.errors)

    @property
    def errors(self) -> list[str]:
        """What makes the check fail, in words."""
        return self.problems + [str(finding) for finding in self.findings if finding.severity == "error"]

    def as_json(self) -> dict[str, Any]:
        findings = [finding.as_json() for finding in self.findings]
        return {"problems": self.problems, "warnings": self.warnings, "findings": findings}


def config_check(stack: str | None, overrides: Sequence[str], state: Path | None, *, is_json: bool) -> None:
    """Check a stack, an exported state, or a state against a stack's settings; SystemExit(1) where there are errors."""
    if stack is None and (state is None or overrides):
        raise UsageError("config check needs --stack NAME, or --state FILE for an exported state, or both")
    with working(f"checks {stack or state}"):
        checked = _checked(stack, overrides, state)
    if is_json:
        asked = {"stack": stack} | ({"state": str(state)} if state else {})
        print_json(asked | checked.as_json(), checked.errors)
    else:
        _print(str(state or stack), checked, is_state=state is not None)
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
            checked.warnings = [f"{opened.project}:{text}" for text in opened.warnings()]
    if opened is not None and not checked.problems and (problem := start_problem(opened)):
        checked.problems = [problem]
    if not checked.problems:
        checked.findings = _leaks(opened, state)
    return checked


def _leaks(stack: Stack | None, state: Path | None) -> list[Finding]:
    from infra.cache_leaks import StateShapeError, decides_of, find_leaks, stack_leaks  # here: it needs pulumi-aws

    if state is None:
        return stack_leaks(stack) if stack else []
    try:
        return find_leaks(read_state(state), decides_of(stack) if stack else None)
    except StateShapeError as error:
        raise UsageError(f"--state {state}: {error}") from error


def _print(subject: str, checked: Checked, *, is_state: bool) -> None:
    for warning in checked.warnings:
        warn(warning)
    for finding in checked.findings:
        tell = complain if finding.severity == "error" else warn
        tell(str(finding))
    for problem in checked.problems:
        complain(problem)
    if not checked.has_errors:
        is_certain = "no cache leak is certain" if checked.findings else "no cache leak was found"
        out.print(f"{subject}: {is_certain if is_state else 'the config is in order'}", markup=False)
