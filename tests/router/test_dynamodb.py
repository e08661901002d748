"""The DynamoDB reader against a real engine, and against everything that can go wrong on the wire."""

import socket
import time
from collections.abc import Callable, Iterator

import boto3
import pytest

from router.dynamodb.client import Client, ReadError
from tests.moto_server import create_control_table, moto_server
from tests.router.fault_server import ITEM, answering, dripping, hanging, http, resetting, serving


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")


@pytest.fixture(scope="module")
def engine() -> Iterator[str]:
    with moto_server() as url:
        client = boto3.client(
            "dynamodb", region_name="eu-west-1", endpoint_url=url, aws_access_key_id="a", aws_secret_access_key="b"
        )
        client.create_table(
            TableName="sessions",
            KeySchema=[{"AttributeName": "token", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "token", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        client.put_item(
            TableName="sessions",
            Item={"token": {"S": 'tök"en'}, "version": {"S": "2"}, "ttl": {"N": "5"}, "blob": {"S": "x" * 100_000}},
        )
        create_control_table(client, "control")
        for scope, item in (("edge", "rollout"), ("edge", "config"), ("other", "config")):
            client.put_item(TableName="control", Item={"scope": {"S": scope}, "item": {"S": item}, "n": {"N": "1.5"}})
        yield url


Connect = Callable[..., Client]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    clients: list[Client] = []

    def open_client(url: str, region: str = "eu-west-1") -> Client:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        clients.append(Client(region))
        return clients[-1]

    yield open_client
    for client in clients:
        client.close()


def test_an_item_is_read_by_its_key(connect: Connect, engine: str) -> None:
    item = connect(engine).get_item("sessions", {"token": 'tök"en'}, (), 2)
    assert item is not None
    assert len(str(item["blob"]["S"])) == 100_000


def test_only_the_attributes_asked_for_are_read_even_reserved_words(connect: Connect, engine: str) -> None:
    item = connect(engine).get_item("sessions", {"token": 'tök"en'}, ("version", "ttl"), 2)
    assert item == {"version": {"S": "2"}, "ttl": {"N": "5"}}


def test_an_unknown_key_is_none(connect: Connect, engine: str) -> None:
    assert connect(engine).get_item("sessions", {"token": "nobody"}, (), 2) is None


def test_a_region_without_the_table_says_so(connect: Connect, engine: str) -> None:
    with pytest.raises(ReadError, match=r"^no-such-table$"):
        connect(engine, "us-west-2").get_item("sessions", {"token": "x"}, (), 2)


def test_a_query_reads_a_whole_partition_as_the_sdk_does(connect: Connect, engine: str) -> None:
    items = connect(engine).query("control", "scope", "edge", 2)
    assert [item["item"] for item in items] == [{"S": "config"}, {"S": "rollout"}]
    sdk = boto3.client(
        "dynamodb", region_name="eu-west-1", endpoint_url=engine, aws_access_key_id="a", aws_secret_access_key="b"
    )
    condition = {"KeyConditionExpression": "#s = :s", "ExpressionAttributeNames": {"#s": "scope"}}
    expected = sdk.query(TableName="control", ExpressionAttributeValues={":s": {"S": "edge"}}, **condition)
    assert items == expected["Items"]


def test_a_partition_that_nobody_wrote_is_empty(connect: Connect, engine: str) -> None:
    assert connect(engine).query("control", "scope", "nobody", 2) == []


def test_a_partition_key_may_be_a_reserved_word(connect: Connect, engine: str) -> None:
    assert [item["version"] for item in connect(engine).query("sessions", "token", 'tök"en', 2)] == [{"S": "2"}]


def test_a_region_without_the_table_says_so_to_a_query_too(connect: Connect, engine: str) -> None:
    with pytest.raises(ReadError, match=r"^no-such-table$"):
        connect(engine, "us-west-2").query("control", "scope", "edge", 2)


def test_items_and_partitions_come_over_one_connection(connect: Connect) -> None:
    items = http(200, b'{"Items":[{"k":{"S":"1"},"n":{"N":"1"}}],"Count":1}')
    with serving(answering(http(200, ITEM), items), hanging) as url:
        client = connect(url)
        assert client.get_item("t", {"k": "1"}, ("version",), 1) == {"version": {"S": "2"}}
        assert client.query("t", "k", "1", 1) == [{"k": {"S": "1"}, "n": {"N": "1"}}]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"Items":[],"LastEvaluatedKey":{"k":{"S":"1"}}}', "too-many-items"),
        (b"{}", "garbage"),
        (b'{"Items":{}}', "garbage"),
        (b'{"Items":[1]}', "garbage"),
        (b'{"Items":[{"n":"1"}]}', "garbage"),
        (b"[]", "garbage"),
    ],
)
def test_half_a_partition_and_garbage_are_refused(connect: Connect, body: bytes, reason: str) -> None:
    with serving(answering(http(200, body))) as url, pytest.raises(ReadError) as caught:
        connect(url).query("t", "k", "1", 1)
    assert caught.value.reason == reason


def test_the_connection_is_kept_alive(connect: Connect) -> None:
    nothing = http(200, b"{}", b"x-amzn-requestid: 2\r\n")
    with serving(answering(http(200, ITEM), nothing), hanging) as url:
        client = connect(url)
        assert client.get_item("t", {"k": "1"}, ("version",), 1) == {"version": {"S": "2"}}
        assert client.get_item("t", {"k": "2"}, (), 1) is None


