"""Run a validation with the expectations of a stack, and write its report."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cli.output.console import err, print_json
from cli.output.errors import EXIT_FAILED, UsageError
from cli.output.progress import counting, working
from cli.output.streams import check_writable, write_report
from cli.stacks.in_force import CONTROL
from cli.stacks.workspace import Workspace
from cli.validate.report import print_report
from infra.settings.stack import Stack

if TYPE_CHECKING:
    from validator.checks.report import Report

OPTIONS = {
    "url": "URL",
    "versions": "--version",
    "cookies": "--cookie",
    "objects": "--object",
    "originHosts": "--origin-host",
    "timeoutSeconds": "--timeout",
    "deadlineSeconds": "--deadline",
}
"""Keys of a plan whose option is not the key in kebab-case."""
COOKIES = {"sticky-session": ("cookie", "version_cookie"), "cookie-version": ("cookie",)}
"""Strategies that split new visitors, and the options that name their affinity cookies."""
ALL_STABLE = ("jwt-iat", "tenant-lookup", "tier")
"""Strategies that send new visitors to the stable origin."""


def run(
    workspace: Workspace,
    stack: Stack | None,
    options: Mapping[str, Any],
    secret: str | None,
    report: Path | None,
    *,
    is_json: bool,
) -> None:
    """Validate and print the report; `options` are keys of a plan, None if not given. SystemExit(1) if not passed."""
    check_writable("--report", report)
    outcome = _validate(_merge(expectations(stack) if stack else {}, options, secret))
    if is_json:
        print_json(outcome.as_json(), outcome.errors)
    else:
        print_report(outcome)
        if stack is not None and options.get("percent") is None and _has_failed(outcome, "split"):
            err.print(f"split: {_explain_percent(workspace, stack, str(options['url']))}", markup=False)
    if report:
        write_report("--report", report, json.dumps(outcome.as_json(), indent=2) + "\n")
    if not outcome.has_passed:
        raise SystemExit(EXIT_FAILED)


def _has_failed(report: Report, check: str) -> bool:
    return any(one.check == check and one.verdict == "failed" for one in report.results)


def _explain_percent(workspace: Workspace, stack: Stack, url: str) -> str:
    """Say where the expected percentage comes from, and what holds where that can be read on this machine."""
    from cli.stacks.running import find_local
    from cli.stacks.view import view_local

    percent = expectations(stack)["percent"]
    if stack.settings.strategy in ALL_STABLE:
        return f"{percent:g} % is expected of {stack.settings.strategy}, which sends new visitors to the stable origin"
    less = " less the holdout" if stack.settings.holdout else ""
    text = f"{percent:g} % is the percentage in the config of {stack.name}{less}"
    here = find_local(workspace, stack.name)
    if here is not None and urlsplit(url).port == here.port:
        in_force = view_local(stack, here, stack.settings.control.home_region).in_force
        if in_force.step is not None:
            source, found = in_force.step
            return f"{text}; the {'control table' if source == CONTROL else source} has {found}"
    return f"{text}; a rollout changes it in the control table only, which `edge-router rollout status` reads"


def expectations(stack: Stack) -> dict[str, Any]:
    """Return keys of a plan (validator.plan.parse): percent, pin, override with its secret, cookies,
    and the hosts of origins.

    A strategy that decides otherwise, such as by latency, has no percentage.
    """
    settings = stack.settings
    expected: dict[str, Any] = {"pin": settings.pin, "originHosts": list(settings.origin_ports)}
    if settings.strategy in COOKIES:
        held_out = settings.holdout.percent if settings.holdout else 0
        expected["percent"] = round(settings.canary_percent * (100 - held_out) / 100, 4)
        names = [getattr(settings.options, option) for option in COOKIES[settings.strategy]]
        expected["cookies"] = [name for name in names if name]
    elif settings.strategy in ALL_STABLE:
        expected["percent"] = 0
    if (override := settings.override) is not None:
        place = next(place for place in ("header", "cookie", "query") if getattr(override, place))
        expected["override"] = {place: getattr(override, place), "secret": override.secret}
    return expected


def read_pairs(given: list[str]) -> dict[str, str]:
    """Parse repeated NAME=CODE. UsageError."""
    wrong = [one for one in given if not all(one.partition("="))]
    if wrong:
        raise UsageError(f"--version {wrong[0]}: write NAME=CODE, such as canary=2")
    return {name: code for name, _, code in (one.partition("=") for one in given)}


def read_place(given: str) -> dict[str, str]:
    """Parse PLACE:NAME. UsageError."""
    place, _, name = given.partition(":")
    if place not in ("header", "cookie", "query") or not name:
        raise UsageError(f"--override {given}: write header:NAME, cookie:NAME or query:NAME")
    return {place: name}


def _merge(expected: Mapping[str, Any], given: Mapping[str, Any], secret: str | None) -> dict[str, Any]:
    """Options override expectations; a secret alone requests no override check."""
    document = {**expected, **{key: value for key, value in given.items() if value is not None}}
    if "override" in document:
        effective = secret or expected.get("override", {}).get("secret", "")
        document["override"] = {**document["override"], "secret": effective}
    return document


def _validate(document: Mapping[str, Any]) -> Report:
    with working("loading the HTTP client"):
        from validator.plan.parse import PlanError, parse_plan
        from validator.validation import validate

    try:
        plan = parse_plan(document)
        with counting(plan.planned_requests, lambda done: f"{plan.url.host}: {plan.phase_at(done)}") as count:
            return asyncio.run(validate(plan, count))
    except PlanError as error:
        raise UsageError("\n  ".join(f"{_option(key)} {text}" for key, text in error.errors)) from error


def _option(key: str) -> str:
    kebab = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in key)
    return OPTIONS.get(key, f"--{kebab}")
