"""`pulumi up` while a rollout is under way, its item in a real local DynamoDB."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from controller.analysis.plan import Plan
from controller.rollout.item import to_item
from controller.rollout.state import ENDED, PAUSED, ROLLED_BACK, RUNNING, SUCCEEDED, Rollout
from infra.data.control_item import config_item
from simulator.dynamodb import LocalDynamoDB
from simulator.standin.program import Run, run_program
from tests.infra.configs import shipped_stack, warnings_of
from tests.infra.test_program import KEYS, VERSIONED, inputs

pytestmark = pytest.mark.anyio

STICKY = ("strategy=sticky-session",)
TABLE = "edge-router-prod-control"
BEGUN = 1_790_000_000
STEP = Rollout(Plan((1, 5, 25, 50, 100)), "2026-11", RUNNING, 5, 1, BEGUN, BEGUN, BEGUN, "started", "1f1f1f1f")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Account:
    """The stack prod and its tables, with a rollout's item in them."""

    dynamodb: LocalDynamoDB

    async def up(self, *overrides: str, state: Any = None) -> Run:
        return await asyncio.to_thread(
            run_program, "prod", overrides=overrides, state=state, dynamodb_url=self.dynamodb.endpoint_url
        )

    async def put(self, rollout: Rollout) -> None:
        item = to_item(replace(rollout, revision=3))
        await self.dynamodb.call("us-east-1", "PutItem", {"TableName": TABLE, "Item": item})

    async def spoil(self, rollout: Rollout) -> None:
        item = {**to_item(rollout), "canaryPercent": {"S": "abc"}}
        await self.dynamodb.call("us-east-1", "PutItem", {"TableName": TABLE, "Item": item})


@pytest.fixture(scope="module")
async def account(anyio_backend: str) -> AsyncGenerator[Account]:
    async with LocalDynamoDB() as dynamodb:
        await dynamodb.create_tables((await asyncio.to_thread(run_program, "prod", overrides=STICKY)).state)
        yield Account(dynamodb)


def canary(found: Run) -> dict[str, Any]:
    """What functions/canary.js reads."""
    [value] = [pair["value"] for pair in inputs(found, KEYS)["resourceKeyValuePairs"] if pair["key"] == "canary"]
    return json.loads(value)


@pytest.mark.long
@pytest.mark.parametrize(
    ("rollout", "overrides", "warning"),
    [
        (
            STEP,
            ("canaryPercent=50",),
            "running at 5 % (step 2 of 5): it goes on; canaryPercent takes effect when it has ended, pin at once",
        ),
        (
            replace(STEP, state=PAUSED, canary_percent=2.5, step=0),
            (),
            "paused at 2.5 % (step 1 of 5): it goes on; canaryPercent takes effect when it has ended, pin at once",
        ),
        (
            STEP,
            ("pin=stable",),
            "running at 5 % (step 2 of 5): it waits while pin is stable, which takes effect at once",
        ),
        (STEP, ("release=next",), "running at 5 % (step 2 of 5): it ends with this update, whose release is next"),
    ],
)
async def test_a_rollout_under_way_is_told(
    account: Account, rollout: Rollout, overrides: Sequence[str], warning: str
) -> None:
    await account.put(rollout)
    found = await account.up(*STICKY, *overrides)
    assert warnings_of(found) == (f"edge-router: a rollout of release 2026-11 is {warning}",)


@pytest.mark.long
@pytest.mark.parametrize("state", [SUCCEEDED, ROLLED_BACK, ENDED])
async def test_one_that_is_over_is_not(account: Account, state: str) -> None:
    await account.put(replace(STEP, state=state))
    assert warnings_of(await account.up(*STICKY)) == ()


@pytest.mark.long
@pytest.mark.long_if(r"fastest-origin|tier")
@pytest.mark.parametrize("strategy", ["tenant-lookup", "fastest-origin", "tier"])
async def test_nor_where_no_percentage_assigns(account: Account, strategy: str) -> None:
    await account.put(STEP)
    warnings = (await account.up(f"strategy={strategy}")).warnings
    assert [text for text in warnings if "rollout" in text] == []


@pytest.mark.long
async def test_a_malformed_item_counts_as_none_and_is_told(account: Account) -> None:
    await account.spoil(STEP)
    found = await account.up(*VERSIONED["cookie-version"], "canaryPercent=50")
    assert canary(found)["percent"] == "50"
    assert warnings_of(found) == (
        "edge-router: the rollout's item in edge-router-prod-control counts as none (rollout-malformed-canaryPercent)",
    )


@pytest.mark.long
async def test_the_keys_stay_with_the_rollout_and_the_item_takes_the_config(account: Account) -> None:
    await account.put(STEP)
    found = await account.up(*VERSIONED["cookie-version"], "canaryPercent=50")
    assert canary(found) == {"percent": "5", "pin": "none", "release": "2026-11", "tag": "05e01bd6"}
    config = config_item(shipped_stack("prod", *VERSIONED["cookie-version"], "canaryPercent=50").settings)
    assert config["canaryPercent"] == {"N": "50"}
    again = await account.up(*VERSIONED["cookie-version"], "canaryPercent=75", state=found.state)
    assert {change.name for change in again.changes if change.op != "same"} == {"control-config"}


@pytest.mark.long
@pytest.mark.parametrize(
    ("rollout", "overrides", "expected"),
    [
        (STEP, ("pin=stable",), {"percent": "0", "pin": "stable"}),
        (STEP, ("release=next",), {"percent": "0", "pin": "none"}),
        (replace(STEP, state=ENDED), (), {"percent": "0", "pin": "none"}),
        (replace(STEP, state=SUCCEEDED, canary_percent=100), ("canaryPercent=3",), {"percent": "3", "pin": "none"}),
    ],
)
async def test_pin_release_and_an_end_are_stronger_than_the_rollout_in_the_keys(
    account: Account, rollout: Rollout, overrides: Sequence[str], expected: dict[str, str]
) -> None:
    await account.put(rollout)
    found = canary(await account.up(*VERSIONED["cookie-version"], *overrides))
    assert {key: found[key] for key in expected} == expected


@pytest.mark.long
async def test_what_a_rollback_left_stays_in_the_keys_until_the_config_changes(account: Account) -> None:
    settings = VERSIONED["sticky-session"]
    revision = str(config_item(shipped_stack("prod", *settings, "canaryPercent=50").settings)["revision"]["S"])
    await account.put(replace(STEP, state=ROLLED_BACK, canary_percent=0, config_revision=revision))
    kept = canary(await account.up(*settings, "canaryPercent=50"))
    assert (kept["percent"], kept.get("withdrawn")) == ("0", True)
    anew = canary(await account.up(*settings, "canaryPercent=51"))
    assert (anew["percent"], anew.get("withdrawn")) == ("51", None)


@pytest.mark.long
async def test_a_table_that_does_not_answer_stops_no_update(account: Account) -> None:
    await account.put(STEP)
    found = await asyncio.to_thread(run_program, "prod", overrides=STICKY, dynamodb_url="http://127.0.0.1:9")
    assert warnings_of(found) == ()
