"""The commands that need no server: what each does, and what it prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape

from infra.archive import write_package
from infra.aws_regions import region_problem
from infra.baked_config import deciding_config
from infra.bundle import build_bundle
from infra.package_start import check_start
from infra.settings import UNNAMED_HOSTS
from operations.console import out, print_json, print_table, warn
from operations.errors import OperationError, UsageError
from operations.events import read_event, read_text
from operations.explanation import Explanation, explain_event
from operations.progress import working
from operations.stack import open_stack
from router.event import EventError
from simulator.standin import TextFileError, refuse_special


def bundle(stack: str, path: Path, overrides: Sequence[str], *, is_json: bool) -> None:
    """Build the package, start it, and put it where it was asked for."""
    opened = open_stack(stack, overrides)
    if path.is_dir():
        raise UsageError(f"--out {path}: is a folder; name the file")
    try:
        refuse_special(path)  # the package would stand in its place
    except TextFileError as error:
        raise UsageError(f"--out {path}: {error}") from error
    if opened.settings.demo.hosts:
        warn(
            f"{opened.project}:demo.hosts: only a deployment knows the names of its hosts; this package has"
            f" {' and '.join(UNNAMED_HOSTS.values())} instead"
        )
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


def explain(stack: str, source: str, overrides: Sequence[str], region: str, request_id: str, *, is_json: bool) -> None:
    """Decide one event as the stack's function would, and show the steps."""
    opened = open_stack(stack, overrides)
    if problem := region_problem(region, "lambda"):
        raise UsageError(f"--region {problem}")
    text = read_text(source)
    source = "standard input" if source == "-" else source
    event = read_event(text, source, request_id)
    try:
        explanation = explain_event(deciding_config(opened), event, region)
    except EventError as error:
        raise UsageError(
            f'{source}: not a CloudFront event: Records[0].cf.request must be as in "Lambda@Edge event structure"'
        ) from error
    if is_json:
        document = {"stack": stack, "strategy": opened.settings.strategy, "region": region}
        print_json(document | explanation.as_json())
        return
    _print_explanation(explanation)


def _print_explanation(explanation: Explanation) -> None:
    print_table(("looked at", "found"), explanation.steps)
    bucket = "" if explanation.bucket is None else f", bucket {explanation.bucket} of 10,000"
    fallback = " (a fallback: something failed)" if explanation.is_fallback else ""
    because = f"({explanation.domain_name}) because {explanation.reason}{bucket}{fallback}"
    out.print(f"[bold]{escape(explanation.origin)}[/] {escape(because)}")
