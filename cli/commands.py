"""The commands that need no server: what each does, and what it prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape

from cli.explain.events import read_event, read_text
from cli.explain.explanation import Explanation, explain_event
from cli.output.console import err, out, print_json, print_table, warn
from cli.output.errors import OperationError, UsageError
from cli.output.progress import working
from cli.stacks.load import open_stack
from cli.stacks.running import LocalStack, RunningStack, choose_stack, find_local
from cli.stacks.view import StackView, view_aws, view_local, view_settings
from infra.config.aws_regions import region_error
from infra.package.archive import write_package
from infra.package.bundle import build_bundle
from infra.package.start import check_start
from infra.settings.stack import Stack
from router.event import EventError
from simulator.standin import TextFileError, refuse_special

EXIT_UNTOLD = 3
"""It ran, and what decides was not read."""


def bundle(stack: str, path: Path, overrides: Sequence[str], *, is_json: bool) -> None:
    """Build the package, start it, and put it where it was asked for."""
    opened = open_stack(stack, overrides)
    if path.is_dir():
        raise UsageError(f"--out {path}: is a folder; name the file")
    try:
        refuse_special(path)  # the package would stand in its place
    except TextFileError as error:
        raise UsageError(f"--out {path}: {error}") from error
    with working("builds the package"):
        built = build_bundle(opened)
        not_tried = check_start(opened, built)
    if not_tried:
        warn(f"{path}: {not_tried}")
    content = built.path.read_bytes()
    try:
        write_package(path, content)
    except OSError as error:
        raise OperationError(f"--out {path}: cannot be written: {error.strerror}") from error
    report = {
        "path": str(path),
        "sha256": built.sha256,
        "bytes": len(content),
        "strategy": opened.settings.strategy,
        "nativePackages": list(built.native_packages),
    }
    if is_json:
        print_json(report)
        return
    out.print(
        f"{path}: {opened.settings.strategy}, {len(content):,} bytes, sha256 {built.sha256}",
        markup=False,
    )


def explain(
    stack: str,
    source: str,
    overrides: Sequence[str],
    region: str,
    request_id: str,
    *,
    is_local: bool,
    is_aws: bool,
    is_json: bool,
) -> None:
    """Decide one event as the stack's function would, and show the steps."""
    opened = open_stack(stack, overrides)
    if problem := region_error(region, "lambda"):
        raise UsageError(f"--region {problem}")
    text = read_text(source)
    source = "standard input" if source == "-" else source
    event = read_event(text, source, request_id)
    running = _running(stack, region, is_local=is_local, is_aws=is_aws)
    opened, view = _view(opened, running, region, overrides)
    try:
        explanation = explain_event(view, event, region)
    except EventError as error:
        raise UsageError(
            f'{source}: not a CloudFront event: Records[0].cf.request must be as in "Lambda@Edge event structure"'
        ) from error
    if is_json:
        document = {"stack": stack, "strategy": opened.settings.strategy, "region": region, "read": view.as_json()}
        print_json(document | explanation.as_json())
    else:
        err.print(f"{stack}: {view.text}", markup=False)
        _print_explanation(explanation, view)
    if explanation.unread:
        raise SystemExit(EXIT_UNTOLD)


def _running(stack: str, region: str, *, is_local: bool, is_aws: bool) -> RunningStack | None:
    """The running stack to read; None where the settings are all there is, for nobody has named AWS."""
    if not (is_local or is_aws) and find_local(stack) is None:
        return None
    return choose_stack(stack, region, is_local=is_local, is_aws=is_aws)


def _view(stack: Stack, running: RunningStack | None, region: str, overrides: Sequence[str]) -> tuple[Stack, StackView]:
    """What decides, and the settings of it: a stack that is up here has those that `up` was given, too."""
    if running is None:
        return stack, view_settings(stack)
    if isinstance(running, LocalStack):
        given = running.notes.get("overrides") or []
        stack = open_stack(stack.name, [*given, *overrides])
        return stack, view_local(stack, running, region, overrides)
    return stack, view_aws(stack, running, region, overrides)


def _print_explanation(explanation: Explanation, view: StackView) -> None:
    if explanation.steps or not explanation.refusal:
        print_table(("looked at", "found"), explanation.steps)
    if explanation.refusal:
        status, reason = explanation.refusal
        out.print(f"CloudFront answers {status} by itself: {reason}", markup=False)
        return
    if explanation.unread:
        verb = "could not be read" if view.place else "was not read"
        out.print(f"cannot be told: {' and '.join(explanation.unread)} {verb}", markup=False)
        return
    bucket = "" if explanation.bucket is None else f", bucket {explanation.bucket} of 10,000"
    fallback = " (a fallback: something failed)" if explanation.is_fallback else ""
    because = f"({explanation.domain_name}) because {explanation.reason}{bucket}{fallback}"
    out.print(f"[bold]{escape(explanation.origin)}[/] {escape(because)}")
