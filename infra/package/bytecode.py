"""Bytecode beside the sources of a package, which Lambda would otherwise compile at every cold start (ADR 0018)."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from infra.package.process import Interpreter
from infra.package.wheels import PYTHON_VERSION

COMPILE_SECONDS = 60
WORKER = Path(__file__).with_name("compile_worker.py")
NO_BYTECODE = (
    f"the package has no bytecode, because no Python {PYTHON_VERSION} was found here to compile it: Lambda compiles it"
    f" at every cold start. Install python{PYTHON_VERSION}"
)

_CACHE_TAG = f"cpython-{PYTHON_VERSION.replace('.', '')}"
_compiled: dict[tuple[str, bool, bytes], bytes | None] = {}
"""Bytecode by interpreter, with or without annotations, and source: one update builds a package several times."""
READERS = (b"__annotations__", b"get_type_hints", b"singledispatch", b"inspect")
"""Words by which code reads annotations of functions: where one is in a package, all of them stay."""


class BytecodeError(Exception):
    """An interpreter that does not compile."""


def compile_sources(files: Mapping[str, bytes], python: Interpreter) -> dict[str, bytes]:
    """Return the .pyc files of the sources among these files, by their names in the package.

    None where `python` is of another version than Lambda's. BytecodeError where it cannot be run.
    """
    if not python.is_lambda_version:
        return {}
    sources = {name: content for name, content in files.items() if name.endswith(".py") and _is_utf8(content)}
    is_stripped = not reads_annotations(sources)
    keys = {name: (python.path, is_stripped, content) for name, content in sources.items()}
    missing = {name: files[name] for name, key in keys.items() if key not in _compiled}
    if missing:
        made = _run(python, missing, is_stripped=is_stripped)
        _compiled.update({keys[name]: made.get(name) for name in missing})
    found = {_bytecode_name(name): _compiled[key] for name, key in keys.items()}
    return {name: content for name, content in found.items() if content is not None}


def reads_annotations(sources: Mapping[str, bytes]) -> bool:
    """Tell whether any of these may read annotations of functions. The router reads those of classes only."""
    return any(
        word in content for name, content in sources.items() for word in READERS if name.partition("/")[0] != "router"
    )


def _bytecode_name(name: str) -> str:
    """Return where Python looks for it (PEP 3147)."""
    path = PurePosixPath(name)
    return str(path.parent / "__pycache__" / f"{path.stem}.{_CACHE_TAG}.pyc")


def _is_utf8(content: bytes) -> bool:
    """False for a source in another encoding, which is left to the function's Python."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _run(python: Interpreter, sources: Mapping[str, bytes], *, is_stripped: bool) -> dict[str, bytes]:
    """Compile in one new process. Without column numbers, which no log line has, they are a fifth smaller."""
    command = [python.path, "-I", "-S", "-B", "-W", "ignore", "-X", "no_debug_ranges", str(WORKER)]
    command += ["without-annotations"] if is_stripped else []
    job = json.dumps({name: content.decode() for name, content in sources.items()})
    try:
        ended = subprocess.run(  # noqa: S603  the worker beside this file, in an interpreter that was found
            command, input=job, capture_output=True, text=True, timeout=COMPILE_SECONDS, check=True
        )
    except subprocess.CalledProcessError as error:
        last = next((line for line in reversed(error.stderr.splitlines()) if line), f"exit code {error.returncode}")
        raise BytecodeError(f"{python.path} cannot compile the package: {last}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BytecodeError(f"{python.path} cannot compile the package: {error}") from None
    made: dict[str, str] = json.loads(ended.stdout)
    return {name: base64.b64decode(content) for name, content in made.items()}
