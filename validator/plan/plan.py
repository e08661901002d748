"""What a validation asks and expects, with its limits."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from validator.plan.expectation import Expectation

if TYPE_CHECKING:
    import httpx  # commands read the defaults here, and most of them do without a client

OVERRIDES_EACH = 3
"""Requests with the QA override, for every version."""
TURNS = 3
"""How often every object is asked for by a visitor of each version, by a tester and by a newcomer."""
STABLE, CANARY = "stable", "canary"


@dataclass(frozen=True)
class OverridePlace:
    """Where the QA override goes, one of header, cookie and query; its secret is in nothing that is printed."""

    place: str
    name: str
    secret: str = field(repr=False)

    def value(self, version: str) -> str:
        return f"{version}:{self.secret}"


@dataclass(frozen=True)
class Plan:
    """One validation. `percent` None: any split will do; `versions` maps names to the codes that answers carry.

    `visitors` come once, without a cookie; `sticky_visitors` come `requests_per_visitor` times, with a cookie jar.
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
    max_requests: int = 2_000
    rate: float = 50.0
    concurrency: int = 8
    timeout_seconds: float = 10.0
    deadline_seconds: float = 120.0
    max_redirects: int = 5
    ca_file: str = ""

    @property
    def is_loopback(self) -> bool:
        """Whether the site is on this machine: there, plain HTTP is as good as TLS, as browsers have it."""
        host = self.url.host
        return host in ("localhost", "::1") or host.startswith("127.")

    @property
    def keeps_secrets(self) -> bool:
        """Whether the way to the site is one that a secret may go."""
        return self.url.scheme == "https" or self.is_loopback

    @property
    def can_override(self) -> bool:
        return self.override is not None and self.keeps_secrets

    @property
    def paths(self) -> tuple[str, ...]:
        """The objects that visitors of both versions ask for: those named, else the page itself."""
        return self.objects or ("",)

    @property
    def phases(self) -> tuple[tuple[str, int], ...]:
        """The kinds of visits in the order in which they are made, and how many requests each takes at most."""
        testers = len(self.versions) if self.can_override else 0
        return (
            ("visitors who come once", self.visitors),
            ("visitors who come again", self.sticky_visitors * self.requests_per_visitor),
            ("testers with the QA override", OVERRIDES_EACH * testers),
            ("objects that everybody asks for", TURNS * len(self.paths) * (testers + len(self.versions) + 1)),
        )

    @property
    def planned_requests(self) -> int:
        """Without redirects: what is asked for at most."""
        return sum(count for _, count in self.phases)

    def phase_at(self, done: int) -> str:
        """What is being asked when so many requests have been answered."""
        ends = itertools.accumulate(count for _, count in self.phases)
        return next((name for (name, _), end in zip(self.phases, ends, strict=True) if done < end), self.phases[-1][0])

    @property
    def level(self) -> float:
        """The significance level of the test, such as 0.001."""
        return 1 - self.confidence / 100

    def as_json(self) -> dict[str, Any]:
        """What a reader of a report has to know; no secret, and no query of the URL, which may be one."""
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
            "maxRequests": self.max_requests,
            "rate": self.rate,
            "deadlineSeconds": self.deadline_seconds,
        }
