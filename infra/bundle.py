"""The package for Lambda@Edge: the router, one strategy, what they import, and the config; same inputs, same bytes."""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from infra.baked_config import baked_config, to_json
from infra.edge_modules import modules_for, source_of
from infra.stack import Stack
from infra.wheels import Wheel, wheels_for

ROOT = Path(__file__).parents[1]
WORK_DIRECTORY = ".edge-router"
CONFIG_NAME = "config.json"
MAX_PACKAGE_BYTES = 50 * 1024 * 1024
"""The zipped size for origin triggers ("Quotas on Lambda@Edge")."""
KEPT_PACKAGES = 10
KEPT_SECONDS = 86_400

_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_COMPRESSION_LEVEL = 9


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
    content = _zipped(_files(stack, wheels) | {CONFIG_NAME: to_json(config)})
    _check_size(len(content))
    digest = sha256(content).hexdigest()
    path = (directory or work / stack.name) / f"router-{digest[:16]}.zip"
    write_package(path, content)
    _drop_old_packages(path.parent)
    return Bundle(path, digest, tuple(wheel.name for wheel in wheels if wheel.is_native), config)


def _files(stack: Stack, wheels: list[Wheel]) -> dict[str, bytes]:
    """Name in the package to content."""
    modules = modules_for(stack.settings.strategy, has_table=stack.table is not None, root=ROOT)
    sources = [source_of(module, ROOT) for module in modules]
    files = {source.relative_to(ROOT).as_posix(): source.read_bytes() for source in sources}
    for wheel in wheels:
        files |= dict(wheel.files())
    return files


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip without anything of this machine in it: no times, no owners, one order, fixed modes."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = ZipInfo(name, _EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = (0o100755 if ".so" in name else 0o100644) << 16
            archive.writestr(entry, files[name], ZIP_DEFLATED, _COMPRESSION_LEVEL)
    return buffer.getvalue()


def _check_size(size: int) -> None:
    if size > MAX_PACKAGE_BYTES:
        raise BundleError(f"the package has {size:,} bytes; Lambda@Edge takes at most {MAX_PACKAGE_BYTES:,}")


def write_package(path: Path, content: bytes) -> None:
    """Write all of a package or nothing, with mode 0600: its config holds secrets."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")  # created with mode 0600, whatever the umask
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _drop_old_packages(directory: Path) -> None:
    """Keep the newest few and all of the last day: states still name them, and a running edge may be reading one."""
    packages = sorted(directory.glob("router-*.zip"), key=_modified, reverse=True)
    for package in packages[KEPT_PACKAGES:]:
        if _modified(package) < time.time() - KEPT_SECONDS:
            package.unlink(missing_ok=True)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another program has just dropped it
        return 0.0
