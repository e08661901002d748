"""The applications as processes of this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

UNTIL_SECONDS = 30


def python_of_applications() -> str:
    """The Python that has the frameworks; skips where there is none."""
    executable = os.environ.get("FRAMEWORKS_PYTHON", "")
    if not executable:
        pytest.skip("FRAMEWORKS_PYTHON is not set: make apps installs it")
    return str(Path(executable).absolute())


def node_folder() -> str:
    """The folder whose node_modules have the frameworks; skips where there is none."""
    folder = os.environ.get("FRAMEWORKS_NODE", "")
    if not folder or shutil.which("node") is None:
        pytest.skip("FRAMEWORKS_NODE is not set, or there is no node: make apps installs it")
    return str(Path(folder).absolute())


@contextmanager
def serving(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[str]:
    """An application that listens on PORT, `{port}` in its command; its address. It ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    command = [part.replace("{port}", str(port)) for part in command]
    process = subprocess.Popen(command, env={**os.environ, **environment, "PORT": str(port)})
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=UNTIL_SECONDS)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + UNTIL_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, f"{process.args} ended with {process.returncode}"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{process.args} does not listen after {UNTIL_SECONDS} s")
