"""The subjects of the measurement, as data: the package of a strategy or a baseline, with the event that it gets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.tables import CONTROL
from simulator.sample_events import origin_request

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Package:
    """The router's package with one strategy, and settings on top of its defaults.

    With bytecode it is as Python leaves any package that it has imported once; without, as Lambda's /var/task is.
    """

    strategy: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    has_bytecode: bool = True


@dataclass(frozen=True)
class Baseline:
    """A module of bench/baselines; `has_boto3`: it may import what is installed, with its bytecode."""

    module: str
    has_boto3: bool = False


@dataclass(frozen=True)
class Subject:
    """A handler and its event, in which NUMBER is one of `unique` numbers."""

    name: str
    handler: Package | Baseline
    event: Event
    unique: int = 1


@dataclass(frozen=True)
class Run:
    """One process that makes its first decision and then so many more."""

    subject: Subject
    decisions: int = 0

    @property
    def key(self) -> tuple[str, int]:
        """The key that tells it from others: subjects have names of their own."""
        return self.subject.name, self.decisions


def _post_of_tenant() -> Event:
    """A POST whose body names tenant NUMBER. The worker replaces NUMBER in the event's text, so the body is text."""
    data = json.dumps({"tenantId": "tenant-NUMBER", "accountId": "1001"})
    body = {"inputTruncated": False, "action": "read-only", "encoding": "text", "data": data}
    return origin_request(headers={"Content-Type": "application/json"}, method="POST", body=body)


def _origins(number: int) -> dict[str, Any]:
    names = ["stable", "canary", *(f"extra-{one}" for one in range(number - 2))]
    return {"origins": {name: {"domainName": f"{name}.example.com"} for name in names}}


SMALL, LARGE = 10, 10_000
SESSION = origin_request(cookies=["theme=dark; lang=en", "sessiontoken=token-NUMBER; seen=1"])
"""Several Cookie entries, as a browser behind CloudFront sends them; NUMBER makes the token."""
VERSION = origin_request(cookies=["theme=dark; lang=en", "app-version=canary.0badc0de.visitor.signature"])
"""One Cookie entry more, with the router's own cookie."""
TENANT = _post_of_tenant()
_FORGETFUL = {"tableReads": {"rememberSeconds": 0, "rememberUnknownSeconds": 0}}
_STICKY, _VERSION = Package("sticky-session"), Package("cookie-version")

ARTICLE = Subject("article", Baseline("article", has_boto3=True), SESSION, LARGE)
NULL = Subject("null", Baseline("null"), SESSION)
JSON = Subject("reading and writing JSON", Baseline("as_json"), SESSION)

STICKY = Subject("sticky-session", _STICKY, SESSION)
"""The first decision reads the table, the others remember the session."""
READING = Subject("sticky-session, another session every time", _STICKY, SESSION, LARGE)
COOKIE = Subject("cookie-version", _VERSION, VERSION)
NEWCOMER = Subject("cookie-version, no cookie yet", _VERSION, SESSION)
STICKY_SOURCE = Subject("sticky-session from source", Package("sticky-session", has_bytecode=False), SESSION)
NEWCOMER_SOURCE = Subject("cookie-version from source", Package("cookie-version", has_bytecode=False), SESSION)
LIVE = Subject(
    "cookie-version, live control",
    Package("cookie-version", {"control": {"mode": "live", "tableName": CONTROL}}),
    VERSION,
)
SESSIONS = {many: Subject(f"{many:,} sessions", _STICKY, SESSION, many) for many in (SMALL, LARGE)}
"""Remembered, as far as there is room: 1,000."""
FORGOTTEN = {
    many: Subject(f"{many:,} sessions, none remembered", Package("sticky-session", _FORGETFUL), SESSION, many)
    for many in (SMALL, LARGE)
}
TENANTS = {
    many: Subject(f"{many:,} tenants, none remembered", Package("tenant-lookup", _FORGETFUL), TENANT, many)
    for many in (SMALL, LARGE)
}
ORIGINS = {
    many: Subject(f"{many:,} origins", Package("cookie-version", _origins(many)), VERSION) for many in (SMALL, LARGE)
}
