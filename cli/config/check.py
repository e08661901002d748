"""Check a stack's settings, and its distribution or an exported one for cache leaks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.output.console import out, print_error, print_json, warn
from cli.output.errors import EXIT_FAILED, UsageError
from cli.output.progress import working
from cli.output.streams import check_writable, write_lines, write_report
from cli.stacks.exported_state import NESTED_TOO_DEEPLY, read_exported_state
from cli.stacks.workspace import Workspace, load
from infra.cdn.javascript import FunctionCodeError, build_function_code, build_rewriting_code
from infra.config.errors import SettingsError
from infra.config.provider import missing_region_error
from infra.package.started import start_error
from infra.settings.stack import Stack, refuse_demo

if TYPE_CHECKING:
    from cache_check import Finding
    from cache_check.analysis import Analysis


@dataclass
class Checked:
    """The result: errors (`problems`) and warnings of the settings, and cache leaks.

    `analysis` is of a state or of the resources that the program would register; None if the settings are invalid.
    """

    problems: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])
    findings: list[Finding] = field(default_factory=list["Finding"])
    analysis: Analysis | None = None

    @property
    def errors(self) -> list[str]:
        """The messages that make the check fail."""
        leaks = [str(finding) for finding in self.findings if finding.severity == "error"]
        unchecked = [self.analysis.summary] if self.analysis is not None and self.analysis.is_empty else []
        return [*self.problems, *leaks, *unchecked]

    def as_json(self) -> dict[str, Any]:
        findings = [finding.as_json() for finding in self.findings]
        judged = self.analysis.as_json() if self.analysis is not None else {}
        return {"problems": self.problems, "warnings": self.warnings, "findings": findings, **judged}


def check(
    workspace: Workspace,
    stack: str | None,
    overrides: Sequence[str],
    state: Path | None,
    *,
    sarif: Path | None = None,
    is_json: bool = False,
) -> None:
    """Check a stack, an exported state, or a state against a stack's settings. SystemExit(1) for errors.

    `sarif` is the file for the result in that format, `-` for standard output.
    """
    if stack is None and (state is None or overrides):
        raise UsageError("config check needs --stack NAME, --state FILE with an exported state, or both")
    is_alone = str(sarif) == "-"
    if is_alone and is_json:
        raise UsageError("--sarif - and --json both write to standard output: give --sarif a file")
    check_writable("--sarif", None if is_alone else sarif)
    with working(f"checking {stack or state}"):
        checked = check_stack(workspace, stack, overrides, state)
    if is_json:
        subject = {"stack": stack} | ({"state": str(state)} if state else {})
        print_json(subject | checked.as_json(), checked.errors)
    elif not is_alone:
        _print(checked, stack, state)
    if sarif is not None:
        from cli.config.sarif import sarif_text

        text = sarif_text(checked, workspace, stack, state)
        if is_alone:
            write_lines([text.rstrip()])
        else:
            write_report("--sarif", sarif, text)
    if checked.errors:
        raise SystemExit(EXIT_FAILED)


def check_stack(
    workspace: Workspace, stack: str | None, overrides: Sequence[str], state: Path | None, *, is_new: bool = False
) -> Checked:
    """Return what is wrong with a stack's config, an exported state, or both. StackConfigError, UsageError."""
    checked = Checked()
    opened = None
    if stack is not None:
        config = workspace.read_config(stack, overrides)
        missing = missing_region_error(config.values, os.environ)
        checked.problems = [missing] if missing else []
        try:
            opened = load(stack, config)
            opened.reject_shared_aliases(workspace.root)
            refuse_demo(opened)
            build_function_code(opened)
            build_rewriting_code(opened)
        except (SettingsError, FunctionCodeError) as error:
            checked.problems += error.errors
        if opened is not None:
            checked.warnings = [f"{opened.project}:{text}" for text in opened.warnings(is_new=is_new)]
    if checked.problems:
        return checked
    with ThreadPoolExecutor(1) as beside:
        starting = None
        if opened is not None:
            starting = beside.submit(start_error, opened, workspace.directory(opened.name) / "started")
        _find_leaks(checked, opened, state)
    if starting is not None and (problem := starting.result()):
        return Checked(problems=[problem], warnings=checked.warnings)
    return checked


def _find_leaks(checked: Checked, stack: Stack | None, state: Path | None) -> None:
    """Check the state, or else the resources that the program would register."""
    if state is not None:
        checked.analysis = _analyze_state(state, stack)
    elif stack is not None:
        from infra.leak_gate import analyze_stack  # it imports pulumi-aws

        checked.analysis = analyze_stack(stack)
    if checked.analysis is not None:
        checked.findings = list(checked.analysis.findings)


def _analyze_state(path: Path, stack: Stack | None) -> Analysis:
    """Check the state in a file, by the inputs of a stack's router if a stack is given. UsageError, StandInError."""
    from cache_check import analyze_state  # it imports pulumi-aws
    from infra.decision_inputs import decision_inputs
    from pulumi_state.values import StateError

    try:
        return analyze_state(read_exported_state(path), decision_inputs(stack) if stack else None)
    except StateError as error:
        raise UsageError(f"--state {path}: {error}") from error
    except RecursionError:
        raise UsageError(f"--state {path}: {NESTED_TOO_DEEPLY}") from None


def _print(checked: Checked, stack: str | None, state: Path | None) -> None:
    for warning in checked.warnings:
        warn(warning)
    for finding in checked.findings:
        show = print_error if finding.severity == "error" else warn
        show(str(finding))
    for problem in checked.problems:
        print_error(problem)
    if checked.analysis is None:
        return
    if state is not None:
        for one in checked.analysis.not_checked:
            fix = f" Fix: {one.fix}." if one.fix else ""
            warn(f"not checked: {one}.{fix}")
        out.print(f"{state}: {checked.analysis.summary}", markup=False)
    elif not checked.errors:
        out.print(f"{stack}: the config is valid; {checked.analysis.extent}", markup=False)
