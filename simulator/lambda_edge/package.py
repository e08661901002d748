"""Unzips a deployment package into the read-only directory that Lambda mounts as /var/task."""

from __future__ import annotations

import zipfile
from pathlib import Path

MAX_PACKAGE_BYTES = 50 * 1024 * 1024
"""Compressed size for origin triggers ("Quotas on Lambda@Edge")."""


class PackageError(Exception):
    """A package that Lambda would not take; the message names the file."""


def read_names(package: Path) -> list[str]:
    """The names of its files. PackageError where it is no zip that can be read."""
    try:
        with zipfile.ZipFile(package) as archive:
            return archive.namelist()
    except OSError as error:
        raise PackageError(f"{package}: cannot be read: {error.strerror}") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise PackageError(f"{package}: is not a readable zip: {error}") from error


def unzip(package: Path, task_root: Path) -> None:
    """All files of the zip under `task_root`, not writable. PackageError when it is missing, broken or over 50 MB."""
    try:
        size = package.stat().st_size
    except OSError as error:
        raise PackageError(f"{package}: cannot be read: {error.strerror}") from error
    if size > MAX_PACKAGE_BYTES:
        raise PackageError(f"{package}: {size:,} bytes; Lambda@Edge takes at most {MAX_PACKAGE_BYTES:,}")
    try:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(task_root)  # zipfile itself drops absolute names and ".."
    except (zipfile.BadZipFile, OSError) as error:
        raise PackageError(f"{package}: is not a readable zip: {error}") from error
    _make_read_only(task_root)


def _make_read_only(task_root: Path) -> None:
    for path in sorted(task_root.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else path.stat().st_mode & 0o555 | 0o444)
    task_root.chmod(0o555)
