"""The subjects of the measurement, as data: the package of a strategy or a baseline, with the event that it gets."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bench.network.tables import CONTROL
from bench.network.tables import SESSIONS as SESSIONS_TABLE
from bench.packages import JWT_SECRET
from simulator.sample_events import origin_request

Event = Mapping[str, Any]
HOME, NEAR = "us-east-1", "eu-west-1"


@dataclass(frozen=True)
class Package:
    """The router's package with one strategy, and settings on top of its defaults."""

    strategy: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Baseline:
    """A module of bench/baselines; `has_boto3`: it may import what is installed, with its bytecode."""

    module: str
    has_boto3: bool = False


@dataclass(frozen=True)
class Subject:
    """A handler, its event, in which NUMBER is one of `unique` numbers, and the Region in which it runs."""

    name: str
    handler: Package | Baseline
    event: Event
    unique: int = 1
    region: str = HOME


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


def _request_with_token() -> Event:
    """A GET with a bearer token (RFC 7519) that was issued after the release."""
    claims = {"sub": "visitor-1", "iat": ISSUED_AT}
    signed = ".".join(_base64url(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    signature = _base64url(hmac.digest(JWT_SECRET.encode(), signed.encode(), "sha256"))
    return origin_request(headers={"Authorization": f"Bearer {signed}.{signature}"})


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _origins(number: int) -> dict[str, Any]:
    names = ["stable", "canary", *(f"extra-{one}" for one in range(number - 2))]
    return {"origins": {name: {"domainName": f"{name}.example.com"} for name in names}}


ISSUED_AT = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp())
SMALL, LARGE = 10, 10_000
SESSION = origin_request(cookies=["theme=dark; lang=en", "sessiontoken=token-NUMBER; seen=1"])
"""Several Cookie entries, as a browser behind CloudFront sends them; NUMBER makes the token."""
VERSION = origin_request(cookies=["theme=dark; lang=en", "app-version=canary.0badc0de.visitor.signature"])
"""One Cookie entry more, with the router's own cookie."""
TENANT = _post_of_tenant()
_FORGETFUL = {"tableReads": {"rememberSeconds": 0, "rememberUnknownSeconds": 0}}
_STICKY, _VERSION = Package("sticky-session"), Package("cookie-version")

ARTICLE = Subject("article", Baseline("article", has_boto3=True), SESSION, LARGE)
JSON = Subject("bare Python with json", Baseline("as_json"), SESSION)

STICKY = Subject("sticky-session", _STICKY, SESSION)
"""The first decision reads the table, the others remember the session."""
READING = Subject("sticky-session, another session every time", _STICKY, SESSION, LARGE)
COOKIE = Subject("cookie-version", _VERSION, VERSION)
NEWCOMER = Subject("cookie-version, no cookie yet", _VERSION, SESSION)
TOKEN = Subject("jwt-iat, HS256", Package("jwt-iat"), _request_with_token())
TENANT_LOOKUP = Subject("tenant-lookup", Package("tenant-lookup"), TENANT)
ABROAD = Subject(
    "sticky-session beside a replica",
    Package("sticky-session", {"stickySession": {"tableName": SESSIONS_TABLE, "homeRegion": HOME, "replicas": [NEAR]}}),
    SESSION,
    region=NEAR,
)
"""In init it connects to two Regions, to the replica and to home."""
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
