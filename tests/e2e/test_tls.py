"""The real package reads its table over TLS, with a certificate that it has to verify."""

from __future__ import annotations

import httpx
import pytest

from simulator.deployment.deployment import LocalDeployment
from tests.e2e.conftest import NEAR, NEVER_SECONDS, Stack

pytestmark = pytest.mark.anyio


@pytest.mark.long
async def test_a_session_is_found_over_tls():
    lines: list[str] = []
    local = LocalDeployment(
        on_log=lambda _region, _function, line: lines.append(line), reconcile_seconds=NEVER_SECONDS, has_tls=True
    )
    async with local, httpx.AsyncClient(base_url=local.url, trust_env=False, timeout=30) as viewer:
        stack = Stack(local, viewer, lines)
        await stack.deploy("strategy=sticky-session", "canaryPercent=0")
        assert local.dynamodb.functions_endpoint_url.startswith("https://localhost:")
        cookie = await stack.put_session("over-tls", "2")
        local.dynamodb.call_counters.reset()
        assert await stack.version("/health", region=NEAR, cookie=cookie) == "2"
        assert stack.reads() == {NEAR: 1}
        assert [(entry["reason"], entry["tableSource"]) for entry in stack.decisions] == [("session", NEAR)]
        await local.dynamodb.refuse_connections()
        await local.forget()
        assert await stack.version("/health", region=NEAR, cookie=cookie) == "1"
        assert stack.decisions[-1]["reason"] == "table-refused"
