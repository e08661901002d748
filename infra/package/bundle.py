"""The package for Lambda@Edge: the router, one strategy, what they import, and the config; same inputs, same bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.package.archive import write_archive, zipped
from infra.package.baked_config import baked_config, to_json
from infra.package.modules import modules_for, source_of
from infra.package.stripped import stripped
from infra.package.wheels import Wheel, wheels_for
from infra.settings.stack import Stack

ROOT = Path(__file__).parents[2]
WORK_DIRECTORY = ".edge-router"
CONFIG_NAME = "config.json"
STRIPPED_WHEEL = "pyjwt"
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
    content = zipped(package_files(stack, config, wheels))
    _check_size(len(content))
    path, digest = write_archive("router", content, directory or work / stack.name)
    return Bundle(path, digest, tuple(wheel.name for wheel in wheels if wheel.is_native), config)


def package_files(stack: Stack, config: dict[str, Any], wheels: Iterable[Wheel]) -> dict[str, bytes]:
    """Name in the package to content."""
    keys = {key for key, value in config.items() if value}
    sources = [source_of(module, ROOT) for module in modules_for(stack.settings.strategy, keys=keys, root=ROOT)]
    files = {source.relative_to(ROOT).as_posix(): stripped(source.read_bytes()) for source in sources}
    for wheel in wheels:
        files |= {name: _for_the_edge(wheel, name, content) for name, content in wheel.files()}
    return {**files, CONFIG_NAME: to_json(config)}


def _for_the_edge(wheel: Wheel, name: str, content: bytes) -> bytes:
    """A third of PyJWT is comments and docstrings, and no code of it reads one; that of others stays as it is."""
    return stripped(content) if wheel.name == STRIPPED_WHEEL and name.endswith(".py") else content


def _check_size(size: int) -> None:
    if size > MAX_PACKAGE_BYTES:
        raise BundleError(f"the package has {size:,} bytes; Lambda@Edge takes at most {MAX_PACKAGE_BYTES:,}")
