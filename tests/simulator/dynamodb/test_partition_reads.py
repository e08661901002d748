"""The router's Query against every engine: one partition, in one request, as the SDK reads it."""

import asyncio

import pytest

from router.dynamodb.client import Client
from simulator.dynamodb import LocalDynamoDB
from tests.simulator.dynamodb.conftest import HOME, Sdk, resource, state_of

pytestmark = pytest.mark.anyio


async def test_the_router_reads_a_partition_as_the_sdk_does(
    dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str, monkeypatch: pytest.MonkeyPatch
):
    attributes = [{"name": name, "type": "S"} for name in ("scope", "item")]
    table = resource(sessions, hashKey="scope", rangeKey="item", attributes=attributes, ttl=None)
    await dynamodb.create_tables(state_of(table))
    for scope, item in (("edge", "rollout"), ("edge", "config"), ("other", "config")):
        written = {"scope": {"S": scope}, "item": {"S": item}, "canaryPercent": {"N": "12.5"}}
        await sdk(HOME, "put_item", TableName=sessions, Item=written)
    condition = {"KeyConditionExpression": "#s = :s", "ExpressionAttributeNames": {"#s": "scope"}}
    expected = await sdk(
        HOME, "query", TableName=sessions, ExpressionAttributeValues={":s": {"S": "edge"}}, **condition
    )
    before = dynamodb.counters()["requests"][HOME][sessions]["Query"]
    for name, value in (("ENDPOINT_URL_DYNAMODB", dynamodb.endpoint_url), ("ACCESS_KEY_ID", "ASIAX")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    client = Client(HOME)
    try:
        items = await asyncio.to_thread(client.query, sessions, "scope", "edge", 2)
    finally:
        client.close()
    assert items == expected["Items"]
    assert [(item["item"]["S"], item["canaryPercent"]["N"]) for item in items] == [
        ("config", "12.5"),
        ("rollout", "12.5"),
    ]
    assert dynamodb.counters()["requests"][HOME][sessions]["Query"] == before + 1
