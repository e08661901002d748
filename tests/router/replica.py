"""A replica of all tables on a loopback socket: it answers what is asked, until a test's fault has its turn."""

from __future__ import annotations

import json
import socket
from binascii import crc32
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.router.fault_server import read_request, serving


@dataclass
class Turn:
    """One request, the right body for it, and the whole answer that the replica gave before ("" for the first)."""

    connection: socket.socket
    body: bytes
    request_id: str
    last: bytes
    is_query: bool
    number: int

    def answer(self, body: bytes | None = None, *fields: bytes, crc: bytes | None = None) -> bytes:
        """An answer as DynamoDB's, with a body of its own, and more fields, perhaps."""
        body = self.body if body is None else body
        head = [
            b"HTTP/1.1 200 OK",
            b"Server: Server",
            b"Content-Type: application/x-amz-json-1.0",
            b"x-amzn-RequestId: " + self.request_id.encode(),
            b"x-amz-crc32: " + (b"%d" % crc32(body) if crc is None else crc),
            *(fields or [b"Content-Length: %d" % len(body)]),
        ]
        return b"\r\n".join(head) + b"\r\n\r\n" + body


Fault = Callable[[Turn], None]
"""What is done in place of an answer; the connection is closed afterwards unless it returns."""


class ClosedError(Exception):
    """The fault ends the connection."""


@dataclass
class Replica:
    """Its items by table; `fault` comes from the request of this number on. `operations` are those of all requests."""

    items: Mapping[str, Iterable[Mapping[str, Any]]]
    fault: Fault | None = None
    first_faulty: int = 1
    operations: list[str] = field(default_factory=list[str])
    connections: int = 0
    last: bytes = b""

    def serve(self, connection: socket.socket) -> None:
        self.connections += 1
        while (request := read_request(connection)) is not None:
            head, body = request
            self.operations.append(head.partition(b"DynamoDB_20120810.")[2].split(b"\r\n")[0].decode())
            right = self._right_body(json.loads(body))
            number = len(self.operations)
            turn = Turn(connection, right, f"REQUEST{number}", self.last, self.operations[-1] == "Query", number)
            if self.fault is not None and number >= self.first_faulty:
                try:
                    self.fault(turn)
                    self.last = turn.answer()
                except ClosedError:
                    return
            else:
                connection.sendall(turn.answer())
                self.last = turn.answer()

    def _right_body(self, asked: Mapping[str, Any]) -> bytes:
        items = self.items.get(asked["TableName"], ())
        if "Key" not in asked:
            wanted = asked["ExpressionAttributeValues"][":v"]
            name = asked["ExpressionAttributeNames"]["#k"]
            found = [item for item in items if item[name] == wanted]
            return json.dumps({"Items": found, "Count": len(found), "ScannedCount": len(found)}).encode()
        names = set(asked.get("ExpressionAttributeNames", {}).values())
        for item in items:
            if all(item.get(name) == value for name, value in asked["Key"].items()):
                return json.dumps({"Item": {n: v for n, v in item.items() if not names or n in names}}).encode()
        return b"{}"


@contextmanager
def running(*replicas: Replica) -> Iterator[list[str]]:
    """The base URL of each."""
    if not replicas:
        yield []
        return
    with serving(replicas[0].serve) as url, running(*replicas[1:]) as urls:
        yield [url, *urls]
