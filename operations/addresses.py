"""Where a stack that is up tells its status: a port of its own, written down in the stack's work directory."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx

from operations.control_table import ADDRESSES
from operations.errors import OperationError
from operations.stack import work_directory
from simulator.cloudfront import AppServer, status_app
from simulator.deployment.deployment import LocalDeployment


@contextlib.asynccontextmanager
async def status_served(stack: str, deployment: LocalDeployment) -> AsyncGenerator[None]:
    """Inside, `ask_status` finds this deployment."""
    addresses = work_directory(stack) / ADDRESSES
    async with AppServer(lambda _ports: status_app(deployment.status), [0]) as server:
        text = json.dumps({"statusUrl": f"http://{server.host}:{server.ports[0]}/"})
        addresses.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        addresses.write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            # Unless another one has come up since.
            if addresses.exists() and addresses.read_text(encoding="utf-8") == text:
                addresses.unlink()


def ask_status(stack: str) -> dict[str, Any]:
    """What the stack that is up says (LocalDeployment.status). OperationError when none is."""
    addresses = work_directory(stack) / ADDRESSES
    try:
        url = json.loads(addresses.read_text(encoding="utf-8"))["statusUrl"]
        document = httpx.get(url, trust_env=False, timeout=5).raise_for_status().json()
        if {"url", "dynamodb"} <= set(document):
            return document
    except (OSError, ValueError, KeyError, TypeError, httpx.HTTPError, httpx.InvalidURL):
        document = None  # an earlier one did not end well, and its port is closed or somebody else's
    raise OperationError(f"stack {stack} is not up: start it with `edge-router up --stack {stack}`")
