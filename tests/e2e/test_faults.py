"""DynamoDB fails in every way there is: each request still reaches an origin, and the log says why."""

import asyncio

import pytest

from simulator.dynamodb import Fault
from tests.e2e.conftest import FAR, HOME, NEAR, TENANTS, Stack

pytestmark = pytest.mark.anyio
SETTINGS = ("strategy=sticky-session", "canaryPercent=50")
FAULTS = {
    "refuse": (Fault("refuse"), "reset"),  # one port for all Regions: it is accepted first
    "reset": (Fault("reset"), "reset"),
    "slow": (Fault("slow", slow_ms=10_000), "timeout"),
    "status": (Fault("status"), "status-500"),
    "throttled": (Fault("throttled"), "throttled"),
    "expired": (Fault("expired"), "expired-credentials"),
    "garbage": (Fault("garbage"), "garbage"),
}


async def answering_version(stack: Stack, region: str, cookie: str) -> str:
    """The version that answered with 200: a router that waited out a slow table would be at its time limit (503).

    /health does not need the table itself.
    """
    return await stack.version("/health", region=region, cookie=cookie)


@pytest.mark.long_if(r"^(?!slow)")
@pytest.mark.parametrize("name", FAULTS)
async def test_with_one_replica_down_the_next_one_answers(stack: Stack, name: str):
    await stack.deploy(*SETTINGS)
    cookie = await stack.put_session(f"near-{name}", "2")
    stack.local.dynamodb.set_fault(NEAR, FAULTS[name][0])
    assert await answering_version(stack, NEAR, cookie) == "2"
    decision = stack.decisions[-1]
    assert (decision["reason"], decision["tableSource"], "fallback" in decision) == ("session", HOME, False)


@pytest.mark.long_if(r"^(?!slow)")
@pytest.mark.parametrize("name", FAULTS)
async def test_with_all_replicas_down_the_stable_origin_answers_and_the_log_says_why(stack: Stack, name: str):
    fault, reason = FAULTS[name]
    await stack.deploy(*SETTINGS)
    cookie = await stack.put_session(f"all-{name}", "2")
    for region in (HOME, NEAR, FAR):
        stack.local.dynamodb.set_fault(region, fault)
    assert await answering_version(stack, NEAR, cookie) == "1"
    decision = stack.decisions[-1]
    assert (decision["origin"], decision["reason"], decision["fallback"]) == ("stable", f"table-{reason}", True)
    assert f"all-{name}" not in "\n".join(stack.lines)
    stack.local.dynamodb.faults.clear()
    assert await answering_version(stack, NEAR, cookie) == "2"  # a failure is not remembered


async def test_home_being_down_does_not_make_a_session_unknown(stack: Stack):
    await stack.deploy(*SETTINGS)
    cookie = await stack.put_session("only-at-home", "2", HOME)
    stack.local.dynamodb.set_fault(HOME, Fault("status"))
    assert await answering_version(stack, FAR, cookie) == "1"
    assert stack.decisions[-1]["reason"] == "table-home-status-500"
    stack.local.dynamodb.faults.clear()
    assert await answering_version(stack, FAR, cookie) == "2"


async def test_nobody_listening_is_refused_everywhere(stack: Stack):
    await stack.deploy(*SETTINGS)
    cookie = await stack.put_session("refused", "2")
    await stack.local.dynamodb.refuse_connections()
    try:
        assert await answering_version(stack, NEAR, cookie) == "1"
    finally:
        await stack.local.dynamodb.accept_connections()
    assert stack.decisions[-1]["reason"] == "table-refused"
    assert await answering_version(stack, NEAR, cookie) == "2"


async def test_many_visitors_at_once_all_arrive_while_every_replica_hangs(stack: Stack):
    await stack.deploy(*SETTINGS)
    cookies = [await stack.put_session(f"many-{number}", "2") for number in range(4)]
    for region in (HOME, NEAR, FAR):
        stack.local.dynamodb.set_fault(region, Fault("slow", slow_ms=10_000))
    versions = await asyncio.gather(*(answering_version(stack, NEAR, cookie) for cookie in cookies))
    assert versions == ["1"] * 4
    assert [entry["reason"] for entry in stack.decisions] == ["table-timeout"] * 4


@pytest.mark.long
async def test_tenants_go_to_stable_while_their_table_is_down(stack: Stack):
    await stack.deploy("strategy=tenant-lookup")
    for region in (HOME, NEAR, FAR):
        stack.local.dynamodb.set_fault(region, Fault("throttled"))
    answer = await stack.viewer.post("/health", json={"tenantId": "acme", "accountId": "1001"})
    assert answer.headers["x-app-version"] == "1"
    assert (stack.decisions[-1]["reason"], stack.decisions[-1]["fallback"]) == ("table-throttled", True)
    failed = stack.local.dynamodb.counters()["failed"]
    assert {region: calls[TENANTS]["GetItem"] for region, calls in failed.items()} == {HOME: 1, NEAR: 1, FAR: 1}
