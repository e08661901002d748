"""DynamoDB Local with -sharedDb shows one table in every Region: found out, and nothing is replicated twice."""

import asyncio
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError

from simulator.dynamodb import LocalDynamoDB
from tests.simulator.dynamodb import engines
from tests.simulator.dynamodb.conftest import ASIA, EUROPE, HOME, resource, state_of

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(engines.dynamodb_local_home() is None, reason=engines.MISSING),
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def shared_url() -> Iterator[str]:
    home = engines.dynamodb_local_home()
    assert home is not None
    with engines.dynamodb_local(home, "-sharedDb") as url:
        yield url


async def test_shared_tables_are_found_out_and_not_replicated(shared_url: str):
    async with LocalDynamoDB(shared_url) as dynamodb:
        assert dynamodb.has_shared_tables
        await dynamodb.create_tables(state_of(resource("sessions")))
        await dynamodb.create_tables(state_of(resource("sessions")))
        await dynamodb.seed("sessions", [{"token": "t", "version": "1"}])
        body = {"TableName": "sessions", "Key": {"token": {"S": "t"}}}
        for region in (HOME, EUROPE, ASIA):
            answer = await dynamodb.call(region, "GetItem", body)
            assert answer["Item"] == {"token": {"S": "t"}, "version": {"S": "1"}}
        assert (await dynamodb.call(HOME, "ListTables", {}))["TableNames"] == ["sessions"]


async def test_a_region_without_a_replica_still_has_no_such_table(shared_url: str):
    async with LocalDynamoDB(shared_url) as dynamodb:
        await dynamodb.create_tables(state_of(resource("elsewhere", replicas=[{"regionName": EUROPE}])))
        client = boto3.client(
            "dynamodb",
            endpoint_url=dynamodb.endpoint_url,
            region_name=ASIA,
            aws_access_key_id="ASIAX",
            aws_secret_access_key="x",
        )
        with pytest.raises(ClientError, match="Requested resource not found"):
            await asyncio.to_thread(client.get_item, TableName="elsewhere", Key={"token": {"S": "t"}})
        client.close()


@pytest.mark.parametrize("options", [(), ("-sharedDb",)])
async def test_the_mode_of_an_engine_is_found_out(options: tuple[str, ...]):
    home = engines.dynamodb_local_home()
    assert home is not None
    with engines.dynamodb_local(home, *options) as url:
        async with LocalDynamoDB(url) as dynamodb:
            assert dynamodb.has_shared_tables == bool(options)
            assert (await dynamodb.call(HOME, "ListTables", {}))["TableNames"] == []
