"""One call of the DynamoDB API: Region, operation, tables, and what it writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from simulator.dynamodb.table import mappings
from simulator.loopback import Request

_SCOPE = re.compile(r"Credential=[^/,\s]+/\d{8}/([^/]+)/([^/]+)/aws4_request")
_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
_PARTIQL = {"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"}
_STATEMENT_TABLE = re.compile(r"^\s*(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\"?([A-Za-z0-9_.-]+)", re.IGNORECASE)

Attributes = dict[str, dict[str, object]]
"""A key or an item in DynamoDB JSON."""


class ApiCallError(Exception):
    """A request that DynamoDB would not take at all; `kind` is the exception that it answers with."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A request taken apart. `body` is the parsed JSON, `raw` the bytes that go to the engine."""

    region: str
    operation: str
    body: Mapping[str, object]
    raw: bytes

    @classmethod
    def parse(cls, request: Request) -> ApiCall:
        """Region from the signature's credential scope, operation from X-Amz-Target. ApiCallError otherwise."""
        version, _, operation = request.headers.get("x-amz-target", "").partition(".")
        if version != "DynamoDB_20120810" or not operation:
            raise ApiCallError("UnknownOperationException", "")
        scope = _SCOPE.search(request.headers.get("authorization", ""))
        if scope is None:
            raise ApiCallError("MissingAuthenticationTokenException", "Request is missing Authentication Token")
        if scope[2] != "dynamodb":
            message = "Credential should be scoped to correct service: 'dynamodb'. "
            raise ApiCallError("InvalidSignatureException", message)
        try:
            body = json.loads(request.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise ApiCallError("SerializationException", "Start of structure or map found where not expected.")
        return cls(scope[1], operation, cast("dict[str, object]", body), request.body)

    @property
    def is_write(self) -> bool:
        """True where it changes items (PartiQL aside)."""
        return self.operation in _WRITES

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it names, sorted, without repetition; none for ListTables and the like."""
        return tuple(sorted(set(self._named_tables())))

    @property
    def partiql_writes(self) -> tuple[str, ...]:
        """The tables that PartiQL statements in it would change."""
        if self.operation not in _PARTIQL:
            return ()
        entries = [self.body, *mappings(self.body.get("Statements")), *mappings(self.body.get("TransactStatements"))]
        found = (_STATEMENT_TABLE.match(str(entry.get("Statement", ""))) for entry in entries)
        return tuple(match[2] for match in found if match)

    def written_keys(
        self, answer: Mapping[str, object], keys: Mapping[str, tuple[str, ...]]
    ) -> list[tuple[str, Attributes]]:
        """(table, key) of every item that a successful call changed, for the tables whose key names are in `keys`."""
        unprocessed = cast("Mapping[str, object]", answer.get("UnprocessedItems") or {})
        found: list[tuple[str, Attributes]] = []
        for table, request in self._write_requests():
            if table in keys and request not in mappings(unprocessed.get(table)):
                key = _item_key(request, keys[table])
                found.append((table, key))
        return found

    def _named_tables(self) -> Iterator[str]:
        if isinstance(name := self.body.get("TableName"), str):
            yield table_name(name)
        if isinstance(requests := self.body.get("RequestItems"), dict):
            yield from (table_name(name) for name in cast("dict[str, object]", requests))
        for _, action in self._actions():
            yield table_name(str(action.get("TableName", "")))

    def _actions(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        for entry in mappings(self.body.get("TransactItems")):
            yield from ((kind, action) for kind, content in entry.items() for action in mappings([content]))

    def _write_requests(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        if self.operation == "BatchWriteItem":
            for name, requests in cast("dict[str, object]", self.body.get("RequestItems") or {}).items():
                yield from ((table_name(name), request) for request in mappings(requests))
        elif self.operation == "TransactWriteItems":
            for kind, action in self._actions():
                if kind == "ConditionCheck":
                    continue
                yield table_name(str(action.get("TableName", ""))), action
        elif self.is_write:
            yield table_name(str(self.body.get("TableName", ""))), self.body


def table_name(name_or_arn: str) -> str:
    """The name, where a table may be named by its ARN."""
    return name_or_arn.rpartition(":table/")[2].partition("/")[0] if name_or_arn.startswith("arn:") else name_or_arn


def _item_key(request: Mapping[str, object], names: tuple[str, ...]) -> Attributes:
    for entry in ("PutRequest", "DeleteRequest"):
        if entry in request:
            request = cast("Mapping[str, object]", request[entry])
    attributes = cast("Attributes", request.get("Key") or request.get("Item"))
    return {name: attributes[name] for name in names}
