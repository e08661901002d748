"""Percentage, pin and release out of the control table: in force without a new function, and through every failure."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from simulator.dynamodb import Fault
from tests.e2e.conftest import CONTROL, FAR, HOME, NEAR, UNTIL_SECONDS, Stack

pytestmark = pytest.mark.anyio
COOKIE_VERSION = ("strategy=cookie-version", "control.refreshSeconds=1")
CONFIG_KEY = {"scope": {"S": "edge"}, "item": {"S": "config"}}


def last(stack: Stack) -> Mapping[str, Any]:
    return stack.decisions[-1]


async def put(stack: Stack, *regions: str, **attributes: dict[str, str]) -> None:
    """Overwrite attributes of the config item in these Regions, past replication, as nobody should."""
    for region in regions:
        read = {"TableName": CONTROL, "Key": CONFIG_KEY}
        item: Any = (await stack.local.dynamodb.call(region, "GetItem", read))["Item"]
        await stack.local.dynamodb.call(region, "PutItem", {"TableName": CONTROL, "Item": {**item, **attributes}})


def control_reads(stack: Stack) -> dict[str, int]:
    requests = stack.local.dynamodb.counters()["requests"]
    return {region: tables[CONTROL]["Query"] for region, tables in requests.items() if CONTROL in tables}


async def test_a_new_percentage_reaches_running_instances_in_all_regions_without_a_new_function(stack: Stack) -> None:
    await stack.deploy(*COOKIE_VERSION, "canaryPercent=0")
    for region in (HOME, NEAR):
        assert await stack.version("/health", region=region) == "1"
    functions = stack.local._current.functions
    await stack.deploy(*COOKIE_VERSION, "canaryPercent=100", is_forgotten=False)
    assert stack.local._current.functions is functions
    for region in (HOME, NEAR):
        await stack.until(lambda: last(stack)["origin"] == "canary", region=region)
        assert last(stack)["percentFrom"] == "config"
        assert await stack.version("/health", region=region) == "2"
    assert {row["coldStarts"] for row in functions.status()} == {1}


@pytest.mark.long
async def test_a_pin_is_in_force_over_every_cookie_and_its_end_too(stack: Stack) -> None:
    await stack.deploy(*COOKIE_VERSION, "canaryPercent=100")
    cookie = await stack.visitor("2", "app-version")
    await stack.deploy(*COOKIE_VERSION, "canaryPercent=100", "pin=stable", is_forgotten=False)
    await stack.until(lambda: last(stack)["reason"] == "pinned", cookie=cookie)
    assert (last(stack)["origin"], last(stack)["percentFrom"]) == ("stable", "pin")
    await stack.deploy(*COOKIE_VERSION, "canaryPercent=100", is_forgotten=False)
    await stack.until(lambda: last(stack)["reason"] == "cookie", cookie=cookie)
    assert last(stack)["origin"] == "canary"


@pytest.mark.long
async def test_every_instance_reads_the_table_once_and_then_remembers(stack: Stack) -> None:
    settings = ("strategy=cookie-version", "control.refreshSeconds=300", "canaryPercent=50")
    await stack.deploy(*settings)
    stack.local.dynamodb.call_counters.reset()
    for _ in range(5):
        await asyncio.gather(*(stack.get("/health", region=NEAR) for _ in range(8)))
    [row] = stack.local._current.functions.status()
    assert row["workers"] >= 2  # type: ignore[operator]  a number
    assert control_reads(stack) == {NEAR: row["workers"]}


@pytest.mark.long
async def test_all_instances_of_a_region_follow(stack: Stack) -> None:
    await stack.deploy(*COOKIE_VERSION, "canaryPercent=0")

    async def answering_versions() -> set[str]:
        answers = await asyncio.gather(*(stack.get("/health", region=NEAR) for _ in range(8)))
        return {answer.headers["x-app-version"] for answer in answers}

    assert await answering_versions() == {"1"}
    functions = stack.local._current.functions
    await stack.deploy(*COOKIE_VERSION, "canaryPercent=100", is_forgotten=False)
    async with asyncio.timeout(UNTIL_SECONDS):
        while await answering_versions() != {"2"}:
            pass
    assert stack.local._current.functions is functions
    assert stack.local.instances >= 2


@pytest.mark.long
async def test_with_the_table_down_the_last_good_value_goes_on_and_after_that_the_fallback(stack: Stack) -> None:
    settings = (*COOKIE_VERSION, "canaryPercent=100", "control.fallback.canaryPercent=0")
    await stack.deploy(*settings)
    assert await stack.version("/health") == "2"
    for region in (HOME, NEAR, FAR):
        stack.local.dynamodb.set_fault(region, Fault("throttled"))
    await stack.until(lambda: "controlReason" in last(stack))
    assert (last(stack)["origin"], last(stack)["percentFrom"]) == ("canary", "config")
    assert last(stack)["controlReason"] == "table-throttled"

    await stack.local.forget()  # as a new instance, which never read anything
    answer = await stack.get("/health")
    assert (answer.status_code, answer.headers["x-app-version"]) == (200, "1")
    assert (last(stack)["percentFrom"], last(stack)["controlReason"]) == ("baked", "table-throttled")
    assert "app-version=" not in answer.headers.get("set-cookie", "")  # of no release

    stack.local.dynamodb.faults.clear()
    await stack.until(lambda: last(stack)["percentFrom"] == "config")
    assert last(stack)["origin"] == "canary"
    assert "controlReason" not in last(stack)


@pytest.mark.long
async def test_with_its_replica_down_an_instance_asks_the_next_one(stack: Stack) -> None:
    await stack.deploy(*COOKIE_VERSION, "canaryPercent=0")
    await stack.version("/health", region=NEAR)
    stack.local.dynamodb.set_fault(NEAR, Fault("slow", slow_ms=10_000))
    await stack.deploy(*COOKIE_VERSION, "canaryPercent=100", is_forgotten=False)
    await stack.until(lambda: last(stack)["origin"] == "canary", region=NEAR)
    assert (last(stack)["percentFrom"], "controlReason" in last(stack)) == ("config", False)


@pytest.mark.long
@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"canaryPercent": {"S": "abc"}}, "malformed-canaryPercent"),
        ({"canaryPercent": {"N": "101"}}, "malformed-canaryPercent"),
        ({"pin": {"S": "beta"}}, "malformed-pin"),
        ({"release": {"S": ""}}, "malformed-release"),
    ],
)
async def test_an_item_that_makes_no_sense_is_said_and_not_obeyed(
    stack: Stack, attributes: dict[str, dict[str, str]], reason: str
) -> None:
    await stack.deploy(*COOKIE_VERSION, "canaryPercent=100", f"release={reason}")
    assert await stack.version("/health") == "2"
    await put(stack, HOME, NEAR, FAR, **attributes)
    await stack.until(lambda: last(stack).get("controlReason") == reason)
    assert (last(stack)["origin"], last(stack)["percentFrom"]) == ("canary", "config")
