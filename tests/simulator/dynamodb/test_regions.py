"""One endpoint serves every Region, each with its own tables."""

import json

import httpx
import pytest
from botocore.exceptions import ClientError

from simulator.dynamodb import LocalDynamoDB
from tests.simulator.dynamodb.conftest import ASIA, EUROPE, HOME, Sdk, resource, state_of

pytestmark = pytest.mark.anyio
SCOPE = "AWS4-HMAC-SHA256 Credential=ASIAX/20260101/{}/{}/aws4_request, SignedHeaders=host, Signature=0"
KEY = {"token": {"S": "t"}}


async def test_a_region_without_a_replica_has_no_such_table(dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str):
    await dynamodb.create_tables(state_of(resource(sessions)))
    for region in (HOME, EUROPE, ASIA):
        assert "Item" not in await sdk(region, "get_item", TableName=sessions, Key=KEY)
    with pytest.raises(ClientError) as caught:
        await sdk("sa-east-1", "get_item", TableName=sessions, Key=KEY)
    assert caught.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": "Requested resource not found",
    }


async def test_an_unknown_table_is_the_engines_to_refuse(sdk: Sdk):
    with pytest.raises(ClientError) as caught:
        await sdk(EUROPE, "get_item", TableName="nowhere", Key=KEY)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


async def test_a_region_that_does_not_exist_knows_no_credentials(sdk: Sdk):
    with pytest.raises(ClientError) as caught:
        await sdk("eu-nowhere-9", "list_tables")
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"


async def test_items_written_in_one_region_are_not_at_once_in_another(dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str):
    await dynamodb.create_tables(state_of(resource(sessions)))
    dynamodb.replication.pause()
    await sdk(HOME, "put_item", TableName=sessions, Item=KEY | {"version": {"S": "2"}})
    assert "Item" in await sdk(HOME, "get_item", TableName=sessions, Key=KEY)
    assert "Item" not in await sdk(EUROPE, "get_item", TableName=sessions, Key=KEY)


async def test_a_table_may_be_named_by_its_arn(dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str, engine_url: str):
    await dynamodb.create_tables(state_of(resource(sessions)))
    arn = f"arn:aws:dynamodb:sa-east-1:123456789012:table/{sessions}"
    with pytest.raises(ClientError, match="Requested resource not found"):
        await sdk("sa-east-1", "get_item", TableName=arn, Key=KEY)
    assert dynamodb.counters()["requests"] == {"sa-east-1": {sessions: {"GetItem": 1}}}


async def test_describe_names_the_other_replicas(dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str):
    await dynamodb.create_tables(state_of(resource(sessions)))
    table = (await sdk(EUROPE, "describe_table", TableName=sessions))["Table"]
    assert table["Replicas"] == [
        {"RegionName": HOME, "ReplicaStatus": "ACTIVE"},
        {"RegionName": ASIA, "ReplicaStatus": "ACTIVE"},
    ]


@pytest.mark.parametrize(
    ("headers", "body", "kind"),
    [
        ({"X-Amz-Target": "DynamoDB_20120810.ListTables"}, "{}", "MissingAuthenticationTokenException"),
        ({"X-Amz-Target": "Kinesis_20131202.ListStreams"}, "{}", "UnknownOperationException"),
        ({}, "{}", "UnknownOperationException"),
        (
            {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Authorization": SCOPE.format(HOME, "s3")},
            "{}",
            "InvalidSignatureException",
        ),
        (
            {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Authorization": SCOPE.format(HOME, "dynamodb")},
            "[1",
            "SerializationException",
        ),
    ],
)
async def test_what_is_no_dynamodb_request_is_refused_by_name(
    dynamodb: LocalDynamoDB, headers: dict[str, str], body: str, kind: str
):
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(dynamodb.endpoint_url, headers=headers, content=body)
    assert answer.status_code == 400
    assert json.loads(answer.content)["__type"] == f"com.amazon.coral.service#{kind}"


async def test_replica_updates_are_refused_by_name(dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str):
    await dynamodb.create_tables(state_of(resource(sessions)))
    with pytest.raises(ClientError) as caught:
        await sdk(HOME, "update_table", TableName=sessions, ReplicaUpdates=[{"Create": {"RegionName": "eu-central-1"}}])
    assert caught.value.response["Error"]["Message"] == (
        "Not modelled locally: ReplicaUpdates; change the table's replicas in the Pulumi program"
    )
