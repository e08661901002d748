"""Parsing of a plan from JSON, with all errors at once, each by its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from stats.edit_distance import closest
from validator.plan.model import CANARY, Plan
from validator.plan.readers import (
    integer,
    number,
    read_expectation,
    read_host,
    read_list,
    read_override,
    read_path,
    read_pattern,
    read_text,
    read_token,
    read_url,
    read_versions,
)

_READERS: dict[str, tuple[str, Callable[[object], object]]] = {
    "url": ("url", read_url),
    "visitors": ("visitors", integer(1, 10_000)),
    "stickyVisitors": ("sticky_visitors", integer(0, 1_000)),
    "requestsPerVisitor": ("requests_per_visitor", integer(2, 1_000)),
    "percent": ("percent", number(0, 100)),
    "pin": ("pin", read_text),
    "confidence": ("confidence", number(90, 99.999999999)),
    "versions": ("versions", read_versions),
    "versionHeader": ("version_header", read_token),
    "versionPattern": ("version_pattern", read_pattern),
    "expect": ("expect", read_list(read_expectation)),
    "override": ("override", read_override),
    "cookies": ("cookies", read_list(read_token)),
    "objects": ("objects", read_list(read_path)),
    "originHosts": ("origin_hosts", read_list(read_host)),
    "maxRequests": ("max_requests", integer(1, 20_000)),
    "rate": ("rate", number(0.1, 1_000)),
    "concurrency": ("concurrency", integer(1, 64)),
    "timeoutSeconds": ("timeout_seconds", number(0.1, 60)),
    "deadlineSeconds": ("deadline_seconds", number(1, 3_600)),
    "maxRedirects": ("max_redirects", integer(0, 20)),
    "caFile": ("ca_file", read_text),
}
"""Attribute and reader by key."""


class PlanError(ValueError):
    """An invalid plan. `errors` are (key, error and what is allowed); they show no secret."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{key}: {text}" for key, text in errors))
        self.errors = errors


def parse_plan(document: Mapping[str, Any]) -> Plan:
    """Parse a JSON object with camelCase keys; null is the default. Raise PlanError with all errors."""
    values = {key: value for key, value in document.items() if value is not None}
    errors: list[tuple[str, str]] = []
    attributes: dict[str, Any] = {}
    for key, value in values.items():
        if key not in _READERS:
            errors.append((key, _unknown_key(key)))
            continue
        name, read = _READERS[key]
        try:
            attributes[name] = read(value)
        except ValueError as error:
            errors.append((key, str(error)))
    if "url" not in values:
        errors.append(("url", "is missing: the page to request, such as https://d111111abcdef8.cloudfront.net/"))
    if errors:
        raise PlanError(errors)
    plan = Plan(**attributes)
    if errors := _contradictions(plan):
        raise PlanError(errors)
    return plan


def limit_seconds(plan: Plan, seconds: float) -> Plan:
    """Return the plan with a deadline of at most this many seconds."""
    return replace(plan, deadline_seconds=max(1.0, min(plan.deadline_seconds, seconds)))


def _contradictions(plan: Plan) -> list[tuple[str, str]]:
    errors: list[tuple[str, str]] = []
    known = ", ".join(plan.versions)
    if plan.percent is not None and CANARY not in plan.versions:
        errors.append(("percent", f"is of the version canary, and the versions are {known}"))
    if plan.pin not in ("none", *plan.versions):
        errors.append(("pin", f"is {plan.pin!r}: none, or one of the versions, which are {known}"))
    unknown = [one.version for one in plan.expect if one.version not in plan.versions]
    if unknown:
        errors.append(("expect", f"names {unknown[0]!r}; the versions are {known}"))
    if plan.planned_requests > plan.max_requests:
        planned = f"{plan.planned_requests} requests are planned"
        errors.append(("maxRequests", f"is {plan.max_requests}, but {planned}: use fewer visitors or a higher limit"))
    return errors


def _unknown_key(key: str) -> str:
    meant = closest(key, _READERS)
    return f"unknown key: did you mean {meant}?" if meant else f"unknown key: the keys are {', '.join(_READERS)}"