def test_a_kept_connection_that_the_server_closed_is_opened_anew(connect: Connect) -> None:
    with serving(answering(http(200, ITEM))) as url:
        client = connect(url)
        for _ in range(3):
            assert client.get_item("t", {"k": "1"}, ("version",), 1) == {"version": {"S": "2"}}


def test_an_answer_that_closes_is_the_last_of_its_connection(connect: Connect) -> None:
    with serving(answering(http(200, ITEM, b"connection: close\r\n"), http(200, b"{}"))) as url:
        client = connect(url)
        assert client.get_item("t", {"k": "1"}, ("version",), 1) == {"version": {"S": "2"}}
        assert client.get_item("t", {"k": "1"}, ("version",), 1) == {"version": {"S": "2"}}


def error(kind: str) -> bytes:
    return http(400, b'{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"m"}' % kind.encode())


@pytest.mark.parametrize(
    ("behavior", "reason"),
    [
        (hanging, "timeout"),
        (dripping, "timeout"),
        (resetting, "reset"),
        (answering(b""), "reset"),
        (answering(http(500, b'{"__type":"x#InternalServerError"}')), "status-500"),
        (answering(http(503, b"<html>")), "status-503"),
        *((answering(http(status, body)), f"status-{status}") for status in (400, 503) for body in (b"[]", b"1", b"")),
        (answering(error("ProvisionedThroughputExceededException")), "throttled"),
        (answering(error("ThrottlingException")), "throttled"),
        (answering(error("ExpiredTokenException")), "expired-credentials"),
        (answering(error("UnrecognizedClientException")), "rejected-credentials"),
        (answering(error("AccessDeniedException")), "access-denied"),
        (answering(error("SomethingNew")), "status-400"),
        (answering(b"\x00\xff garbage \r\n\r\n"), "garbage"),
        (answering(b"HTTP/1.1 200 OK\r\n\r\n{}"), "garbage"),
        (answering(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n"), "garbage"),
        (answering(http(200, b"not json")), "garbage"),
        (answering(http(200, b"[]")), "garbage"),
        (answering(http(200, b'{"Item":[1]}')), "garbage"),
        (answering(http(200, b'{"Item":{"version":"2"}}')), "garbage"),
        (answering(http(200, b'"' + b"\xff" * 10 + b'"')), "garbage"),
    ],
)
@pytest.mark.parametrize("operation", ["get_item", "query"])
def test_every_fault_is_a_read_error_with_its_reason_in_time(
    connect: Connect, operation: str, behavior: Callable[[socket.socket], None], reason: str
) -> None:
    with serving(behavior) as url:
        client = connect(url)
        started = time.monotonic()
        with pytest.raises(ReadError) as caught:
            client.get_item("t", {"k": "1"}, (), 0.3) if operation == "get_item" else client.query("t", "k", "1", 0.3)
        assert caught.value.reason == reason
        assert time.monotonic() - started < 1, "0.3 s, and room for a busy machine"


def test_nobody_listening_is_refused(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ReadError, match=r"^refused$"):
        connect(f"http://127.0.0.1:{port}").get_item("t", {"k": "1"}, (), 1)


def test_a_name_that_does_not_resolve_is_dns(monkeypatch: pytest.MonkeyPatch, connect: Connect) -> None:
    def failing(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", failing)
    with pytest.raises(ReadError, match=r"^dns$"):
        connect("http://no.such.host.invalid").get_item("t", {"k": "1"}, (), 1)


def test_a_name_server_that_hangs_costs_no_more_than_the_deadline(
    monkeypatch: pytest.MonkeyPatch, connect: Connect
) -> None:
    def slow(*_: object, **__: object) -> list[object]:
        time.sleep(1.5)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    started = time.monotonic()
    with pytest.raises(ReadError, match=r"^timeout$"):
        connect("http://slow.invalid").get_item("t", {"k": "1"}, (), 0.2)
    assert time.monotonic() - started < 1


def test_a_plain_server_behind_https_is_a_tls_error(connect: Connect) -> None:
    with serving(answering(b"not tls at all, sorry\r\n")) as url:
        with pytest.raises(ReadError) as caught:
            connect(url.replace("http:", "https:")).get_item("t", {"k": "1"}, (), 1)
        assert caught.value.reason in {"tls", "timeout"}


def test_missing_credentials_are_named(monkeypatch: pytest.MonkeyPatch, connect: Connect) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(ReadError, match=r"^no-credentials$"):
        connect("http://127.0.0.1:1").get_item("t", {"k": "1"}, (), 1)


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("", (True, "dynamodb.eu-west-1.amazonaws.com", 443, "dynamodb.eu-west-1.amazonaws.com")),
        ("http://localhost:8000", (False, "localhost", 8000, "localhost:8000")),
        ("http://localhost:8000/", (False, "localhost", 8000, "localhost:8000")),
        ("https://dynamo.example.com", (True, "dynamo.example.com", 443, "dynamo.example.com")),
        ("http://[::1]:8000", (False, "::1", 8000, "[::1]:8000")),
    ],
)
def test_the_endpoint_is_the_regions_own_or_the_one_from_the_environment(
    connect: Connect, endpoint: str, expected: tuple[bool, str, int, str]
) -> None:
    client = connect(endpoint)
    assert (client.is_tls, client.host, client.port, client.host_header) == expected
