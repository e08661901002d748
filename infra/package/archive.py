"""ZIP archives for Lambda: the same bytes for the same content, readable by their owner only."""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

KEPT_PACKAGES = 10
KEPT_SECONDS = 86_400

_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_COMPRESSION_LEVEL, _NATIVE_LEVEL = 9, 6
"""Level 9 takes four times as long for native code, and saves half a percent."""


def zip_files(files: Mapping[str, bytes]) -> bytes:
    """Return an archive that is the same on every machine: no times, no owners, one order, fixed modes."""
    return _zip(tuple(sorted(files.items())))


@lru_cache(maxsize=8)
def _zip(files: tuple[tuple[str, bytes], ...]) -> bytes:
    """Build an archive; cached because an update builds some twice, and native code takes half a second."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in files:
            entry = ZipInfo(name, _EPOCH)
            entry.create_system = _UNIX
            is_native = ".so" in name
            entry.external_attr = (0o100755 if is_native else 0o100644) << 16
            archive.writestr(entry, content, ZIP_DEFLATED, _NATIVE_LEVEL if is_native else _COMPRESSION_LEVEL)
    return buffer.getvalue()


def write_archive(prefix: str, content: bytes, directory: Path) -> tuple[Path, str]:
    """Write an archive named after its content, which a state goes on naming; return its path and SHA-256."""
    digest = sha256(content).hexdigest()
    path = directory / f"{prefix}-{digest[:16]}.zip"
    write_package(path, content)
    _delete_old(prefix, directory)
    return path, digest


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


def _delete_old(prefix: str, directory: Path) -> None:
    """Keep the newest few and all of the last day: states still name them, and a running edge may be reading one."""
    packages = sorted(directory.glob(f"{prefix}-*.zip"), key=_modified_at, reverse=True)
    for package in packages[KEPT_PACKAGES:]:
        if _modified_at(package) < time.time() - KEPT_SECONDS:
            package.unlink(missing_ok=True)


def _modified_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another program has just dropped it
        return 0.0
