"""Writes to a global table reach every Region, later, and the last writer wins."""

import asyncio
import random
import time

import pytest
from botocore.exceptions import ClientError

from simulator.dynamodb import LocalDynamoDB
from tests.simulator.dynamodb.conftest import ASIA, EUROPE, HOME, Peek, Sdk, resource, state_of

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def table(dynamodb: LocalDynamoDB, sessions: str):
    await dynamodb.create_tables(state_of(resource(sessions)))


def item(version: str, token: str = "t") -> dict[str, dict[str, str]]:
    return {"token": {"S": token}, "version": {"S": version}}


def update(sessions: str, version: str) -> dict[str, object]:
    return {
        "TableName": sessions,
        "Key": {"token": {"S": "t"}},
        "UpdateExpression": "SET version = :v",
        "ExpressionAttributeValues": {":v": {"S": version}},
    }


async def test_a_write_from_any_region_is_everywhere_in_the_end(
    dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str, version_in: Peek
):
    for number, region in enumerate((HOME, EUROPE, ASIA)):
        await sdk(region, "update_item", **update(sessions, str(number)))
        await dynamodb.replication.settle()
        assert [await version_in(other) for other in (HOME, EUROPE, ASIA)] == [str(number)] * 3


async def test_a_write_arrives_after_the_lag_and_not_before(
    dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str, version_in: Peek
):
    dynamodb.replication_lag_ms = 300
    started = time.monotonic()
    await sdk(HOME, "put_item", TableName=sessions, Item=item("2"))
    assert await version_in(HOME) == "2"
    while await version_in(EUROPE) is None:
        await asyncio.sleep(0.01)
    assert time.monotonic() - started >= 0.29


async def test_a_paused_replication_delivers_when_resumed(
    dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str, version_in: Peek
):
    dynamodb.replication.pause()
    await sdk(HOME, "put_item", TableName=sessions, Item=item("1"))
    await asyncio.sleep(0.1)
    assert await version_in(ASIA) is None
    with pytest.raises(RuntimeError, match=r"^replication is paused$"):
        await dynamodb.replication.settle()
    assert dynamodb.status()["replication"] == {"lagMs": 20, "isPaused": True, "pending": 1, "errors": []}
    dynamodb.replication.resume()
    await dynamodb.replication.settle()
    assert await version_in(ASIA) == "1"


async def test_a_deletion_is_replicated(dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str, version_in: Peek):
    await dynamodb.seed(sessions, [{"token": "t", "version": "1"}])
    await sdk(EUROPE, "delete_item", TableName=sessions, Key={"token": {"S": "t"}})
    assert await version_in(HOME) == "1"
    await dynamodb.replication.settle()
    assert [await version_in(region) for region in (HOME, EUROPE, ASIA)] == [None, None, None]


async def test_batches_are_replicated(dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str, version_in: Peek):
    await dynamodb.seed(sessions, [{"token": "old", "version": "1"}])
    requests = [
        {"PutRequest": {"Item": item("2", "a")}},
        {"PutRequest": {"Item": item("3", "b")}},
        {"DeleteRequest": {"Key": {"token": {"S": "old"}}}},
    ]
    await sdk(EUROPE, "batch_write_item", RequestItems={sessions: requests})
    await dynamodb.replication.settle()
    assert [await version_in(HOME, token) for token in ("a", "b", "old")] == ["2", "3", None]


async def test_transactions_are_replicated_item_by_item(
    dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str, version_in: Peek
):
    await dynamodb.seed(sessions, [{"token": "old", "version": "1"}, {"token": "guard", "version": "1"}])
    key = {"TableName": sessions, "Key": {"token": {"S": "guard"}}}
    actions = [
        {"Put": {"TableName": sessions, "Item": item("2", "a")}},
        {"Update": update(sessions, "3")},
        {"Delete": {"TableName": sessions, "Key": {"token": {"S": "old"}}}},
        {"ConditionCheck": key | {"ConditionExpression": "attribute_exists(version)"}},
    ]
    await sdk(ASIA, "transact_write_items", TransactItems=actions)
    await dynamodb.replication.settle()
    assert [await version_in(EUROPE, token) for token in ("a", "t", "old", "guard")] == ["2", "3", None, "1"]
    assert dynamodb.counters()["replicated"][EUROPE][sessions] == {"DeleteItem": 1, "PutItem": 2}


