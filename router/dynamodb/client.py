"""DynamoDB's GetItem and Query over its HTTP API: signed, kept alive for each Region, with a total deadline.

Sources: "DynamoDB low-level API", "GetItem" and "Query" (DynamoDB guides); importing boto3 would cost six times the
cold start.
"""

from __future__ import annotations

import json
import os
import time
from functools import cache

from router.dynamodb.connection import Connection
from router.dynamodb.opening import ExchangeError, Opening, open_socket, start_opening
from router.dynamodb.responses import ReadError, parse_document, parse_item, parse_items
from router.dynamodb.sigv4 import Credentials, Signer
from router.model.deadline import Stopwatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeVar

    from router.model.decision import Item

    T = TypeVar("T")


OF_ANOTHER_REQUEST = frozenset({"reset", "garbage", "status-408", "wrong-checksum", "wrong-item"})
"""Failures of an idle connection that the server has closed, or that carries bytes of an earlier response."""
MAX_IDLE_SECONDS = 60
"""A connection that was idle for longer is not used: it may have died while Lambda kept the instance frozen. Linux
repeats the end of a stream for about 100 s (tcp_orphan_retries in tcp(7)); after that a dead one is silent."""


class Client:
    """Reads items in one Region. `AWS_ENDPOINT_URL_DYNAMODB` replaces the Region's public endpoint."""

    def __init__(self, region: str, clock: Callable[[], float] = time.time) -> None:
        endpoint = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB") or f"https://dynamodb.{region}.amazonaws.com"
        self.is_tls, self.host, self.port = _parse_endpoint(endpoint)
        default_port = 443 if self.is_tls else 80
        authority = f"[{self.host}]" if ":" in self.host else self.host
        self.host_header = authority if self.port == default_port else f"{authority}:{self.port}"
        self._signer = Signer("dynamodb", region)
        self._clock = clock
        self._given = ("", "", "")
        self._credentials = Credentials(*self._given)
        self._stopwatch = Stopwatch(clock)
        self._used_at = self._stopwatch.now()
        self._idle: Connection | None = None

    def get_item(
        self, table: str, key: Mapping[str, str], attributes: Sequence[str], timeout_seconds: float
    ) -> Item | None:
        """These attributes of the item under a key of strings, or None; ReadError within `timeout_seconds` otherwise.

        No attributes means all of them. Names are aliased: many are reserved words ("Reserved words in DynamoDB").
        """
        wanted = {name: {"S": value} for name, value in key.items()}
        body = f'{{"Key":{json.dumps(wanted)},{_table_and_projection(table, (*attributes,), (*key,))}'
        return self._call("GetItem", body, timeout_seconds, lambda document: parse_item(document, wanted, attributes))

    def query(self, table: str, key_name: str, key_value: str, timeout_seconds: float) -> list[Item]:
        """All items of the partition under a string key, in one request; ReadError within `timeout_seconds` otherwise.

        A partition of more than one page (1 MB, "Query") is rejected: half of it could mean something else.
        """
        wanted = {key_name: {"S": key_value}}
        body: dict[str, object] = {
            "TableName": table,
            "KeyConditionExpression": "#k = :v",
            "ExpressionAttributeNames": {"#k": key_name},
            "ExpressionAttributeValues": {":v": wanted[key_name]},
        }
        return self._call("Query", json.dumps(body), timeout_seconds, lambda document: parse_items(document, wanted))

    def start_opening(self, until: float) -> Callable[[], None]:
        """Connect in the background before `until` (time.monotonic), for the first read; sign for it meanwhile.

        The returned function waits for the connection; ReadError where it failed, as here. The first signature
        derives the day's key.
        """
        try:
            opening = start_opening(self.host, self.port, self.is_tls, until)
        except ExchangeError as error:
            raise ReadError(error.reason) from error
        self._sign("GetItem", b"")
        return lambda: self._take(opening, until)

    def _take(self, opening: Opening, until: float) -> None:
        try:
            self._keep(Connection(opening.take(until)))
        except ExchangeError as error:
            raise ReadError(error.reason) from error

    def close(self) -> None:
        """Close the connection."""
        idle, self._idle = self._idle, None
        if idle is not None:
            idle.close()

    def _call(self, operation: str, body: str, timeout_seconds: float, parse: Callable[[dict[str, Any]], T]) -> T:
        """The parsed response: over the idle connection, else, or where that turns out stale, over a new one."""
        until = time.monotonic() + timeout_seconds
        request = self._sign(operation, body.encode())
        idle = self._take_idle()
        if idle is not None:
            try:
                return self._exchange(idle, request, until, parse)
            except ReadError as error:
                if error.reason not in OF_ANOTHER_REQUEST:
                    raise
        try:
            opened = Connection(open_socket(self.host, self.port, self.is_tls, until))
        except ExchangeError as error:
            raise ReadError(error.reason) from error
        return self._exchange(opened, request, until, parse)

    def _take_idle(self) -> Connection | None:
        """The idle connection, unless it has ended, may have died, or carries bytes that nobody asked for."""
        idle, self._idle = self._idle, None
        if idle is None or (self._stopwatch.elapsed(self._used_at) <= MAX_IDLE_SECONDS and idle.is_idle()):
            return idle
        idle.close()
        return None

    def _keep(self, connection: Connection) -> None:
        self._used_at, self._idle = self._stopwatch.now(), connection

    def _exchange(
        self, connection: Connection, request: bytes, until: float, parse: Callable[[dict[str, Any]], T]
    ) -> T:
        """One exchange. The connection is reused only after one whose response was whole, and to this request."""
        is_clean = False
        try:
            status, body = connection.exchange(request, until)
            is_clean = connection.is_reusable
            document = parse_document(status, body)
            if not document and not connection.is_certain:
                raise ReadError("garbage")
            return parse(document)
        except ExchangeError as error:
            raise ReadError(error.reason) from error
        except ReadError as error:
            is_clean = is_clean and error.reason not in OF_ANOTHER_REQUEST
            raise
        finally:
            if is_clean:
                self._keep(connection)
            else:
                connection.close()

    def _sign(self, operation: str, body: bytes) -> bytes:
        """A whole signed request; ReadError without credentials in the environment."""
        environment = os.environ
        try:
            access_key, secret_key = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
        except KeyError as error:
            raise ReadError("no-credentials") from error
        given = access_key, secret_key, environment.get("AWS_SESSION_TOKEN", "")
        if given != self._given:
            self._given, self._credentials = given, Credentials(*given)
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "host": self.host_header,
            "x-amz-date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock())),
            "x-amz-target": f"DynamoDB_20120810.{operation}",
        }
        if given[2]:
            headers["x-amz-security-token"] = given[2]
        headers["authorization"] = self._signer.authorization(self._credentials, "POST", "/", headers, body)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST / HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body


@cache
def _table_and_projection(table: str, attributes: tuple[str, ...], key: tuple[str, ...]) -> str:
    """The constant part of a GetItem. The key is read too: it proves that the item is the right one."""
    body: dict[str, object] = {"TableName": table}
    if attributes:
        names = {f"#a{index}": name for index, name in enumerate(dict.fromkeys(attributes + key))}
        body |= {"ProjectionExpression": ",".join(names), "ExpressionAttributeNames": names}
    return json.dumps(body)[1:]


def _parse_endpoint(endpoint: str) -> tuple[bool, str, int]:
    scheme, _, rest = endpoint.partition("://")
    authority = rest.partition("/")[0]
    host, colon, port = authority.rpartition(":")
    is_tls = scheme == "https"
    if not colon or not port.isdigit():
        return is_tls, authority.strip("[]"), 443 if is_tls else 80
    return is_tls, host.strip("[]"), int(port)
