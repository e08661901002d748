"""Items of the state are in the tables as Pulumi leaves them, and nobody else's item is touched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.dynamodb import LocalDynamoDB, TableStateError
from tests.simulator.dynamodb.conftest import ASIA, EUROPE, HOME, Peek, resource, state_of

pytestmark = pytest.mark.anyio
KIND = "aws:dynamodb/tableItem:TableItem"


def item(table: str, version: str, token: str = "t", **outputs: object) -> dict[str, Any]:
    content = json.dumps({"token": {"S": token}, "version": {"S": version}})
    defaults: dict[str, Any] = {"tableName": table, "hashKey": "token", "rangeKey": None, "item": content}
    return {"urn": f"urn:item-{token}", "type": KIND, "outputs": defaults | outputs}


async def put(dynamodb: LocalDynamoDB, *resources: dict[str, Any]) -> None:
    state = state_of(*resources)
    await dynamodb.create_tables(state)
    await dynamodb.put_items(state)


async def test_a_new_item_is_in_every_region_at_once(dynamodb: LocalDynamoDB, sessions: str, version_in: Peek) -> None:
    await put(dynamodb, resource(sessions), item(sessions, "1"))
    assert [await version_in(region) for region in (HOME, EUROPE, ASIA)] == ["1", "1", "1"]


async def test_a_changed_item_is_written_at_home_and_replicated(
    dynamodb: LocalDynamoDB, sessions: str, version_in: Peek
) -> None:
    await put(dynamodb, resource(sessions), item(sessions, "1"))
    dynamodb.replication.pause()
    await put(dynamodb, resource(sessions), item(sessions, "2"))
    if not dynamodb.has_shared_tables:
        assert [await version_in(region) for region in (HOME, EUROPE)] == ["2", "1"]
    dynamodb.replication.resume()
    await dynamodb.replication.settle()
    assert [await version_in(region) for region in (HOME, EUROPE, ASIA)] == ["2", "2", "2"]


async def test_an_item_that_left_the_state_is_deleted_and_others_stay(
    dynamodb: LocalDynamoDB, sessions: str, version_in: Peek
) -> None:
    await put(dynamodb, resource(sessions), item(sessions, "1"), item(sessions, "2", "u"))
    await dynamodb.seed(sessions, [{"token": "theirs", "version": "3"}])
    await put(dynamodb, resource(sessions), item(sessions, "1"))
    await dynamodb.replication.settle()
    assert [await version_in(EUROPE, token) for token in ("t", "u", "theirs")] == ["1", None, "3"]


async def test_an_item_that_stays_as_it_is_is_not_written_again(
    dynamodb: LocalDynamoDB, sessions: str, version_in: Peek
) -> None:
    await put(dynamodb, resource(sessions), item(sessions, "1"))
    await dynamodb.seed(sessions, [{"token": "t", "version": "by hand"}])
    await put(dynamodb, resource(sessions), item(sessions, "1"))
    assert await version_in(HOME) == "by hand"


@pytest.mark.long_if(r"outputs[1-4]")
@pytest.mark.parametrize(
    ("outputs", "problem"),
    [
        ({"tableName": ""}, "urn:item-t: the state has no tableName"),
        ({"item": None}, "urn:item-t: the state has no item"),
        ({"item": "{"}, "urn:item-t: item is not an item with the table's key in DynamoDB's JSON"),
        ({"item": '["t"]'}, "urn:item-t: item is not an item with the table's key in DynamoDB's JSON"),
        ({"item": '{"token": "t"}'}, "urn:item-t: item is not an item with the table's key in DynamoDB's JSON"),
        ({"item": '{"other": {"S": "t"}}'}, "urn:item-t: item is not an item with the table's key in DynamoDB's JSON"),
    ],
)
async def test_an_item_that_makes_no_sense_is_named(
    dynamodb: LocalDynamoDB, sessions: str, outputs: dict[str, Any], problem: str
) -> None:
    with pytest.raises(TableStateError) as caught:
        await put(dynamodb, resource(sessions), item(sessions, "1", **outputs))
    assert str(caught.value) == problem


async def test_an_item_needs_its_table(dynamodb: LocalDynamoDB, sessions: str) -> None:
    with pytest.raises(TableStateError, match=r"^the state has an item of the table nowhere, and no such table$"):
        await put(dynamodb, resource(sessions), item("nowhere", "1"))
