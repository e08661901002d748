"""DynamoDB's GetItem and Query over its HTTP API: signed, kept alive, with a total deadline.

Sources: "DynamoDB low-level API", "GetItem" and "Query" (DynamoDB guides); importing boto3 would cost six times the
cold start.
"""

from __future__ import annotations

import json
import os
import time

from router.connection import Answer, ExchangeError, exchange, open_socket
from router.shapes import is_list, is_object
from router.sigv4 import Credentials, Signer

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeGuard

    Item = dict[str, dict[str, object]]
    """An item in DynamoDB JSON: {"version": {"S": "2"}, "expiration": {"N": "1790000000"}}."""


class ReadError(Exception):
    """A read that brought no answer. `reason` is a word or two for the log: timeout, throttled, access-denied …"""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_REASONS = {
    "ProvisionedThroughputExceededException": "throttled",
    "RequestLimitExceeded": "throttled",
    "ThrottlingException": "throttled",
    "ExpiredTokenException": "expired-credentials",
    "UnrecognizedClientException": "rejected-credentials",
    "InvalidSignatureException": "rejected-credentials",
    "AccessDeniedException": "access-denied",
    "ResourceNotFoundException": "no-such-table",
}


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
        self._connected: socket.socket | None = None

    def get_item(
        self, table: str, key: Mapping[str, str], attributes: Sequence[str], timeout_seconds: float
    ) -> Item | None:
        """These attributes of the item under a key of strings, or None; ReadError within `timeout_seconds` otherwise.

        No attributes means all of them. Names are aliased, for many are reserved words ("Reserved words in DynamoDB").
        """
        asked: dict[str, object] = {"TableName": table, "Key": {name: {"S": value} for name, value in key.items()}}
        if attributes:
            names = {f"#a{index}": name for index, name in enumerate(attributes)}
            asked |= {"ProjectionExpression": ",".join(names), "ExpressionAttributeNames": names}
        return _item_in(self._call("GetItem", asked, timeout_seconds))

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
        return _items_in(self._call("Query", asked, timeout_seconds))

    def close(self) -> None:
        """Drop the connection: after an interrupted exchange its state is unknown."""
        if self._connected is not None:
            self._connected.close()
            self._connected = None

    def _call(self, operation: str, asked: Mapping[str, object], timeout_seconds: float) -> dict[str, Any]:
        until = time.monotonic() + timeout_seconds
        body = json.dumps(asked).encode()
        try:
            return _document_of(self._exchange(self._signed(operation, body), until))
        except ExchangeError as error:
            raise ReadError(error.reason) from error

    def _exchange(self, request: bytes, until: float) -> Answer:
        connected, self._connected = self._connected, None
        if connected is not None:
            try:
                return self._keep(connected, exchange(connected, request, until))
            except ExchangeError as error:
                connected.close()
                if error.reason != "reset":  # an idle connection that the server has closed: once more on a new one
                    raise
        connected = open_socket(self.host, self.port, self.is_tls, until)
        try:
            return self._keep(connected, exchange(connected, request, until))
        except BaseException:
            connected.close()
            raise

    def _keep(self, connected: socket.socket, answer: Answer) -> Answer:
        if answer.is_reusable:
            self._connected = connected
        else:
            connected.close()
        return answer

    def _signed(self, operation: str, body: bytes) -> bytes:
        credentials = _credentials()
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


def _credentials() -> Credentials:
    environment = os.environ
    try:
        return Credentials(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment.get("AWS_SESSION_TOKEN", ""),
        )
    except KeyError as error:
        raise ReadError("no-credentials") from error


def _parse_endpoint(endpoint: str) -> tuple[bool, str, int]:
    scheme, _, rest = endpoint.partition("://")
    authority = rest.partition("/")[0]
    host, colon, port = authority.rpartition(":")
    is_tls = scheme == "https"
    if not colon or not port.isdigit():
        return is_tls, authority.strip("[]"), 443 if is_tls else 80
    return is_tls, host.strip("[]"), int(port)


def _document_of(answer: Answer) -> dict[str, Any]:
    try:
        document: object = json.loads(answer.body)
    except ValueError as error:
        raise ReadError("garbage" if answer.status == 200 else f"status-{answer.status}") from error
    if not is_object(document):
        raise ReadError("garbage")
    if answer.status != 200:
        kind = str(document.get("__type", "")).rpartition("#")[2]
        raise ReadError(_REASONS.get(kind, f"status-{answer.status}"))
    return document


def _item_in(document: Mapping[str, object]) -> Item | None:
    item = document.get("Item")
    if item is None or _is_item(item):
        return item
    raise ReadError("garbage")


def _items_in(document: Mapping[str, Any]) -> list[Item]:
    items: object = document.get("Items")
    if "LastEvaluatedKey" in document:
        raise ReadError("too-many-items")
    if is_list(items) and all(_is_item(item) for item in items):
        return items
    raise ReadError("garbage")


def _is_item(value: object) -> TypeGuard[Item]:
    return is_object(value) and all(is_object(attribute) for attribute in value.values())
