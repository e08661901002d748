"""The package for Lambda@Edge: the router, one strategy, what they import, and the config; same inputs, same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.archive import write_archive, zipped
from infra.baked_config import baked_config, to_json
from infra.edge_modules import (
    CACHE_CONTROL,
    CACHE_GUARD,
    LIVE_CONTROL,
    METRICS,
    TABLE_CLIENTS,
    TABLE_READER,
    modules_for,
    source_of,
)
from infra.stack import Stack
from infra.stripped import stripped
from infra.wheels import Wheel, wheels_for

ROOT = Path(__file__).parents[1]
WORK_DIRECTORY = ".edge-router"
CONFIG_NAME = "config.json"
MAX_PACKAGE_BYTES = 50 * 1024 * 1024
"""The zipped size for origin triggers ("Quotas on Lambda@Edge")."""


class BundleError(Exception):
    """A package that Lambda@Edge would not take."""


@dataclass(frozen=True)
class Bundle:
    """A built package. `native_packages` are the distributions in it with machine code for Linux x86_64 only.

    `config` is what was baked, secrets included.
    """

    path: Path
    sha256: str
    native_packages: tuple[str, ...]
    config: dict[str, Any]


def build_bundle(stack: Stack, directory: Path | None = None, *, wheel_cache: Path | None = None) -> Bundle:
    """Build the stack's package into a directory (default: `.edge-router/<stack>`), readable by its owner only.

    The file is named after its content, so a state that names it goes on naming the same package. BundleError where it
    is too large or the strategy has none, WheelError where third-party wheels cannot be had.
    """
    if not stack.settings.needs.origin_request:
        raise BundleError(
            f"{stack.project}:strategy is {stack.settings.strategy!r}, which runs as a CloudFront Function: there is no"
            " package for Lambda"
        )
    work = ROOT / WORK_DIRECTORY
    wheels = wheels_for(stack.settings.needs.packages, wheel_cache or work / "wheels")
    config = baked_config(stack)
    content = zipped(_files(stack, wheels) | {CONFIG_NAME: to_json(config)})
    _check_size(len(content))
    path, digest = write_archive("router", content, directory or work / stack.name)
    return Bundle(path, digest, tuple(wheel.name for wheel in wheels if wheel.is_native), config)


def _files(stack: Stack, wheels: list[Wheel]) -> dict[str, bytes]:
    """Name in the package to content."""
    modules = modules_for(stack.settings.strategy, without=_unused(stack), root=ROOT)
    sources = [source_of(module, ROOT) for module in modules]
    files = {source.relative_to(ROOT).as_posix(): stripped(source.read_bytes()) for source in sources}
    for wheel in wheels:
        files |= dict(wheel.files())
    return files


def _unused(stack: Stack) -> frozenset[str]:
    """Modules that this stack's config never makes the router import."""
    has_table, has_control = stack.table is not None, stack.settings.reads_control_table
    needs = stack.settings.needs
    uses = {
        TABLE_READER: has_table,
        TABLE_CLIENTS: has_table or has_control,
        LIVE_CONTROL: has_control,
        METRICS: stack.settings.has_metrics,
        CACHE_GUARD: needs.is_cacheable,
        CACHE_CONTROL: needs.is_cacheable or needs.origin_response,
    }
    return frozenset(module for modules, is_used in uses.items() if not is_used for module in modules)


def _check_size(size: int) -> None:
    if size > MAX_PACKAGE_BYTES:
        raise BundleError(f"the package has {size:,} bytes; Lambda@Edge takes at most {MAX_PACKAGE_BYTES:,}")
