"""Each Region's DynamoDB fails on demand, in the ways that the router must survive."""

import asyncio
import time
from urllib.parse import urlsplit

import httpx
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from simulator.dynamodb import Fault, LocalDynamoDB
from tests.simulator.dynamodb.conftest import EUROPE, HOME, Sdk, resource, state_of

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def table(dynamodb: LocalDynamoDB, sessions: str):
    await dynamodb.create_tables(state_of(resource(sessions)))


@pytest.fixture
async def http(dynamodb: LocalDynamoDB):
    async with httpx.AsyncClient(base_url=dynamodb.endpoint_url, trust_env=False) as client:
        yield client


async def list_tables(client: httpx.AsyncClient, region: str) -> httpx.Response:
    scope = f"ASIAX/20260101/{region}/dynamodb/aws4_request"
    headers = {
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    }
    return await client.post("/", headers=headers, content=b"{}")


@pytest.mark.long_if(r"500|503")
@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault("throttled"), 400, "ProvisionedThroughputExceededException"),
        (Fault("expired"), 400, "ExpiredTokenException"),
        (Fault("status"), 500, "InternalServerError"),
        (Fault("status", status=503), 503, "InternalServerError"),
    ],
)
async def test_errors_are_those_that_the_sdk_knows(
    dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str, fault: Fault, status: int, code: str
):
    dynamodb.set_fault(EUROPE, fault)
    with pytest.raises(ClientError) as caught:
        await sdk(EUROPE, "get_item", TableName=sessions, Key={"token": {"S": "t"}})
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


async def test_a_fault_is_its_regions_alone_and_ends(dynamodb: LocalDynamoDB, http: httpx.AsyncClient):
    dynamodb.set_fault(EUROPE, Fault("status"))
    assert [(await list_tables(http, region)).status_code for region in (HOME, EUROPE)] == [200, 500]
    assert dynamodb.status()["faults"] == {EUROPE: "status"}
    dynamodb.set_fault(EUROPE, None)
    assert (await list_tables(http, EUROPE)).status_code == 200
    dynamodb.set_fault(HOME, Fault("status"))
    dynamodb.faults.clear()
    assert (await list_tables(http, HOME)).status_code == 200


async def test_slow_is_slow_and_then_right(dynamodb: LocalDynamoDB, http: httpx.AsyncClient):
    dynamodb.set_fault(EUROPE, Fault("slow", slow_ms=200))
    started = time.monotonic()
    assert (await list_tables(http, EUROPE)).status_code == 200
    assert time.monotonic() - started >= 0.2


async def test_a_slow_region_holds_up_no_other(dynamodb: LocalDynamoDB, http: httpx.AsyncClient):
    dynamodb.set_fault(EUROPE, Fault("slow", slow_ms=2_000))
    slow = asyncio.create_task(list_tables(http, EUROPE))
    assert (await list_tables(http, HOME)).status_code == 200
    assert not slow.done()
    assert (await slow).status_code == 200


async def test_any_fault_can_come_late(dynamodb: LocalDynamoDB, http: httpx.AsyncClient):
    dynamodb.set_fault(EUROPE, Fault("throttled", slow_ms=150))
    started = time.monotonic()
    assert (await list_tables(http, EUROPE)).status_code == 400
    assert time.monotonic() - started >= 0.15


async def test_garbage_is_no_json(dynamodb: LocalDynamoDB, http: httpx.AsyncClient):
    dynamodb.set_fault(EUROPE, Fault("garbage"))
    answer = await list_tables(http, EUROPE)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"codec|Expecting"):
        answer.json()


