"""The interpreter that packages are tried with: Lambda's version where this machine has it, else the running one."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from infra.package.wheels import PYTHON_VERSION

ASK_SECONDS = 10
_VERSION = "import sys; print('%d.%d' % sys.version_info[:2] + getattr(sys, 'abiflags', ''))"
"""A build without the global lock, 3.13t, loads other machine code than Lambda's."""


@dataclass(frozen=True)
class Interpreter:
    """`loads_native`: the machine code that is packaged for Lambda@Edge runs in it."""

    path: str
    loads_native: bool


@cache
def lambda_python() -> Interpreter:
    """Of Lambda's version, looked for on the PATH and where version managers keep theirs."""
    found = next(filter(_is_lambdas, _candidates()), "")
    is_edge = sys.platform == "linux" and platform.machine() == "x86_64" and platform.libc_ver()[0] == "glibc"
    return Interpreter(found or sys.executable, bool(found) and is_edge)


def _candidates() -> Iterator[str]:
    """Paths that may lead to one. A name on the PATH proves nothing: pyenv has one for versions that are not chosen."""
    if sys.version.startswith(f"{PYTHON_VERSION}."):
        yield sys.executable
    home = Path.home()
    for folder, pattern in (
        (Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions", f"{PYTHON_VERSION}.*"),
        (home / ".local" / "share" / "uv" / "python", f"cpython-{PYTHON_VERSION}.*"),
    ):
        yield from (str(path / "bin" / f"python{PYTHON_VERSION}") for path in sorted(folder.glob(pattern)))
    yield shutil.which(f"python{PYTHON_VERSION}") or ""


def _is_lambdas(path: str) -> bool:
    if not os.access(path, os.X_OK):
        return False
    command = [path, "-I", "-S", "-c", _VERSION]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=ASK_SECONDS, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.stdout.strip() == PYTHON_VERSION
