"""One start of a package in a separate process, with Lambda's version of Python where this machine has it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from infra.package.modules import EDGE_PACKAGES
from infra.package.wheels import PYTHON_VERSION

VERSION_SECONDS = 10
START_SECONDS = 60
WORKER = Path(__file__).with_name("start_worker.py")
PACKAGE_FAULTS = (
    *("start-failed:", "not-started", "not-a-cloudfront-event"),
    *(f"error:{kind}" for kind in ("ImportError", "ModuleNotFoundError", "NameError", "AttributeError", "SyntaxError")),
)
"""The beginnings of log reasons with which the package is at fault. Any other error may come from the environment,
which is not the edge's here: the router falls back, and its log says so."""

_PRINT_VERSION = "import sys; print('%d.%d' % sys.version_info[:2] + getattr(sys, 'abiflags', ''))"
"""A build without the global lock, 3.13t, loads other machine code than Lambda's."""


@dataclass(frozen=True)
class Interpreter:
    """A Python. `loads_native`: it runs the machine code that is packaged for Lambda@Edge."""

    path: str
    loads_native: bool
    is_lambda_version: bool = False


@dataclass(frozen=True)
class Start:
    """The outcome of a start: the responses, the log lines, and the error ("" for none)."""

    responses: tuple[Any, ...]
    lines: tuple[Mapping[str, Any], ...]
    error: str


@cache
def lambda_python() -> Interpreter:
    """Find Lambda's version on the PATH and where version managers keep theirs, else return the running Python."""
    found = next(filter(_has_lambda_version, _candidates()), "")
    is_edge = sys.platform == "linux" and platform.machine() == "x86_64" and platform.libc_ver()[0] == "glibc"
    return Interpreter(found or sys.executable, bool(found) and is_edge, is_lambda_version=bool(found))


def _candidates() -> Iterator[str]:
    """Yield paths to try. A name on the PATH proves nothing: pyenv has one for versions that are not chosen."""
    if sys.version.startswith(f"{PYTHON_VERSION}."):
        yield sys.executable
    home = Path.home()
    for folder, pattern in (
        (Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions", f"{PYTHON_VERSION}.*"),
        (home / ".local" / "share" / "uv" / "python", f"cpython-{PYTHON_VERSION}.*"),
    ):
        yield from (str(path / "bin" / f"python{PYTHON_VERSION}") for path in sorted(folder.glob(pattern)))
    yield shutil.which(f"python{PYTHON_VERSION}") or ""
    if uv := shutil.which("uv"):
        yield _read_output([uv, "python", "find", "--no-python-downloads", "--no-project", "--system", PYTHON_VERSION])


def _has_lambda_version(path: str) -> bool:
    if not os.access(path, os.X_OK):
        return False
    return _read_output([path, "-I", "-S", "-c", _PRINT_VERSION]) == PYTHON_VERSION


def _read_output(command: list[str]) -> str:
    """Return what a command prints, "" where it fails."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=VERSION_SECONDS, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
    return ended.stdout.strip()


def start_package(files: Mapping[str, bytes], events: Sequence[Any], python: Interpreter) -> Start:
    """Let a new process respond to these events, and import the project's modules that they did not need."""
    sources = [name for name in sorted(files) if name.endswith(".py") and name.partition("/")[0] in EDGE_PACKAGES]
    modules = [_module(name) for name in sources]
    with TemporaryDirectory(prefix="edge-router-start-") as directory:
        for name, content in files.items():
            path = Path(directory, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return _run(python, directory, {"events": events, "modules": modules})


def _module(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _run(python: Interpreter, directory: str, job: Mapping[str, Sequence[Any]]) -> Start:
    command = [python.path, "-I", "-S", "-B", str(WORKER), directory]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {**kept, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    try:
        ended = subprocess.run(  # noqa: S603  the worker beside this file, in an interpreter that was found above
            command,
            input=json.dumps(job),
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Start((), (), f"{python.path}: {error}")
    printed = [_parse(line) for line in ended.stdout.splitlines()]
    if ended.returncode or not printed or "missing" not in printed[-1]:
        last = next((line for line in reversed(ended.stderr.splitlines()) if line), f"exit code {ended.returncode}")
        return Start((), tuple(printed), last)
    *lines, report = printed
    missing = list(dict.fromkeys(report["missing"]))
    error = report["error"] or (_first_fault(lines, missing) if job["events"] else _missing_modules(missing))
    return Start(tuple(report["responses"]), tuple(lines), error)


def _parse(line: str) -> dict[str, Any]:
    try:
        parsed: object = json.loads(line)
    except ValueError:
        parsed = None
    return cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else {"printed": line}


def _first_fault(lines: Sequence[Mapping[str, Any]], missing: Sequence[str]) -> str:
    """Return the first reason, of a decision or of its control, with which the package is at fault."""
    reasons = [str(line.get(name, "")) for line in lines for name in ("reason", "controlReason")]
    fault = next((reason for reason in reasons if reason.startswith(PACKAGE_FAULTS)), "")
    return f"{fault}; missing: {', '.join(missing)}" if fault and missing else fault


def _missing_modules(missing: Sequence[str]) -> str:
    """Return the project's missing modules: without third-party packages the handler starts, but hides that."""
    names = [name for name in missing if name.partition(".")[0] in EDGE_PACKAGES]
    return f"missing: {', '.join(names)}" if names else ""