async def raw_answer(dynamodb: LocalDynamoDB) -> tuple[bytes, str]:
    """What arrives on the wire before the connection breaks, and how it broke."""
    parts = urlsplit(dynamodb.endpoint_url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    scope = f"Credential=A/20260101/{EUROPE}/dynamodb/aws4_request"
    writer.write(
        f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\nAuthorization: {scope}\r\n"
        "Content-Length: 2\r\n\r\n{}".encode()
    )
    received = b""
    try:
        while chunk := await reader.read(100):
            received += chunk
    except ConnectionResetError:
        return received, "reset"
    finally:
        writer.close()
    return received, "closed"


async def test_refuse_ends_the_connection_without_a_byte(dynamodb: LocalDynamoDB):
    dynamodb.set_fault(EUROPE, Fault("refuse"))
    assert await raw_answer(dynamodb) == (b"", "reset")


async def test_reset_ends_it_within_the_header(dynamodb: LocalDynamoDB):
    dynamodb.set_fault(EUROPE, Fault("reset"))
    received, end = await raw_answer(dynamodb)
    assert end == "reset"
    assert b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Le".startswith(received)


async def test_the_port_itself_can_refuse_and_come_back(
    dynamodb: LocalDynamoDB, sdk: Sdk, http: httpx.AsyncClient, sessions: str
):
    assert (await list_tables(http, HOME)).status_code == 200
    await dynamodb.refuse_connections()
    with pytest.raises(EndpointConnectionError):
        await sdk(HOME, "list_tables")
    with pytest.raises(httpx.ConnectError):
        await list_tables(http, HOME)
    await dynamodb.accept_connections()
    assert (await list_tables(http, HOME)).status_code == 200


async def test_replication_goes_on_into_a_region_whose_clients_fail(
    dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str, version_in
):
    dynamodb.set_fault(EUROPE, Fault("status"))
    await sdk(HOME, "put_item", TableName=sessions, Item={"token": {"S": "t"}, "version": {"S": "2"}})
    await dynamodb.replication.settle()
    assert await version_in(EUROPE) == "2"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"kind": "explode"},
            "fault 'explode': must be one of slow, refuse, reset, status, throttled, expired, garbage",
        ),
        ({"kind": "slow", "slow_ms": -1}, "fault slow: slow_ms -1 must not be negative"),
        ({"kind": "status", "status": 200}, "fault status: status 200 must be 400 to 599"),
    ],
)
async def test_a_fault_that_does_not_exist_is_named(arguments: dict[str, object], message: str):
    with pytest.raises(ValueError, match=r".") as caught:
        Fault(**arguments)  # type: ignore[arg-type]
    assert str(caught.value) == message


async def test_a_fault_needs_a_region_that_exists(dynamodb: LocalDynamoDB):
    with pytest.raises(ValueError, match=r"^'eu-west-9' is not a Region of DynamoDB; there are: af-south-1, "):
        dynamodb.set_fault("eu-west-9", Fault("slow"))


async def test_calls_and_failures_are_counted_by_region_table_and_operation(
    dynamodb: LocalDynamoDB, sdk: Sdk, sessions: str
):
    key = {"token": {"S": "t"}}
    for _ in range(3):
        await sdk(EUROPE, "get_item", TableName=sessions, Key=key)
    await sdk(HOME, "put_item", TableName=sessions, Item=key)
    await sdk(HOME, "batch_get_item", RequestItems={sessions: {"Keys": [key]}})
    await sdk(HOME, "list_tables")
    dynamodb.set_fault(EUROPE, Fault("throttled"))
    with pytest.raises(ClientError):
        await sdk(EUROPE, "get_item", TableName=sessions, Key=key)
    await dynamodb.replication.settle()
    assert dynamodb.counters() == {
        "requests": {
            EUROPE: {sessions: {"GetItem": 4}},
            HOME: {"-": {"ListTables": 1}, sessions: {"BatchGetItem": 1, "PutItem": 1}},
        },
        "failed": {EUROPE: {sessions: {"GetItem": 1}}},
        "replicated": {"ap-southeast-1": {sessions: {"PutItem": 1}}, EUROPE: {sessions: {"PutItem": 1}}},
    }
    dynamodb.call_counters.reset()
    assert dynamodb.counters() == {"requests": {}, "failed": {}, "replicated": {}}
