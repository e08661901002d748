"""One `edge-router up` of a stack at a time: two would write one state, and a command could not tell which is meant."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Generator
from typing import Any

from cli.output.errors import OperationError
from cli.stacks.load import work_directory
from cli.stacks.running import find_local

LOCK = "up.lock"
"""In the stack's work directory. The lock ends with its process, however that ends, and the file stays."""


@contextlib.contextmanager
def hold_lock(stack: str, port: int) -> Generator[None]:
    """Inside, no other process serves the stack. OperationError names the one that does.

    `port` is what was asked for: until it serves, the other one is told that.
    """
    path = work_directory(stack) / LOCK
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OperationError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _refused(stack, _read(descriptor)) from error
        _write(descriptor, {"pid": os.getpid(), "port": port})
        yield
    finally:
        os.close(descriptor)


def _refused(stack: str, holder: dict[str, Any]) -> OperationError:
    here = find_local(stack)
    port = here.port if here is not None else holder.get("port")
    place = f"local, port {port}" if port else "local, on a free port"
    process = f", process {holder['pid']}" if "pid" in holder else ""
    starting = "" if here is not None else ", still starting or ending"
    return OperationError(
        f"stack {stack} is up already ({place}{process}{starting}): end that one first, or serve another stack"
    )


def _write(descriptor: int, holder: dict[str, int]) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def _read(descriptor: int) -> dict[str, Any]:
    try:
        found: Any = json.loads(os.pread(descriptor, 1_000, 0))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
