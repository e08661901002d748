"""The DynamoDB that router and article both read: it answers every key at once, so that no growth is its own.

Items follow from the key: `token-0`, `tenant-0` and so on are there however many are asked for. Answers have the
headers of the real service, with its checksum, over TLS and HTTP/1.1 connections that are kept alive.
"""

from __future__ import annotations

import contextlib
import json
import socketserver
import ssl
import threading
from binascii import crc32
from collections.abc import Generator, Mapping
from itertools import count
from typing import Any, BinaryIO, cast

SESSIONS = "bench-sessions"
TENANTS = "bench-tenants"
CONTROL = "bench-control"
NEVER = "9999999999"

Item = Mapping[str, Mapping[str, str]]

_CONTROL_ITEMS: list[Item] = [
    {
        "scope": {"S": "edge"},
        "item": {"S": "config"},
        "canaryPercent": {"N": "10"},
        "pin": {"S": "none"},
        "release": {"S": "2026-11"},
        "revision": {"S": "1a2b3c4d"},
    },
    {
        "scope": {"S": "edge"},
        "item": {"S": "rollout"},
        "state": {"S": "running"},
        "canaryPercent": {"N": "25"},
        "release": {"S": "2026-11"},
        "revision": {"N": "7"},
    },
]
_REST: Mapping[str, Item] = {
    SESSIONS: {"version": {"S": "2"}, "expiration": {"N": NEVER}},
    TENANTS: {"defaultBackend": {"S": "acme.tenants.example.com"}},
}
"""The attributes of an item beside its key."""


@contextlib.contextmanager
def serve_tables(tls: ssl.SSLContext) -> Generator[int]:
    """The port of the tables on this machine, which a thread of this process serves as long as the context lasts."""
    with _Server(tls) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def answer(operation: str, asked: Mapping[str, Any]) -> Mapping[str, object]:
    """Return the response to GetItem and Query (of the control table)."""
    if operation == "Query":
        return {"Items": _CONTROL_ITEMS, "Count": len(_CONTROL_ITEMS), "ScannedCount": len(_CONTROL_ITEMS)}
    item: dict[str, object] = {**asked["Key"], **_REST[asked["TableName"]]}
    if "ProjectionExpression" in asked:
        names = asked["ExpressionAttributeNames"].values()
        item = {name: item[name] for name in names if name in item}
    return {"Item": item}


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.tls = tls

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that ends in the middle, as one does that is out of time, is not news; what it costs is measured."""


class _Connection(socketserver.StreamRequestHandler):
    """Requests one after another, until the client closes."""

    disable_nagle_algorithm = True

    def setup(self) -> None:
        """The handshake, in this connection's thread."""
        super().setup()
        self.request = cast("_Server", self.server).tls.wrap_socket(self.request, server_side=True)
        self.rfile = self.request.makefile("rb")
        # As unbuffered as socketserver's own, which is not a BufferedIOBase either, whatever its stub says.
        self.wfile = self.request.makefile("wb", buffering=0)  # pyrefly: ignore[bad-assignment]

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def handle(self) -> None:
        for number in count(1):
            request = _read_request(cast("BinaryIO", self.rfile))
            if request is None:
                return
            operation, body = request
            content = json.dumps(answer(operation, json.loads(body)), separators=(",", ":")).encode()
            head = (
                "HTTP/1.1 200 OK\r\n"
                "Server: Server\r\n"
                "Date: Sun, 01 Nov 2026 12:00:00 GMT\r\n"
                "Content-Type: application/x-amz-json-1.0\r\n"
                f"Content-Length: {len(content)}\r\n"
                "Connection: keep-alive\r\n"
                f"x-amzn-RequestId: {number:052d}\r\n"
                f"x-amz-crc32: {crc32(content)}\r\n\r\n"
            )
            self.wfile.write(head.encode() + content)


def _read_request(stream: BinaryIO) -> tuple[str, bytes] | None:
    """(operation, body); None at the end of the connection."""
    operation, length = "", 0
    for line in iter(stream.readline, b"\r\n"):
        if not line:
            return None
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "x-amz-target":
            operation = value.strip().rpartition(".")[2]
        elif name.lower() == "content-length":
            length = int(value)
    return operation, stream.read(length)
