"""The files of a stack that is up, in its directory: the lock, and the address of its status port."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import AsyncGenerator, Generator, Mapping
from pathlib import Path
from typing import Any, cast

from cli.output.errors import OperationError
from cli.stacks.running import ADDRESSES, find_local
from cli.stacks.workspace import Workspace
from simulator.cloudfront import AppServer, status_app
from simulator.cloudwatch import metric_data
from simulator.deployment.deployment import LocalDeployment

LOCK = "up.lock"
"""The lock ends with its process; the file stays."""


@contextlib.contextmanager
def hold_lock(workspace: Workspace, stack: str, port: int) -> Generator[None]:
    """Let no other process serve the stack. OperationError names the one that does.

    `port` is the requested port, for the error of another process until this one serves.
    """
    path = workspace.directory(stack) / LOCK
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OperationError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _locked_error(workspace, stack, _read(descriptor)) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "port": port}).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _locked_error(workspace: Workspace, stack: str, holder: dict[str, Any]) -> OperationError:
    here = find_local(workspace, stack)
    port = here.port if here is not None else holder.get("port")
    place = f"local, port {port}" if port else "local, on a free port"
    process = f", process {holder['pid']}" if "pid" in holder else ""
    starting = "" if here is not None else ", still starting or stopping"
    return OperationError(
        f"stack {stack} is up already ({place}{process}{starting}): stop that one first, or serve another stack"
    )


def _read(descriptor: int) -> dict[str, Any]:
    try:
        found: Any = json.loads(os.pread(descriptor, 1_000, 0))
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


@contextlib.asynccontextmanager
async def serve_status(
    workspace: Workspace, stack: str, deployment: LocalDeployment, notes: Mapping[str, object]
) -> AsyncGenerator[None]:
    """Serve the deployment's status, and write the port and the notes where `find_local` reads them."""

    def report() -> dict[str, object]:
        return {"stack": stack, "pid": os.getpid(), **deployment.status()}

    addresses = workspace.directory(stack) / ADDRESSES
    app = status_app(
        report,
        deployment.recent_lines.between,
        lambda patterns: deployment.invalidate(*patterns),
        deployment.change_pairs,
        lambda request: metric_data(deployment.cloudwatch, request),
    )
    async with AppServer(lambda _ports: app, [0]) as server:
        text = json.dumps({"statusUrl": f"http://{server.host}:{server.ports[0]}/", **notes})
        _write_private(addresses, text)
        try:
            yield
        finally:
            # Another process may have replaced it.
            if addresses.exists() and addresses.read_text(encoding="utf-8") == text:
                addresses.unlink()


def _write_private(path: Path, text: str) -> None:
    """Write for the owner only: the overrides of `up` may have secrets."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
