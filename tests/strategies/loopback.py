"""Small loopback origins: each connection is answered, delayed, hung or dropped as a test wants it."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Serve = Callable[[socket.socket, bytes], None]


@dataclass
class LoopbackOrigin:
    """Where the server listens, the heads it received, and how many of its clients hung up."""

    port: int = 0
    heads: list[bytes] = field(default_factory=list[bytes])
    hung_up: threading.Event = field(default_factory=threading.Event)


def status(code: int, delay_seconds: float = 0) -> Serve:
    def serve(connection: socket.socket, _: bytes) -> None:
        time.sleep(delay_seconds)
        connection.sendall(f"HTTP/1.1 {code} X\r\ncontent-length: 5\r\n\r\n".encode())

    return serve


def sending(*chunks: bytes) -> Serve:
    def serve(connection: socket.socket, _: bytes) -> None:
        for chunk in chunks:
            connection.sendall(chunk)
            time.sleep(0.005)

    return serve


@contextmanager
def origin_that(serve: Serve | None, context: ssl.SSLContext | None = None) -> Iterator[LoopbackOrigin]:
    """A server for one test; `None` accepts and never answers (`hung_up` tells when the client ended it)."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    origin = LoopbackOrigin(listener.getsockname()[1])
    stop = threading.Event()
    threads = [threading.Thread(target=_accept, args=(listener, context, serve, origin, stop), daemon=True)]
    threads[0].start()
    try:
        yield origin
    finally:
        stop.set()
        threads[0].join()
        listener.close()


def _accept(
    listener: socket.socket,
    context: ssl.SSLContext | None,
    serve: Serve | None,
    origin: LoopbackOrigin,
    stop: threading.Event,
) -> None:
    workers: list[threading.Thread] = []
    while not stop.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        worker = threading.Thread(target=_answer, args=(connection, context, serve, origin), daemon=True)
        worker.start()
        workers.append(worker)
    for worker in workers:
        worker.join(2)


def _answer(raw: socket.socket, context: ssl.SSLContext | None, serve: Serve | None, origin: LoopbackOrigin) -> None:
    raw.settimeout(2)
    try:
        connection = context.wrap_socket(raw, server_side=True) if context else raw
    except OSError:
        raw.close()
        return
    with connection:
        try:
            origin.heads.append(connection.recv(65_536))
            if serve:
                serve(connection, origin.heads[-1])
            while connection.recv(1_024):
                pass
            origin.hung_up.set()
        except OSError:
            origin.hung_up.set()


def refused_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
