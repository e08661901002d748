"""Sessions in the table."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from demo.app.config import Settings
from demo.app.sessions import TOKEN, SessionStore, SessionStoreError, dynamodb_client, known_or_new_token

ONE, OTHER = "A" * 43, "B" * 43


def store(client: Any, **environment: str) -> SessionStore:
    settings = Settings.from_environment({"VERSION_CODE": "1"} | environment)
    return SessionStore(client, settings, clock=lambda: 1_700_000_000.75)


def test_a_visit_writes_version_expiry_and_count(dynamodb: Any, create_table: Callable[..., None]):
    create_table()
    session = store(dynamodb).visit(ONE)
    assert (session.token, session.version, session.expiration, session.visits) == (ONE, "1", 1_700_000_600, 1)
    assert dynamodb.get_item(TableName="SessionsTable", Key={"token": {"S": ONE}})["Item"] == {
        "token": {"S": ONE},
        "version": {"S": "1"},
        "expiration": {"N": "1700000600"},
        "visits": {"N": "1"},
        "basket": {"N": "0"},
    }


def test_every_visit_counts_and_moves_the_expiry(dynamodb: Any, create_table: Callable[..., None]):
    create_table()
    settings = Settings.from_environment({"VERSION_CODE": "2", "SESSION_SECONDS": "30"})
    times = iter([1000.0, 1020.9, 1041.0])
    sessions = SessionStore(dynamodb, settings, clock=lambda: next(times))
    visits = [sessions.visit(ONE) for _ in range(3)]
    assert [(v.visits, v.expiration) for v in visits] == [(1, 1030), (2, 1050), (3, 1071)]


def test_visitors_have_sessions_of_their_own(dynamodb: Any, create_table: Callable[..., None]):
    create_table()
    sessions = store(dynamodb)
    assert [sessions.visit(token).visits for token in (ONE, OTHER, ONE)] == [1, 1, 2]


def test_table_and_attributes_take_any_name_even_a_reserved_word(dynamodb: Any, create_table: Callable[..., None]):
    create_table("sessions-staging", "session")
    names = {"SESSIONS_TABLE": "sessions-staging", "SESSION_KEY_ATTRIBUTE": "session"}
    store(dynamodb, **names, SESSION_VERSION_ATTRIBUTE="status", SESSION_EXPIRY_ATTRIBUTE="ttl").visit(ONE)
    item = dynamodb.get_item(TableName="sessions-staging", Key={"session": {"S": ONE}})["Item"]
    assert set(item) == {"session", "status", "ttl", "visits", "basket"}


def test_a_missing_table_is_named_by_its_error_code(dynamodb: Any, create_table: Callable[..., None]):
    create_table()
    with pytest.raises(SessionStoreError, match=r"^ResourceNotFoundException$"):
        store(dynamodb, SESSIONS_TABLE="elsewhere").visit(ONE)


def test_a_malformed_count_is_an_error_without_the_token(dynamodb: Any, create_table: Callable[..., None]):
    create_table()
    dynamodb.put_item(TableName="SessionsTable", Item={"token": {"S": ONE}, "visits": {"S": "many"}})
    with pytest.raises(SessionStoreError) as caught:
        store(dynamodb).visit(ONE)
    assert ONE not in str(caught.value)


def test_the_client_waits_for_at_most_two_short_attempts():
    config = dynamodb_client("eu-west-1").meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 2)
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}


class Garbage(BaseHTTPRequestHandler):
    """Answers 200 with what the server was told."""

    answers = b""
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", str(len(type(self).answers)))
        self.end_headers()
        self.wfile.write(type(self).answers)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the console clean."""


@pytest.fixture
def garbage_endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Garbage) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{server.server_port}")
        yield "running"
        server.shutdown()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"Attributes": 7}',
        b'{"Attributes": {}}',
        b'{"Attributes": {"visits": {"S": "1"}}}',
        b'{"Attributes": {"visits": {"N": "one"}}}',
        b'{"Attributes": {"visits": 3}}',
    ],
)
def test_a_garbage_answer_is_a_store_error(garbage_endpoint: str, monkeypatch: pytest.MonkeyPatch, answer: bytes):
    monkeypatch.setattr(Garbage, "answers", answer)
    client = dynamodb_client("us-east-1")
    with pytest.raises(SessionStoreError):
        store(client).visit(ONE)
    client.close()


def test_a_fresh_token_is_random_and_of_our_shape():
    tokens = {known_or_new_token([], "sessiontoken") for _ in range(100)}
    assert len(tokens) == 100
    assert all(TOKEN.fullmatch(token) for token in tokens)


@pytest.mark.parametrize(
    "cookies",
    [
        [f"sessiontoken={ONE}"],
        [f"theme=dark; sessiontoken={ONE}; lang=en"],
        ["theme=dark", f"sessiontoken={ONE}"],
        [f"sessiontoken={ONE}; sessiontoken={OTHER}"],
        [f"sessiontoken={ONE}", f"sessiontoken={OTHER}"],
    ],
)
def test_the_first_cookie_of_the_name_is_reused(cookies: list[str]):
    assert known_or_new_token(cookies, "sessiontoken") == ONE


@pytest.mark.parametrize(
    "value",
    [
        "",
        "short",
        "A" * 42,
        "A" * 44,
        "A" * 4000,
        "A" * 42 + "\n",
        "A" * 42 + "'",
        "é" * 43,
        f'"{ONE}"',
        "<b>" * 14 + "x",
    ],
)
def test_a_token_that_cannot_be_ours_is_replaced(value: str):
    fresh = known_or_new_token([f"sessiontoken={value}; sessiontoken={OTHER}"], "sessiontoken")
    assert fresh not in (value, OTHER)
    assert TOKEN.fullmatch(fresh)


def test_a_cookie_that_only_ends_in_the_name_is_another_cookie():
    assert known_or_new_token([f"xsessiontoken={ONE}"], "sessiontoken") != ONE
