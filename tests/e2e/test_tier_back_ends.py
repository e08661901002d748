"""Every tier has a back end on this machine that names it: at the configured domain, and for a mock in API Gateway."""

import pytest

from cli.stacks.workspace import Workspace
from demo.hosts.connect import new_settings
from tests.e2e.conftest import Stack
from tests.infra.configs import HOSTS, run_stack

pytestmark = [pytest.mark.anyio, pytest.mark.long]


async def answer(stack: Stack, query: str) -> dict[str, str]:
    response = await stack.viewer.post(f"/orders{query}", json={"amount": 1})
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_post_reaches_the_back_end_of_its_tier(stack: Stack) -> None:
    await stack.deploy("strategy=tier")
    found = [await answer(stack, query) for query in ("?CTIER=premium", "?CTIER=Standard")]
    assert [(one["name"], one["host"], one["method"], one["path"]) for one in found] == [
        ("premium", "premium.example.com", "POST", "/orders"),
        ("standard", "standard.example.com", "POST", "/orders"),
    ]
    basic = await stack.get("/?CTIER=basic")
    assert basic.headers["x-app-version"] == "1"


async def test_a_mock_back_end_is_asked_at_its_stage_and_under_its_own_name(stack: Stack) -> None:
    outputs = {"tierBackends": run_stack(HOSTS).outputs["tierBackends"]}
    settings = new_settings(outputs, Workspace().open_stack("local"))
    await stack.deploy("strategy=tier", *(f"{key}={value}" for key, value in settings.items()))
    found = await answer(stack, "?CTIER=premium")
    assert (found["name"], found["path"]) == ("premium", "/demo/orders")
    assert found["host"].endswith(".execute-api.us-east-1.amazonaws.com")
