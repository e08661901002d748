"""aws:dynamodb/tableItem:TableItem."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Properties, ResourceModel, Scope, children
from simulator.standin.model.taken import Unique
from simulator.standin.model.wire import UNKNOWN
from simulator.standin.models.dynamodb.table import TABLE

_TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"})
"""The names of types in DynamoDB's JSON (page "Data types and naming rules", data type descriptors)."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_ITEM_LIMIT_BYTES = 400 * 1024


def _read(text: object) -> dict[str, Any] | None:
    """The attributes of an item in DynamoDB's JSON; None where it is not that."""
    try:
        item = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    is_typed = isinstance(item, dict) and all(
        isinstance(value, dict) and len(value) == 1 and set(value) <= _TYPES for value in item.values()
    )
    return item if is_typed else None


def _check(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    text = inputs.get("item")
    if isinstance(text, str):
        yield from _item_failures(text, inputs)
    name = inputs.get("tableName")
    if not isinstance(name, str):
        return
    region = inputs.get("region") or scope.region
    # In a preview the Region of a new table is not known yet.
    table = scope.find(TABLE.type, name=name, region=region) or scope.find(TABLE.type, name=name, region=UNKNOWN)
    if table is None:
        yield Failure(
            "tableName", f"is {name!r}: there is no such table in this deployment (ResourceNotFoundException)"
        )
        return
    for key in ("hashKey", "rangeKey"):
        if inputs.get(key) != table.inputs.get(key):
            yield Failure(key, f"is {inputs.get(key)!r}: the table has {table.inputs.get(key)!r} (ValidationException)")
    yield from _key_type_failures(_read(text) or {}, children(table.inputs, "attributes"), inputs)


def _item_failures(text: str, inputs: Properties) -> Iterator[Failure]:
    item = _read(text)
    if item is None:
        yield Failure("item", 'is not an item in DynamoDB\'s JSON, such as {"id": {"S": "one"}}')
        return
    if len(text.encode()) > _ITEM_LIMIT_BYTES:
        yield Failure("item", f"is larger than {_ITEM_LIMIT_BYTES} bytes")
    for key in ("hashKey", "rangeKey"):
        if isinstance(inputs.get(key), str) and inputs[key] not in item:
            yield Failure("item", f"has no attribute {inputs[key]!r}, which is the {key}")
    for name, value in item.items():
        if "N" in value and not (isinstance(value["N"], str) and _NUMBER.fullmatch(value["N"])):
            yield Failure("item", f'has {value["N"]!r} at {name!r}: a number stands as text, such as "12.5"')


def _key_type_failures(
    item: dict[str, Any], attributes: list[dict[str, object]], inputs: Properties
) -> Iterator[Failure]:
    types = {str(one["name"]): str(one["type"]) for one in attributes}
    for key in (inputs.get("hashKey"), inputs.get("rangeKey")):
        if isinstance(key, str) and key in item and set(item[key]) != {types.get(key)}:
            yield Failure("item", f"has the type {next(iter(item[key]))} at {key!r}: the table says {types.get(key)}")


def _key_of(inputs: Properties) -> str:
    """The table and the key, as the provider joins them."""
    item = _read(inputs.get("item")) or {}
    parts = [str(inputs["tableName"])]
    for key in (inputs.get("hashKey"), inputs.get("rangeKey")):
        if isinstance(key, str):
            parts += [key, *(str(value) for value in item.get(key, {}).values())]
    return "|".join(parts)


TABLE_ITEM = ResourceModel(
    type="aws:dynamodb/tableItem:TableItem",
    args="dynamodb.TableItemArgs",
    modelled=frozenset({"hashKey", "item", "rangeKey", "region", "tableName"}),
    identify=lambda creation: _key_of(creation.inputs),
    compute=lambda creation: {"region": creation.region},
    replaces=frozenset({"hashKey", "rangeKey", "region", "tableName"}),
    computed=frozenset({"region"}),
    check=_check,
    # The provider writes on the condition that there is none.
    unique=Unique("ConditionalCheckFailedException", lambda inputs, region: [(region, _key_of(inputs))]),
)
