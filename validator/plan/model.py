"""The plan of a validation and its defaults."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx  # commands read the defaults here, and most of them need no client

OVERRIDES_EACH = 3
"""Requests with the QA override for each version."""
TURNS = 3
"""Requests for each object by a visitor of each version, a tester of each version and a new visitor."""
STABLE, CANARY = "stable", "canary"
HIGHEST_DEFAULT_STATUS = 499


@dataclass(frozen=True)
class Expectation:
    """Expected status and text of a version's responses. `status` 0: any below 500; `text` "": any."""

    version: str
    status: int
    text: str

    @property
    def status_text(self) -> str:
        return str(self.status) if self.status else f"below {HIGHEST_DEFAULT_STATUS + 1}"

    def accepts(self, status: int) -> bool:
        return status == self.status if self.status else status <= HIGHEST_DEFAULT_STATUS


@dataclass(frozen=True)
class OverridePlace:
    """Name and place of the QA override: a header, cookie or query parameter. Its secret is never printed."""

    place: str
    name: str
    secret: str = field(repr=False)

    def value(self, version: str) -> str:
        return f"{version}:{self.secret}"


@dataclass(frozen=True)
class Plan:
    """One validation. `percent` None accepts any split; `versions` maps names to the codes that responses carry.

    `visitors` is the number of one-time visitors, without a cookie. Each of the `sticky_visitors` sends
    `requests_per_visitor` requests with a cookie jar.
    """

    url: httpx.URL
    visitors: int = 400
    sticky_visitors: int = 10
    requests_per_visitor: int = 10
    percent: float | None = None
    pin: str = "none"
    confidence: float = 99.9
    versions: Mapping[str, str] = field(default_factory=lambda: {STABLE: "1", CANARY: "2"})
    version_header: str = "x-app-version"
    version_pattern: str = ""
    expect: tuple[Expectation, ...] = ()
    override: OverridePlace | None = None
    cookies: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    origin_hosts: tuple[str, ...] = ()
    max_requests: int = 2_000
    rate: float = 50.0
    concurrency: int = 8
    timeout_seconds: float = 10.0
    deadline_seconds: float = 120.0
    max_redirects: int = 5
    ca_file: str = ""

    @property
    def is_loopback(self) -> bool:
        """True for a site on this machine, where browsers trust plain HTTP like TLS."""
        host = self.url.host
        return host in ("localhost", "::1") or host.startswith("127.")

    @property
    def keeps_secrets(self) -> bool:
        """True where the connection may carry a secret."""
        return self.url.scheme == "https" or self.is_loopback

    @property
    def can_override(self) -> bool:
        return self.override is not None and self.keeps_secrets

    @property
    def foreign_hosts(self) -> frozenset[str]:
        """The origins' hosts in lower case, but for that of the site."""
        return frozenset(host.lower() for host in self.origin_hosts) - {self.url.host.lower()}

    @property
    def paths(self) -> tuple[str, ...]:
        """The objects that visitors of all versions request: those of the plan, else the page itself."""
        return self.objects or ("",)

    @property
    def phases(self) -> tuple[tuple[str, int], ...]:
        """The kinds of visits in order, and the highest number of requests of each."""
        testers = len(self.versions) if self.can_override else 0
        return (
            ("one-time visitors", self.visitors),
            ("sticky visitors", self.sticky_visitors * self.requests_per_visitor),
            ("testers with the QA override", OVERRIDES_EACH * testers),
            ("objects for all visitors", TURNS * len(self.paths) * (testers + len(self.versions) + 1)),
        )

    @property
    def planned_requests(self) -> int:
        """The highest number of requests, without redirects."""
        return sum(count for _, count in self.phases)

    def phase_at(self, done: int) -> str:
        """Return the phase after this number of responses."""
        ends = itertools.accumulate(count for _, count in self.phases)
        return next((name for (name, _), end in zip(self.phases, ends, strict=True) if done < end), self.phases[-1][0])

    @property
    def level(self) -> float:
        """The significance level of the test, such as 0.001."""
        return 1 - self.confidence / 100

    def as_json(self) -> dict[str, Any]:
        """Return the plan for a report: without the secret, and without the URL's query, which may be one."""
        place = {self.override.place: self.override.name} if self.override else None
        return {
            "url": str(self.url.copy_with(query=None)),
            "visitors": self.visitors,
            "stickyVisitors": self.sticky_visitors,
            "requestsPerVisitor": self.requests_per_visitor,
            "percent": self.percent,
            "pin": self.pin,
            "confidence": self.confidence,
            "versions": dict(self.versions),
            "override": place,
            "objects": list(self.objects),
            "originHosts": list(self.origin_hosts),
            "maxRequests": self.max_requests,
            "rate": self.rate,
            "deadlineSeconds": self.deadline_seconds,
        }