async def test_a_refused_write_is_not_replicated(dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str, version_in: Peek):
    await dynamodb.seed(sessions, [{"token": "t", "version": "1"}])
    with pytest.raises(ClientError, match="ConditionalCheckFailedException"):
        await sdk(
            HOME, "put_item", TableName=sessions, Item=item("2"), ConditionExpression="attribute_not_exists(version)"
        )
    await dynamodb.replication.settle()
    assert await version_in(EUROPE) == "1"
    assert dynamodb.counters()["replicated"] == {}


@pytest.mark.long_if(r"regions1")
@pytest.mark.parametrize("regions", [(HOME, EUROPE), (EUROPE, HOME)])
async def test_the_last_writer_wins(
    dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str, version_in: Peek, regions: tuple[str, str]
):
    first, second = regions
    dynamodb.replication_lag_ms = 150
    await sdk(first, "update_item", **update(sessions, "first"))
    await sdk(second, "update_item", **update(sessions, "second"))
    assert (await version_in(first), await version_in(second)) == ("first", "second")
    await dynamodb.replication.settle()
    assert [await version_in(region) for region in (HOME, EUROPE, ASIA)] == ["second"] * 3


async def test_an_earlier_write_that_travels_longer_does_not_win(
    dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str, version_in: Peek
):
    dynamodb.replication_lag_ms = 300
    await sdk(HOME, "update_item", **update(sessions, "first"))
    dynamodb.replication_lag_ms = 10
    await sdk(ASIA, "update_item", **update(sessions, "second"))
    async with asyncio.timeout(20):
        while await version_in(EUROPE) != "second":
            await asyncio.sleep(0.01)
    await dynamodb.replication.settle()
    assert [await version_in(region) for region in (HOME, EUROPE, ASIA)] == ["second"] * 3


@pytest.mark.long
async def test_all_regions_agree_after_concurrent_writes_everywhere(
    dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str, version_in: Peek
):
    chance = random.Random(7)
    writes = [(chance.choice((HOME, EUROPE, ASIA)), f"t{chance.randrange(5)}", str(n)) for n in range(150)]

    async def write(region: str, token: str, version: str) -> None:
        await asyncio.sleep(chance.random() * 0.1)
        if version.endswith("9"):
            await sdk(region, "delete_item", TableName=sessions, Key={"token": {"S": token}})
        else:
            await sdk(region, "put_item", TableName=sessions, Item=item(version, token))

    await asyncio.gather(*(write(*entry) for entry in writes))
    await dynamodb.replication.settle()
    for token in (f"t{n}" for n in range(5)):
        assert len({await version_in(region, token) for region in (HOME, EUROPE, ASIA)}) == 1
    assert not dynamodb.replication._items  # nothing is remembered once everything is delivered


async def test_a_table_without_replicas_stays_in_its_region(dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str):
    alone = f"{sessions}-alone"
    await dynamodb.create_tables(state_of(resource(alone, replicas=[])))
    await sdk(HOME, "put_item", TableName=alone, Item=item("1"))
    assert dynamodb.status()["replication"] == {"lagMs": 20, "isPaused": False, "pending": 0, "errors": []}


@pytest.mark.long_if(r"update|DELETE")
@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO \"{}\" VALUE {{'token': 't'}}", "update {} SET version='2' WHERE token='t'", 'DELETE FROM "{}"'],
)
async def test_partiql_writes_to_global_tables_are_refused_by_name(sdk: Sdk, sessions: str, statement: str):
    with pytest.raises(ClientError) as caught:
        await sdk(HOME, "execute_statement", Statement=statement.format(sessions))
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f"Not modelled locally: PartiQL writes to the global table {sessions}; use the item operations",
    }


async def test_partiql_reads_are_answered(dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str):
    await dynamodb.seed(sessions, [{"token": "t", "version": "1"}])
    statement = f"SELECT version FROM \"{sessions}\" WHERE token = 't'"
    answer = await sdk(EUROPE, "execute_statement", Statement=statement)
    assert answer["Items"] == [{"version": {"S": "1"}}]
