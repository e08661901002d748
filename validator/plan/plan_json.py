"""Reading a plan out of JSON: every mistake at once, by the name of its key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

import httpx

from validator.plan.expectation import Expectation, ExpectationError, parse_expectation
from validator.plan.plan import CANARY, OverridePlace, Plan
from validator.plan.values import listed, number, secret, text, token, whole

HIGHEST_PORT = 65_535
PLACES = ("header", "cookie", "query")


class PlanError(ValueError):
    """A plan that cannot work: (key, what is wrong and what is allowed), one entry per mistake. Shows no secret."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{key}: {text}" for key, text in problems))
        self.problems = problems


def plan_from_json(document: Mapping[str, Any]) -> Plan:
    """The plan in a JSON object of camelCase keys; null counts as left out. PlanError otherwise."""
    given = {key: value for key, value in document.items() if value is not None}
    problems: list[tuple[str, str]] = []
    fields: dict[str, Any] = {}
    for key, value in given.items():
        if key not in _READERS:
            problems.append((str(key), _unknown(str(key))))
            continue
        name, read = _READERS[key]
        try:
            fields[name] = read(value)
        except ValueError as error:
            problems.append((key, str(error)))
    if "url" not in given:
        problems.append(("url", "is missing: the page to look at, such as https://d111111abcdef8.cloudfront.net/"))
    if problems:
        raise PlanError(problems)
    plan = Plan(**fields)
    problems = _contradictions(plan)
    if problems:
        raise PlanError(problems)
    return plan


def bounded(plan: Plan, seconds: float) -> Plan:
    """The same plan, ending within these seconds."""
    return replace(plan, deadline_seconds=max(1.0, min(plan.deadline_seconds, seconds)))


def _contradictions(plan: Plan) -> list[tuple[str, str]]:
    problems: list[tuple[str, str]] = []
    known = ", ".join(plan.versions)
    if plan.percent is not None and CANARY not in plan.versions:
        problems.append(("percent", f"is of the version canary, and the versions are {known}"))
    if plan.pin not in ("none", *plan.versions):
        problems.append(("pin", f"is {plan.pin!r}: none, or one of the versions, which are {known}"))
    unknown = [one.version for one in plan.expect if one.version not in plan.versions]
    if unknown:
        problems.append(("expect", f"names {unknown[0]!r}; the versions are {known}"))
    if plan.planned_requests > plan.max_requests:
        planned = f"{plan.planned_requests} requests are planned"
        problems.append(("maxRequests", f"is {plan.max_requests}, but {planned}: fewer visitors, or a higher limit"))
    return problems


def _unknown(key: str) -> str:
    close = difflib.get_close_matches(key, _READERS, n=1)
    return f"is unknown: did you mean {close[0]}?" if close else f"is unknown: the keys are {', '.join(_READERS)}"


def _url(value: object) -> httpx.URL:
    try:
        url = httpx.URL(text(value))
    except httpx.InvalidURL as error:
        raise ValueError(f"is no URL: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("must begin with https:// or http:// and a host")
    if url.port is not None and not 0 < url.port <= HIGHEST_PORT:
        raise ValueError(f"has the port {url.port}: from 1 to {HIGHEST_PORT}")
    if url.userinfo:
        raise ValueError("has a user name or password: leave it out, for reports show the URL")
    return url.copy_with(fragment=None)


def _path(value: object) -> str:
    path = text(value)
    if not path.startswith("/") or path.startswith("//") or not path.isascii() or not path.isprintable() or " " in path:
        raise ValueError("must begin with one / and be ASCII as it stands in a URL, such as /static/style.css")
    return path


def _pattern(value: object) -> str:
    pattern = text(value)
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"has {groups} groups: exactly one, around the version's code, such as 'Version ([0-9])'")
    return pattern


def _versions(value: object) -> dict[str, str]:
    """Name to code. Names are those of origins, for the QA override asks for them."""
    if not isinstance(value, dict) or not value:
        raise ValueError('must map names to codes, such as {"stable": "1", "canary": "2"}')
    versions = {token(name): text(code) for name, code in cast("dict[object, object]", value).items()}
    if len(set(versions.values())) < len(versions):
        raise ValueError("has one code for two versions: they could not be told apart")
    return versions


def _expectation(value: object) -> Expectation:
    try:
        return parse_expectation(text(value))
    except ExpectationError as error:
        raise ValueError(str(error)) from None


def _override(value: object) -> OverridePlace:
    """{"header": NAME, "secret": …}, or cookie, or query."""
    given = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    places = [place for place in PLACES if place in given]
    if len(places) != 1 or set(given) - {*PLACES, "secret"}:
        raise ValueError(f"needs the secret, and the name of exactly one of {', '.join(PLACES)}")
    if not given.get("secret"):
        raise ValueError("has no secret: set EDGE_ROUTER_OVERRIDE_SECRET")
    return OverridePlace(places[0], token(given[places[0]]), secret(given["secret"]))


_READERS: dict[str, tuple[str, Callable[[object], object]]] = {
    "url": ("url", _url),
    "visitors": ("visitors", whole(1, 10_000)),
    "stickyVisitors": ("sticky_visitors", whole(0, 1_000)),
    "requestsPerVisitor": ("requests_per_visitor", whole(2, 1_000)),
    "percent": ("percent", number(0, 100)),
    "pin": ("pin", text),
    "confidence": ("confidence", number(90, 99.999999999)),
    "versions": ("versions", _versions),
    "versionHeader": ("version_header", token),
    "versionPattern": ("version_pattern", _pattern),
    "expect": ("expect", listed(_expectation)),
    "override": ("override", _override),
    "cookies": ("cookies", listed(token)),
    "objects": ("objects", listed(_path)),
    "maxRequests": ("max_requests", whole(1, 20_000)),
    "rate": ("rate", number(0.1, 1_000)),
    "concurrency": ("concurrency", whole(1, 64)),
    "timeoutSeconds": ("timeout_seconds", number(0.1, 60)),
    "deadlineSeconds": ("deadline_seconds", number(1, 3_600)),
    "maxRedirects": ("max_redirects", whole(0, 20)),
    "caFile": ("ca_file", text),
}
"""Key to field and reader. A reader raises ValueError with what goes on after the key."""
