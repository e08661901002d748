"""Packages as the bundler builds them, started in processes of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from infra.package.bundle import build_bundle
from infra.package.process import Start, lambda_python, start_package
from infra.package.start import sample_events
from infra.settings.stack import Stack
from tests.infra.configs import ON_LAMBDA, stack_of
from tests.strategies.samples import sample_section

SECRET = "start-secret-of-32-characters-or-more"
STRATEGIES: dict[str, dict[str, object]] = {
    "cookie-version": {"cookieVersion": {}},
    "cookie-version, versioned": {"cookieVersion": {"caching": "versioned"}},
    "sticky-session": {"stickySession": {"cookie": "sid"}},
    "sticky-session, versioned": {
        "stickySession": {"cookie": "sid", "caching": "versioned", "versionCookie": "app-version"}
    },
    "tenant-lookup": {"tenantLookup": {"allowedDomains": [".tenants.example.com"]}},
    "fastest-origin": {},
    "jwt-iat": {"jwtIat": {"releasedAt": "2026-11-01T00:00:00Z", "algorithm": "HS256", "secret": SECRET}},
}
"""Strategies that have a package, with every way of caching."""
STRATEGIES |= {name: sample_section(name) for name in ON_LAMBDA if name not in STRATEGIES}


def stack_with(strategy: str, **settings: object) -> Stack:
    """A stack with one of STRATEGIES; `settings` come besides, or in the place of the section."""
    chosen = {"strategy": strategy.partition(",")[0], "canaryPercent": "0"}
    return stack_of(**{**chosen, **STRATEGIES[strategy], **settings})


def start_stack(stack: Stack, directory: Path, events: Sequence[Any] = (), *, without: Sequence[str] = ()) -> Start:
    """Start the stack's real package with its first events, and then these; `without` leaves files of it out."""
    with ZipFile(build_bundle(stack, directory).path) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if name not in without}
    return start_package(files, [*sample_events(stack), *events], lambda_python())
