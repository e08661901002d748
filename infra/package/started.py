"""A note that a package has started, so that a command does not start the same one again. No failure is noted."""

from __future__ import annotations

import contextlib
import json
from hashlib import sha256
from pathlib import Path

from infra.package.baked_config import baked_config
from infra.package.process import lambda_python
from infra.settings.stack import Stack

ROOT = Path(__file__).parents[2]
SOURCES = ("router", "strategies", "infra/package")
"""The folders that a package is built from, with what builds and starts it."""


def start_error(stack: Stack, note: Path) -> str:
    """Return what `infra.package.start` says of the stack's package; "" at once where `note` has this very start."""
    if not stack.settings.needs.origin_request:
        return ""
    digest = _digest(stack)
    with contextlib.suppress(OSError, ValueError):
        if note.read_text(encoding="ascii") == digest:
            return ""
    from infra.package import start  # it imports all that builds a package

    error = start.start_error(stack)
    if not error:
        with contextlib.suppress(OSError):  # the next command starts it again
            note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            note.write_text(digest, encoding="ascii")
    return error


def _digest(stack: Stack) -> str:
    """Hash what a start depends on: interpreter, wheels, settings with their secrets, and sources."""
    python = lambda_python()
    status = Path(python.path).stat()
    parts = [repr(python), status.st_mtime_ns, status.st_size, _wheels(stack), repr(stack), baked_config(stack)]
    digest = sha256(json.dumps(parts, sort_keys=True).encode())
    files = [path for folder in SOURCES for path in (ROOT / folder).rglob("*") if path.suffix != ".pyc"]
    for path in filter(Path.is_file, sorted(files)):
        content = path.read_bytes()
        digest.update(f"\n{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _wheels(stack: Stack) -> list[str] | None:
    """Return the names of the wheels, whose content the lock beside this file fixes; None where one is missing."""
    if not stack.settings.needs.packages:
        return []
    from infra.package.bundle import work_directory
    from infra.package.wheels import cached_wheels

    wheels = cached_wheels(stack.settings.needs.packages, work_directory() / "wheels")
    return None if wheels is None else [wheel.path.name for wheel in wheels]
