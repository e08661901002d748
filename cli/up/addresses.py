"""Where a stack that is up tells its status: a port of its own, written down in the stack's work directory."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

from cli.stacks.load import work_directory
from cli.stacks.running import ADDRESSES, find_local, not_up_error
from simulator.cloudfront import AppServer, status_app
from simulator.deployment.deployment import LocalDeployment


@contextlib.asynccontextmanager
async def status_served(
    stack: str, deployment: LocalDeployment, notes: Mapping[str, object] | None = None
) -> AsyncGenerator[None]:
    """Inside, `ask_status` finds this deployment, and whoever may read the file the notes."""

    def report() -> dict[str, object]:
        return {"stack": stack, "pid": os.getpid(), **deployment.status()}

    addresses = work_directory(stack) / ADDRESSES
    app = status_app(report, deployment.recent_lines.between, lambda patterns: deployment.invalidate(*patterns))
    async with AppServer(lambda _ports: app, [0]) as server:
        text = json.dumps({"statusUrl": f"http://{server.host}:{server.ports[0]}/", **(notes or {})})
        addresses.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_private(addresses, text)
        try:
            yield
        finally:
            # Unless another one has come up since.
            if addresses.exists() and addresses.read_text(encoding="utf-8") == text:
                addresses.unlink()


def ask_status(stack: str) -> dict[str, Any]:
    """What the stack that is up says (LocalDeployment.status). OperationError when none is."""
    here = find_local(stack)
    if here is None:
        raise not_up_error(stack)
    return dict(here.status)


def _write_private(path: Path, text: str) -> None:
    """Settings that were given to `up` are in it, secrets too."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
