"""aws:dynamodb: Table and TableItem."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Creation, Properties, ResourceModel, Scope, Unique, words
from simulator.standin.model.rules import among_aws, between, child, children, matching
from simulator.standin.model.wire import UNKNOWN

TABLE_TYPE = "aws:dynamodb/table:Table"


@cache
def dynamodb_regions() -> frozenset[str]:
    """The Regions that have DynamoDB, from botocore's endpoint list."""
    import botocore.session

    return frozenset(botocore.session.Session().get_available_regions("dynamodb"))


def _check(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from _keys(inputs)
    yield from _replicas(inputs, scope)
    if inputs.get("billingMode", "PROVISIONED") == "PROVISIONED":
        for capacity in ("readCapacity", "writeCapacity"):
            if inputs.get(capacity) is None:
                yield Failure(capacity, "is required when billingMode is PROVISIONED, which is the default")
    if inputs.get("streamEnabled") is True and not inputs.get("streamViewType"):
        yield Failure("streamViewType", "is required when streamEnabled is true")
    ttl = child(inputs, "ttl")
    if ttl.get("enabled") is True and not ttl.get("attributeName"):
        yield Failure("ttl.attributeName", "is required when ttl.enabled is true")


def _keys(inputs: Properties) -> Iterator[Failure]:
    """Every key is declared and every declared attribute is a key (CreateTable's ValidationException)."""
    if inputs.get("hashKey") is None:
        yield Failure("hashKey", "is required")
    keyed = [inputs, *children(inputs, "globalSecondaryIndexes"), *children(inputs, "localSecondaryIndexes")]
    used = {str(entry[key]) for entry in keyed for key in ("hashKey", "rangeKey") if isinstance(entry.get(key), str)}
    declared = [entry.get("name") for entry in children(inputs, "attributes")]
    if inputs.get("attributes") is UNKNOWN or not all(isinstance(name, str) for name in declared):
        return
    names = set(map(str, declared))
    for name in sorted(used - names):
        yield Failure("attributes", f"do not declare the key attribute {name!r}")
    for name in sorted(names - used):
        yield Failure("attributes", f"declare {name!r}, which no key uses; DynamoDB takes key attributes only")
    if len(declared) != len(names):
        yield Failure("attributes", "declare the same name twice")


def _replicas(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    home = inputs.get("region") or scope.region
    names = [entry.get("regionName") for entry in children(inputs, "replicas")]
    for index, name in enumerate(names):
        path = f"replicas[{index}].regionName"
        if not isinstance(name, str):
            continue
        if name not in dynamodb_regions():
            yield Failure(path, f"is {name!r}: DynamoDB has no such Region")
        if name == home:
            yield Failure(path, f"is {name!r}, the table's own Region")
        if name in names[:index]:
            yield Failure(path, f"is {name!r}, which is listed twice")


def _compute(creation: Creation) -> dict[str, object]:
    replicas = [
        {**replica, "arn": creation.scope.arn("dynamodb", f"table/{creation.id}", str(replica["regionName"]))}
        for replica in children(creation.inputs, "replicas")
    ]
    return {"replicas": [{"consistencyMode": "EVENTUAL", **replica} for replica in replicas]} if replicas else {}


def _refuse_delete(outputs: Properties) -> str:
    if outputs.get("deletionProtectionEnabled") is True:
        return "has deletion protection: set deletionProtectionEnabled to false in an update of its own first"
    return ""


def _copies(inputs: Properties, region: str) -> set[object]:
    """A table has its name in its own Region and in those of its replicas."""
    regions = [region, *(entry.get("regionName") for entry in children(inputs, "replicas"))]
    return {(where, inputs.get("name")) for where in regions}


TABLE = ResourceModel(
    type=TABLE_TYPE,
    modelled=words(
        "attributes billingMode deletionProtectionEnabled globalSecondaryIndexes hashKey"
        " localSecondaryIndexes name pointInTimeRecovery rangeKey readCapacity region replicas"
        " serverSideEncryption streamEnabled streamViewType tableClass tags ttl writeCapacity"
    ),
    arn="dynamodb:table/{id}",
    compute=_compute,
    replaces=words("name hashKey rangeKey localSecondaryIndexes"),
    defaults={"billingMode": "PROVISIONED", "deletionProtectionEnabled": False, "streamEnabled": False},
    unordered=words("attributes replicas globalSecondaryIndexes localSecondaryIndexes"),
    rules={
        "name": matching(r"[A-Za-z0-9_.-]{3,255}", "3 to 255 letters, digits, '_', '.' or '-'"),
        "billingMode": among_aws("dynamodb", "BillingMode"),
        "attributes[*].type": among_aws("dynamodb", "ScalarAttributeType"),
        "tableClass": among_aws("dynamodb", "TableClass"),
        "streamViewType": among_aws("dynamodb", "StreamViewType"),
        "pointInTimeRecovery.recoveryPeriodInDays": between(1, 35),
        "readCapacity": between(1, 40_000),
        "writeCapacity": between(1, 40_000),
    },
    check=_check,
    refuse_delete=_refuse_delete,
    named=255,
    unique=Unique("ResourceInUseException", _copies),
)


_TYPES = words("S N B SS NS BS M L NULL BOOL")
"""The names of types in DynamoDB's JSON (page "Data types and naming rules", data type descriptors)."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_ITEM_LIMIT_BYTES = 400 * 1024


def _parse_item(text: object) -> dict[str, Any] | None:
    """The attributes of an item in DynamoDB's JSON; None where it is not that."""
    try:
        item = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    is_typed = isinstance(item, dict) and all(
        isinstance(value, dict) and len(value) == 1 and set(value) <= _TYPES for value in item.values()
    )
    return item if is_typed else None


def _check_item(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    text = inputs.get("item")
    if isinstance(text, str):
        yield from _item_failures(text, inputs)
    name = inputs.get("tableName")
    if not isinstance(name, str):
        return
    region = inputs.get("region") or scope.region
    # In a preview the Region of a new table is not known yet.
    table = scope.find(TABLE_TYPE, name=name, region=region) or scope.find(TABLE_TYPE, name=name, region=UNKNOWN)
    if table is None:
        reason = f"is {name!r}: there is no such table in this deployment (ResourceNotFoundException)"
        yield Failure("tableName", reason)
        return
    for key in ("hashKey", "rangeKey"):
        if inputs.get(key) != table.inputs.get(key):
            yield Failure(key, f"is {inputs.get(key)!r}: the table has {table.inputs.get(key)!r} (ValidationException)")
    yield from _key_type_failures(_parse_item(text) or {}, children(table.inputs, "attributes"), inputs)


def _item_failures(text: str, inputs: Properties) -> Iterator[Failure]:
    item = _parse_item(text)
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


def _item_key(inputs: Properties) -> str:
    """The table and the key, as the provider joins them."""
    item = _parse_item(inputs.get("item")) or {}
    parts = [str(inputs["tableName"])]
    for key in (inputs.get("hashKey"), inputs.get("rangeKey")):
        if isinstance(key, str):
            parts += [key, *(str(value) for value in item.get(key, {}).values())]
    return "|".join(parts)


TABLE_ITEM = ResourceModel(
    type="aws:dynamodb/tableItem:TableItem",
    modelled=words("hashKey item rangeKey region tableName"),
    identify=lambda creation: _item_key(creation.inputs),
    replaces=words("hashKey rangeKey tableName"),
    check=_check_item,
    # The provider writes on the condition that there is none.
    unique=Unique("ConditionalCheckFailedException", lambda inputs, region: [(region, _item_key(inputs))]),
)

MODELS = (TABLE, TABLE_ITEM)
