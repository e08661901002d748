"""A loopback server that answers each connection as a fault drill wants it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ITEM = b'{"Item":{"k":{"S":"1"},"version":{"S":"2"}}}'
"""The item under the key "1" of a table whose key attribute is k."""


def http(status: int, body: bytes, extra: bytes = b"") -> bytes:
    return b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n%s\r\n%s" % (status, len(body), extra, body)


def read_request(connection: socket.socket) -> tuple[bytes, bytes] | None:
    """Head and body of the next request, or None at the connection's end."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65_536)
        if not chunk:
            return None
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65_536)
    return head, body


def answering(*answers: bytes) -> Callable[[socket.socket], None]:
    """Give these answers, one per request, then close the connection."""

    def serve(connection: socket.socket) -> None:
        for answer in answers:
            if not read_request(connection):
                return
            connection.sendall(answer)

    return serve


def hanging(connection: socket.socket) -> None:
    """Read, and never answer."""
    while connection.recv(65_536):
        pass


def dripping(connection: socket.socket) -> None:
    """Answer one byte at a time, so that no single read ever times out."""
    read_request(connection)
    for byte in http(200, ITEM):
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def resetting(connection: socket.socket) -> None:
    """Close with a TCP reset after the request."""
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


@contextmanager
def serving(*behaviors: Callable[[socket.socket], None]) -> Iterator[str]:
    """The base URL of a server whose n-th connection meets the n-th behavior; the last serves all further ones."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopping = threading.Event()

    def accept() -> None:
        number = 0
        while not stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            behavior = behaviors[min(number, len(behaviors) - 1)]
            number += 1
            threading.Thread(target=_run, args=(behavior, connection), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stopping.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _run(behavior: Callable[[socket.socket], None], connection: socket.socket) -> None:
    with connection:
        try:
            behavior(connection)
        except OSError:
            return
