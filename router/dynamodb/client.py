"""DynamoDB's GetItem and Query over its HTTP API: signed, kept alive, with a total deadline.

Sources: "DynamoDB low-level API", "GetItem" and "Query" (DynamoDB guides); importing boto3 would cost six times the
cold start.
"""

from __future__ import annotations

import json
import os
import time
from functools import cache

from router.dynamodb.connection import Connection
from router.dynamodb.opening import ExchangeError, open_socket
from router.dynamodb.responses import ReadError, document_of, item_in, items_in
from router.dynamodb.sigv4 import Credentials, Signer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeVar

    from router.dynamodb.responses import Item

    T = TypeVar("T")

OF_ANOTHER_REQUEST = frozenset({"reset", "garbage", "status-408", "wrong-checksum", "wrong-item"})
"""What comes of an idle connection that the server has closed, or of bytes on it that nobody had asked for."""


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
        self._made = Credentials(*self._given)
        self._kept: Connection | None = None

    def get_item(
        self, table: str, key: Mapping[str, str], attributes: Sequence[str], timeout_seconds: float
    ) -> Item | None:
        """These attributes of the item under a key of strings, or None; ReadError within `timeout_seconds` otherwise.

        No attributes means all of them. Names are aliased, for many are reserved words ("Reserved words in DynamoDB").
        """
        wanted = {name: {"S": value} for name, value in key.items()}
        body = f'{{"Key":{json.dumps(wanted)},{_table_and_projection(table, (*attributes,), (*key,))}'
        return self._call("GetItem", body, timeout_seconds, lambda answer: item_in(answer, wanted, attributes))

    def query(self, table: str, key_name: str, key_value: str, timeout_seconds: float) -> list[Item]:
        """All items of the partition under a string key, in one request; ReadError within `timeout_seconds` otherwise.

        A partition of more than one page (1 MB, "Query") is refused, for half of it could mean something else.
        """
        asked: dict[str, object] = {
            "TableName": table,
            "KeyConditionExpression": "#k = :v",
            "ExpressionAttributeNames": {"#k": key_name},
            "ExpressionAttributeValues": {":v": {"S": key_value}},
        }
        wanted = {key_name: {"S": key_value}}
        return self._call("Query", json.dumps(asked), timeout_seconds, lambda answer: items_in(answer, wanted))

    def close(self) -> None:
        """Drop the connection."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    def _call(
        self,
        operation: str,
        body: str,
        timeout_seconds: float,
        read: Callable[[dict[str, Any]], T],
    ) -> T:
        """What `read` makes of the answer: over the kept connection, else, or where that turns out stale, a new one."""
        until = time.monotonic() + timeout_seconds
        request = self._signed(operation, body.encode())
        kept = self._take_kept()
        if kept is not None:
            try:
                return self._ask(kept, request, until, read)
            except ReadError as error:
                if error.reason not in OF_ANOTHER_REQUEST:
                    raise
        try:
            opened = Connection(open_socket(self.host, self.port, self.is_tls, until))
        except ExchangeError as error:
            raise ReadError(error.reason) from error
        return self._ask(opened, request, until, read)

    def _take_kept(self) -> Connection | None:
        """The kept connection, unless something came while it was idle: its end, or bytes of who knows what."""
        kept, self._kept = self._kept, None
        if kept is None or kept.is_idle():
            return kept
        kept.close()
        return None

    def _ask(self, connection: Connection, request: bytes, until: float, read: Callable[[dict[str, Any]], T]) -> T:
        """One exchange. The connection is kept only after one whose answer was whole, and to this request."""
        is_clean = False
        try:
            status, body = connection.exchange(request, until)
            is_clean = connection.is_reusable
            document = document_of(status, body)
            if not document and not connection.is_certain:
                raise ReadError("garbage")
            return read(document)
        except ExchangeError as error:
            raise ReadError(error.reason) from error
        except ReadError as error:
            is_clean = is_clean and error.reason not in OF_ANOTHER_REQUEST
            raise
        finally:
            if is_clean:
                self._kept = connection
            else:
                connection.close()

    def _credentials(self) -> Credentials:
        """Those in the environment, made anew only when it changes; ReadError without any."""
        environment = os.environ
        try:
            access_key, secret_key = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
        except KeyError as error:
            raise ReadError("no-credentials") from error
        given = access_key, secret_key, environment.get("AWS_SESSION_TOKEN", "")
        if given != self._given:
            self._given, self._made = given, Credentials(*given)
        return self._made

    def _signed(self, operation: str, body: bytes) -> bytes:
        credentials = self._credentials()
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "host": self.host_header,
            "x-amz-date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock())),
            "x-amz-target": f"DynamoDB_20120810.{operation}",
        }
        if credentials.session_token:
            headers["x-amz-security-token"] = credentials.session_token
        headers["authorization"] = self._signer.authorization(credentials, "POST", "/", headers, body)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST / HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body


@cache
def _table_and_projection(table: str, attributes: tuple[str, ...], key: tuple[str, ...]) -> str:
    """The part of a GetItem that stays the same. The key is read too: by it the item proves to be the right one."""
    asked: dict[str, object] = {"TableName": table}
    if attributes:
        names = {f"#a{index}": name for index, name in enumerate(dict.fromkeys(attributes + key))}
        asked |= {"ProjectionExpression": ",".join(names), "ExpressionAttributeNames": names}
    return json.dumps(asked)[1:]


def _parse_endpoint(endpoint: str) -> tuple[bool, str, int]:
    scheme, _, rest = endpoint.partition("://")
    authority = rest.partition("/")[0]
    host, colon, port = authority.rpartition(":")
    is_tls = scheme == "https"
    if not colon or not port.isdigit():
        return is_tls, authority.strip("[]"), 443 if is_tls else 80
    return is_tls, host.strip("[]"), int(port)
