"""Hosts of demo/hosts as a stack's origins, on this machine: they answer CloudFront and nobody else."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from cli.stacks.workspace import Workspace
from demo.hosts.connect import new_settings
from tests.e2e.conftest import Stack
from tests.infra.configs import HOSTS, run_stack

pytestmark = pytest.mark.anyio
ORIGINS = {"stable": "1", "canary": "2"}


def connected_settings(*overrides: str) -> tuple[str, ...]:
    """The settings that `demo.hosts.connect` writes, and the secret."""
    settings = new_settings(run_stack(HOSTS).outputs, Workspace().open_stack("local"))
    return (
        *(f"{key}={value}" for key, value in settings.items()),
        "security.originSecret=said-by-cloudfront",
        *overrides,
    )


def to(origin: str) -> str:
    return f"{origin}:local-demo-override-secret"


@pytest.mark.long
@pytest.mark.parametrize("strategy", ["sticky-session", "tier"])
async def test_the_secret_reaches_every_host_through_the_edge(stack: Stack, strategy: str) -> None:
    """On the canary too, whether Lambda or a CloudFront Function sends the request there."""
    await stack.deploy(*connected_settings(f"strategy={strategy}"))
    for origin, version in ORIGINS.items():
        assert await stack.version(x_qa_origin=to(origin)) == version
        forged = await stack.get(x_qa_origin=to(origin), x_origin_verify="forged")
        assert (forged.status_code, forged.headers["x-app-version"]) == (200, version)


@pytest.mark.long
async def test_who_goes_past_the_edge_gets_no_answer(stack: Stack) -> None:
    await stack.deploy(*connected_settings())
    status: Any = stack.local.status()
    hosts = {name: url for name, url in status["origins"].items() if name.startswith("ec2-")}
    assert len(hosts) == 2
    assert all(name.endswith(".compute-1.amazonaws.com:8080") for name in hosts)
    async with httpx.AsyncClient(trust_env=False) as past:
        for url in hosts.values():
            assert (await past.get(url)).status_code == 403
            assert (await past.get(url, headers={"x-origin-verify": "forged"})).status_code == 403


@pytest.mark.long
async def test_a_visitor_stays_where_the_session_is(stack: Stack) -> None:
    await stack.deploy(*connected_settings("canaryPercent=50"))
    cookie = await stack.visitor("2", "sessiontoken")
    assert [await stack.version(cookie=cookie) for _ in range(5)] == ["2"] * 5
