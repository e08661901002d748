"""`edge-router config check`: a stack's settings, and cache leaks at its distribution or an exported one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.config.state_check import analyze_state_file, print_analysis
from cli.output.console import complain, out, print_json, warn
from cli.output.errors import EXIT_FAILED, UsageError
from cli.output.progress import working
from cli.stacks import load as stacks
from cli.stacks.load import read_config, stack_of
from infra.cdn.javascript import FunctionCodeError, build_function_code
from infra.config.errors import SettingsError
from infra.config.provider import missing_region_error
from infra.package.start import start_error
from infra.settings.stack import Stack, refuse_demo

if TYPE_CHECKING:
    from cache_check import Analysis, Finding


@dataclass
class Checked:
    """What was found: `problems` and `warnings` in the settings, and the cache leaks.

    `analysis` is of a state, or of what the stack's program would register; there is none where settings do not work.
    """

    problems: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])
    findings: list[Finding] = field(default_factory=list["Finding"])
    analysis: Analysis | None = None

    @property
    def has_errors(self) -> bool:
        return bool(self.errors)

    @property
    def errors(self) -> list[str]:
        """What makes the check fail, in words."""
        leaks = [str(finding) for finding in self.findings if finding.severity == "error"]
        unjudged = [self.analysis.summary] if self.analysis is not None and self.analysis.is_empty else []
        return [*self.problems, *leaks, *unjudged]

    def as_json(self) -> dict[str, Any]:
        findings = [finding.as_json() for finding in self.findings]
        judged = self.analysis.as_json() if self.analysis is not None else {}
        return {"problems": self.problems, "warnings": self.warnings, "findings": findings, **judged}


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
        _print(checked, stack, state)
    if checked.has_errors:
        raise SystemExit(EXIT_FAILED)


def _checked(stack: str | None, overrides: Sequence[str], state: Path | None) -> Checked:
    checked = Checked()
    opened = None
    if stack is not None:
        config = read_config(stack, overrides)
        missing = missing_region_error(config.values, os.environ)
        checked.problems = [missing] if missing else []
        try:
            opened = stack_of(stack, config)
            opened.reject_shared_aliases(stacks.PROJECT)
            refuse_demo(opened)
            build_function_code(opened)
        except (SettingsError, FunctionCodeError) as error:
            checked.problems += error.errors
        if opened is not None:
            checked.warnings = [f"{opened.project}:{text}" for text in opened.warnings()]
    if opened is not None and not checked.problems and (problem := start_error(opened)):
        checked.problems = [problem]
    if not checked.problems:
        _look_for_leaks(checked, opened, state)
    return checked


def _look_for_leaks(checked: Checked, stack: Stack | None, state: Path | None) -> None:
    """In the state, or in what the stack's program would register."""
    if state is not None:
        checked.analysis = analyze_state_file(state, stack)
    elif stack is not None:
        from infra.leak_gate import analyze_stack  # here: it needs pulumi-aws

        checked.analysis = analyze_stack(stack)
    if checked.analysis is not None:
        checked.findings = list(checked.analysis.findings)


def _print(checked: Checked, stack: str | None, state: Path | None) -> None:
    for warning in checked.warnings:
        warn(warning)
    for finding in checked.findings:
        tell = complain if finding.severity == "error" else warn
        tell(str(finding))
    for problem in checked.problems:
        complain(problem)
    if checked.analysis is None:
        return
    if state is not None:
        print_analysis(str(state), checked.analysis)
    elif not checked.has_errors:
        out.print(f"{stack}: the config is in order; {checked.analysis.extent}", markup=False)
