"""The packages that are measured: built by the project's own bundler, unzipped as in /var/task."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from bench.network.tables import SESSIONS, TENANTS
from infra.package.bundle import build_bundle
from infra.settings.stack import Stack, load_stack

JWT_SECRET = "bench-secret-of-32-characters-or-more"
SETTINGS: Mapping[str, Any] = {
    "canaryPercent": "10",
    "release": "2026-11",
    "origins": {"stable": {"domainName": "v1.example.com"}, "canary": {"domainName": "v2.example.com"}},
    "stickySession": {"tableName": SESSIONS},
    "cookieVersion": {},
    "jwtIat": {
        "releasedAt": "2026-11-01T00:00:00Z",
        "algorithm": "HS256",
        "secret": JWT_SECRET,
    },
    "tenantLookup": {"tableName": TENANTS, "allowedDomains": [".tenants.example.com"]},
    "fastestOrigin": {},
}
"""Every strategy with its defaults, as far as it has them."""


def load(strategy: str, settings: Mapping[str, Any]) -> Stack:
    """The stack with this strategy and these settings on top."""
    values = {**SETTINGS, "strategy": strategy, **settings}
    config = {
        f"edge-router:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in values.items()
    }
    return load_stack(config, "bench")


def build(directory: Path, strategy: str, settings: Mapping[str, Any]) -> Path:
    """The zip that would be uploaded."""
    return build_bundle(load(strategy, settings), directory).path


def unzip(package: Path) -> Path:
    """The package beside its zip, as it is."""
    unzipped = package.with_suffix("")
    with ZipFile(package) as archive:
        archive.extractall(unzipped)
    return unzipped
