"""`edge-router validate`: its options, the run with a bar on a terminal, and where the report goes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.output.console import print_json
from cli.output.errors import EXIT_FAILED, OperationError, UsageError
from cli.output.progress import counting, working
from cli.stacks.load import open_stack
from cli.validate.expectation import expected_of
from cli.validate.report import print_report
from validator.plan.model import Plan

if TYPE_CHECKING:
    from validator.checks.report import Report

SECRET_VARIABLE = "EDGE_ROUTER_OVERRIDE_SECRET"  # noqa: S105  the variable's name
OPTIONS = {
    "url": "URL",
    "versions": "--version",
    "cookies": "--cookie",
    "objects": "--object",
    "timeoutSeconds": "--timeout",
    "deadlineSeconds": "--deadline",
}
"""A plan's keys whose option is not simply the same in kebab-case."""


def _pairs(given: list[str]) -> dict[str, str]:
    """NAME=CODE, repeated."""
    wrong = [one for one in given if not all(one.partition("="))]
    if wrong:
        raise UsageError(f"--version {wrong[0]}: write NAME=CODE, such as canary=2")
    return {name: code for name, _, code in (one.partition("=") for one in given)}


def _place(given: str) -> dict[str, str]:
    """PLACE:NAME."""
    place, _, name = given.partition(":")
    if place not in ("header", "cookie", "query") or not name:
        raise UsageError(f"--override {given}: write header:NAME, cookie:NAME or query:NAME")
    return {place: name}


def validate(
    url: Annotated[str, typer.Argument(metavar="URL", help="The page to look at: not one that is cached by itself.")],
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", metavar="NAME", help="Expect what this stack's config says.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the stack (repeatable).")
    ] = None,
    percent: Annotated[float | None, typer.Option(help="Of visitors without a cookie, expected on canary.")] = None,
    pin: Annotated[str | None, typer.Option(metavar="VERSION", help="The version that everybody shall get.")] = None,
    version: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=CODE", help="What an answer of a version carries.", show_default="stable=1 canary=2"
        ),
    ] = None,
    version_header: Annotated[str, typer.Option(metavar="NAME", help="The header it carries it in.")] = (
        Plan.version_header
    ),
    version_pattern: Annotated[
        str | None, typer.Option(metavar="REGEX", help="Instead: the code is this one group, found in the body.")
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(metavar="VERSION:STATUS:TEXT", help="What a version answers; parts may be empty (repeatable)."),
    ] = None,
    override: Annotated[
        str | None, typer.Option(metavar="PLACE:NAME", help="The QA override, such as header:x-qa-origin.")
    ] = None,
    override_secret: Annotated[
        str | None, typer.Option(envvar=SECRET_VARIABLE, metavar="SECRET", help="Its secret; never printed.")
    ] = None,
    cookie: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A cookie that no two visitors may share (repeatable).")
    ] = None,
    object_: Annotated[
        list[str] | None,
        typer.Option("--object", metavar="PATH", help="A cached object that both versions have (repeatable)."),
    ] = None,
    visitors: Annotated[int, typer.Option(help="Who come once, without a cookie.")] = Plan.visitors,
    sticky_visitors: Annotated[int, typer.Option(help="Who come again, with a cookie jar.")] = Plan.sticky_visitors,
    requests_per_visitor: Annotated[int, typer.Option(help="How often those come.")] = Plan.requests_per_visitor,
    confidence: Annotated[float, typer.Option(help="Of the test of the split, in percent.")] = Plan.confidence,
    max_requests: Annotated[int, typer.Option(help="Never more than these.")] = Plan.max_requests,
    rate: Annotated[float, typer.Option(help="Requests a second.")] = Plan.rate,
    concurrency: Annotated[int, typer.Option(help="Requests at once.")] = Plan.concurrency,
    timeout: Annotated[float, typer.Option(help="Seconds for a request.")] = Plan.timeout_seconds,
    deadline: Annotated[float, typer.Option(help="Seconds for everything.")] = Plan.deadline_seconds,
    max_redirects: Annotated[int, typer.Option(help="Followed on the site itself.")] = Plan.max_redirects,
    ca_file: Annotated[str | None, typer.Option(metavar="FILE", help="A CA to trust besides the known ones.")] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the JSON report here too.")] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Count what a canary promises, from outside: split, stickiness, override, pin, and no leak through the cache.

    Exit code 0: everything is proven. 1: a check failed, or something could not be found out. 2: it could not run.
    """
    given: dict[str, Any] = {
        "url": url,
        "percent": percent,
        "pin": pin,
        "versions": _pairs(version) if version else None,
        "versionHeader": version_header,
        "versionPattern": version_pattern,
        "expect": expect,
        "override": _place(override) if override else None,
        "cookies": cookie,
        "objects": object_,
        "visitors": visitors,
        "stickyVisitors": sticky_visitors,
        "requestsPerVisitor": requests_per_visitor,
        "confidence": confidence,
        "maxRequests": max_requests,
        "rate": rate,
        "concurrency": concurrency,
        "timeoutSeconds": timeout,
        "deadlineSeconds": deadline,
        "maxRedirects": max_redirects,
        "caFile": ca_file,
    }
    if settings and stack is None:
        raise UsageError("--set changes settings of a stack: say which with --stack")
    expected = expected_of(open_stack(stack, settings or [])) if stack else {}
    _check_writable(report)
    outcome = _run(_merged(expected, given, override_secret))
    if is_json:
        print_json(outcome.as_json(), outcome.errors)
    else:
        print_report(outcome)
    if report:
        _write(report, outcome)
    if not outcome.has_passed:
        raise SystemExit(EXIT_FAILED)


def _merged(expected: Mapping[str, Any], given: Mapping[str, Any], secret: str | None) -> dict[str, Any]:
    """What is given goes before what the stack says; the secret too, which alone asks for nothing."""
    document = {**expected, **{key: value for key, value in given.items() if value is not None}}
    if "override" in document:
        kept = secret or expected.get("override", {}).get("secret", "")
        document["override"] = {**document["override"], "secret": kept}
    return document


def _run(document: Mapping[str, Any]) -> Report:
    with working("loads the HTTP client"):
        from validator.plan.parse import PlanError, parse_plan  # here: other commands do without it
        from validator.validation import validate as run

    try:
        plan = parse_plan(document)
        with counting(plan.planned_requests, lambda done: f"{plan.url.host}: {plan.phase_at(done)}") as count:
            return asyncio.run(run(plan, count))
    except PlanError as error:
        raise UsageError("\n  ".join(f"{_option(key)} {text}" for key, text in error.errors)) from error


def _option(key: str) -> str:
    kebab = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in key)
    return OPTIONS.get(key, f"--{kebab}")


def _check_writable(path: Path | None) -> None:
    """Before the run, for afterwards would be late."""
    if path is not None and (path.is_dir() or not path.parent.is_dir()):
        raise UsageError(f"--report {path}: must be a file in a folder that exists")


def _write(path: Path, outcome: Report) -> None:
    try:
        path.write_text(json.dumps(outcome.as_json(), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise OperationError(f"--report {path}: cannot be written: {error.strerror}") from error
