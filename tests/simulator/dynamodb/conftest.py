"""Every engine there is, one endpoint per test, and boto3 as the client."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from simulator.dynamodb import LocalDynamoDB
from tests.simulator.dynamodb import engines

HOME, EUROPE, ASIA = "us-east-1", "eu-west-1", "ap-southeast-1"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine_url" in metafunc.fixturenames:
        names = ["moto", *(["dynamodb-local"] if engines.dynamodb_local_home() else [])]
        metafunc.parametrize("engine_url", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def engine_url(request: pytest.FixtureRequest) -> Iterator[str]:
    home = engines.dynamodb_local_home()
    with engines.moto() if request.param == "moto" or home is None else engines.dynamodb_local(home) as url:
        yield url


@pytest.fixture
async def dynamodb(engine_url: str) -> AsyncIterator[LocalDynamoDB]:
    async with LocalDynamoDB(engine_url, replication_lag_ms=20) as made:
        yield made


@pytest.fixture
def sessions() -> str:
    """A table name of this test's own: the engine serves them all."""
    return f"sessions-{uuid.uuid4().hex[:8]}"


def resource(name: str, /, **outputs: object) -> dict[str, Any]:
    """A table as the state has it: global with two replicas unless said otherwise."""
    defaults: dict[str, Any] = {
        "name": name,
        "arn": f"arn:aws:dynamodb:{HOME}:123456789012:table/{name}",
        "region": HOME,
        "hashKey": "token",
        "attributes": [{"name": "token", "type": "S"}],
        "billingMode": "PAY_PER_REQUEST",
        "ttl": {"attributeName": "expiration", "enabled": True},
        "replicas": [{"regionName": EUROPE}, {"regionName": ASIA}],
    }
    return {
        "urn": f"urn:pulumi:local::edge-router::aws:dynamodb/table:Table::{name}",
        "type": "aws:dynamodb/table:Table",
        "outputs": defaults | outputs,
    }


def state_of(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"manifest": {}, "resources": list(resources)}}


Sdk = Callable[..., Any]


@pytest.fixture(scope="session")
def aws_session() -> boto3.Session:
    """One for all tests: it reads the service's model once."""
    return boto3.Session(aws_access_key_id="ASIAANYBODY", aws_secret_access_key="x")


@pytest.fixture
def sdk(dynamodb: LocalDynamoDB, aws_session: boto3.Session) -> Iterator[Sdk]:
    """await sdk(region, "put_item", TableName=…): boto3 through the endpoint, one try, 2 s."""
    config = Config(retries={"total_max_attempts": 1}, read_timeout=2, connect_timeout=2)
    clients: dict[str, Any] = {}

    async def call(region: str, operation: str, **parameters: object) -> dict[str, Any]:
        if region not in clients:
            clients[region] = aws_session.client(
                "dynamodb", endpoint_url=dynamodb.endpoint_url, region_name=region, config=config
            )
        return await asyncio.to_thread(getattr(clients[region], operation), **parameters)

    yield call
    for client in clients.values():
        client.close()


Peek = Callable[..., Any]


@pytest.fixture
def version_in(dynamodb: LocalDynamoDB, sessions: str) -> Peek:
    """await version_in(region, token): the version of a session in that Region's copy, past the endpoint."""

    async def peek(region: str, token: str = "t") -> str | None:
        body = {"TableName": sessions, "Key": {"token": {"S": token}}, "ConsistentRead": True}
        item: Any = (await dynamodb.call(region, "GetItem", body)).get("Item")
        return item["version"]["S"] if item else None

    return peek
