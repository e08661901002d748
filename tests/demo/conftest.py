"""The sample application over moto's DynamoDB, with the clock and the chance handed in."""

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from moto import mock_aws

from demo.app.config import Settings
from demo.app.pages import create_app
from demo.app.sessions import SessionStore, dynamodb_client


class AppTransport(httpx.BaseTransport):
    """Sends a client's requests into an ASGI application, threads and middleware included."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def send() -> httpx.Response:
            response = await self._transport.handle_async_request(request)
            return httpx.Response(response.status_code, headers=response.headers, content=await response.aread())

        return asyncio.run(send())


@pytest.fixture
def browser_of() -> Iterator[Callable[[Any], httpx.Client]]:
    """Makes a client with a cookie jar for an ASGI application."""
    clients: list[httpx.Client] = []

    def make(app: Any) -> httpx.Client:
        clients.append(httpx.Client(transport=AppTransport(app), base_url="https://sample.example.com"))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture(autouse=True, scope="module")
def no_account() -> Iterator[None]:
    """No test may find somebody's credentials, endpoint or Region."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="module")
def engine(no_account: None) -> Iterator[Any]:
    """A client of moto's engine in us-east-1; making one takes longer than most tests."""
    with mock_aws():
        client = dynamodb_client("us-east-1")
        yield client
        client.close()


@pytest.fixture
def dynamodb(engine: Any) -> Iterator[Any]:
    """The same, empty for every test."""
    yield engine
    for name in engine.list_tables()["TableNames"]:
        engine.delete_table(TableName=name)


@pytest.fixture
def create_table(dynamodb: Any) -> Callable[..., None]:
    """Creates a sessions table as infra does: hash key, on demand."""

    def create(name: str = "SessionsTable", key: str = "token") -> None:
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    return create


@pytest.fixture
def visitor(dynamodb: Any, create_table: Any, browser_of: Any) -> Callable[..., httpx.Client]:
    """Makes a client of a version: visitor("2", FAIL_PERCENT="10", chance=lambda: 0.5). The time is 1700000000.75."""
    create_table()

    def make(
        version: str = "1", *, client: Any = dynamodb, chance: Callable[[], float] = lambda: 0.0, **environment: str
    ) -> httpx.Client:
        settings = Settings.from_environment({"VERSION_CODE": version} | environment)
        return browser_of(create_app(settings, SessionStore(client, settings, clock=lambda: 1_700_000_000.75), chance))

    return make
