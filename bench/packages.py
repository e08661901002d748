"""The packages that are measured: built by the project's own bundler, unzipped as in /var/task."""

from __future__ import annotations

import compileall
import json
from collections.abc import Mapping
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any
from zipfile import ZipFile

from infra.package.bundle import build_bundle
from infra.settings.stack import load_stack

SETTINGS: Mapping[str, Any] = {
    "canaryPercent": "10",
    "release": "2026-11",
    "origins": {"stable": {"domainName": "v1.example.com"}, "canary": {"domainName": "v2.example.com"}},
    "stickySession": {"tableName": "bench-sessions"},
    "cookieVersion": {},
    "jwtIat": {
        "releasedAt": "2026-11-01T00:00:00Z",
        "algorithm": "HS256",
        "secret": "bench-secret-of-32-characters-or-more",
    },
    "tenantLookup": {"tableName": "bench-tenants", "allowedDomains": [".tenants.example.com"]},
    "fastestOrigin": {},
}
"""Every strategy with its defaults, as far as it has them."""


def build(
    directory: Path, strategy: str, settings: Mapping[str, Any] | None = None, *, has_bytecode: bool = True
) -> tuple[Path, int]:
    """(the unzipped package, the zip's size in bytes) of a stack with this strategy and these settings on top.

    With bytecode it is as Python leaves any package that it has imported once; without, as Lambda's /var/task is.
    """
    values = {**SETTINGS, "strategy": strategy, **(settings or {})}
    config = {
        f"edge-router:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in values.items()
    }
    bundle = build_bundle(load_stack(config, "bench"), directory)
    unzipped = directory / bundle.path.stem
    with ZipFile(bundle.path) as archive:
        archive.extractall(unzipped)
    if has_bytecode:
        compileall.compile_dir(unzipped, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    return unzipped, bundle.path.stat().st_size
