"""The reader's kept connection beneath TLS: session tickets do not end it, bytes that nobody asked for do."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from router.dynamodb import trust
from router.dynamodb.client import Client
from tests.certificates import server_context, write_certificate
from tests.router.fault_server import serving
from tests.router.replica import Replica, Turn

ITEMS = [{"token": {"S": name}, "version": {"S": version}} for name, version in (("a", "1"), ("b", "2"))]


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """One that is trusted, and credentials."""
    path = write_certificate(tmp_path / "dynamodb.pem")
    for name, value in (
        ("SSL_CERT_FILE", str(path)),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ):
        monkeypatch.setenv(name, value)
    trust._build.cache_clear()
    yield path
    trust._build.cache_clear()


def over_tls(replica: Replica, context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            replica.serve(wrapped)

    return serve


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_connection_is_kept(version: ssl.TLSVersion, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = server_context(certificate)
    context.minimum_version = context.maximum_version = version
    replica = Replica({"t": ITEMS})
    with serving(over_tls(replica, context)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url.replace("http:", "https:"))
        client = Client("eu-west-1")
        for item in ITEMS * 3:
            assert client.get_item("t", {"token": str(item["token"]["S"])}, (), 1) == item
            time.sleep(0.002)
        client.close()
    assert replica.connections == 1


@pytest.mark.parametrize("pause_seconds", [0, 0.02])
def test_an_answer_that_comes_twice_leaves_nothing_to_the_next_visitor(
    pause_seconds: float, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def twice(turn: Turn) -> None:
        turn.connection.sendall(turn.answer())
        time.sleep(pause_seconds / 2)
        turn.connection.sendall(turn.answer())

    replica = Replica({"t": ITEMS}, twice)
    with serving(over_tls(replica, server_context(certificate))) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url.replace("http:", "https:"))
        client = Client("eu-west-1")
        for item in ITEMS:
            assert client.get_item("t", {"token": str(item["token"]["S"])}, (), 1) == item
            time.sleep(pause_seconds)
        client.close()
