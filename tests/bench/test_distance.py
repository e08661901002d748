"""The relay: a round trip takes as long as it is told, and nothing is lost or held up on the way."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Generator

import pytest

from bench.network.distance import at_distance

ROUND_TRIP_MS = 60
SECONDS = ROUND_TRIP_MS / 1000


@pytest.fixture
def echo() -> Generator[int]:
    """The port of a server that sends back what it gets, until the client has sent all."""

    def serve() -> None:
        while True:
            try:
                accepted, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(accepted,), daemon=True).start()

    def answer(accepted: socket.socket) -> None:
        with accepted:
            while content := accepted.recv(65_536):
                accepted.sendall(content)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def exchange(connected: socket.socket, content: bytes) -> bytes:
    connected.sendall(content)
    received = b""
    while len(received) < len(content):
        received += connected.recv(65_536)
    return received


def test_a_new_connection_costs_one_round_trip_more_than_a_kept_one(echo: int) -> None:
    taken: list[float] = []
    with at_distance(echo, ROUND_TRIP_MS) as port, socket.create_connection(("127.0.0.1", port)) as connected:
        for _ in range(2):
            started = time.perf_counter()
            assert exchange(connected, b"hello") == b"hello"
            taken.append(time.perf_counter() - started)
    first, second = taken
    assert first >= 2 * SECONDS * 0.98
    assert SECONDS * 0.98 <= second < first


def test_what_is_long_arrives_whole_and_in_order(echo: int) -> None:
    content = bytes(range(256)) * 4_000
    with at_distance(echo, ROUND_TRIP_MS) as port, socket.create_connection(("127.0.0.1", port)) as connected:
        sending = threading.Thread(target=connected.sendall, args=(content,))
        sending.start()
        received = b""
        while len(received) < len(content):
            received += connected.recv(65_536)
        sending.join()
    assert received == content


def test_the_end_of_a_stream_is_passed_on(echo: int) -> None:
    with at_distance(echo, 1) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as connected:
        assert exchange(connected, b"last") == b"last"
        connected.shutdown(socket.SHUT_WR)
        assert connected.recv(1) == b""


def test_a_relay_ends_with_connections_open(echo: int) -> None:
    with at_distance(echo, 1) as port:
        connected = socket.create_connection(("127.0.0.1", port), timeout=10)
        assert exchange(connected, b"hello") == b"hello"
    assert connected.recv(1) == b""
    connected.close()
