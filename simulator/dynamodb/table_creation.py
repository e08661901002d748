"""Makes the engine have the state's tables, keeping what is there."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import cast

from simulator.dynamodb.engine import Engine, EngineError, error_kind
from simulator.dynamodb.table import Table


class TableConflictError(Exception):
    """A table of that name exists with another key; the message names both."""


async def ensure_table(engine: Engine, table: Table, has_shared_tables: bool) -> None:
    """Create the table where it is missing; a new replica of a table with items is filled from home, as at AWS.

    TableConflictError when one exists with other keys: its items are not thrown away.
    """
    home, *replicas = table.regions
    is_new = await _ensure_in_region(engine, table, home)
    for region in () if has_shared_tables else replicas:
        if await _ensure_in_region(engine, table, region) and not is_new:
            async for item in scan(engine, table, home):
                await engine.call(region, "PutItem", {"TableName": table.name, "Item": item})


async def scan(engine: Engine, table: Table, region: str) -> AsyncIterator[dict[str, object]]:
    """Every item of the table in that Region, in DynamoDB JSON."""
    start: object = None
    while True:
        page: dict[str, object] = {"TableName": table.name}
        answer = await engine.call(region, "Scan", page | ({"ExclusiveStartKey": start} if start else {}))
        for item in cast("list[dict[str, object]]", answer.get("Items", [])):
            yield item
        start = answer.get("LastEvaluatedKey")
        if not start:
            return


async def _ensure_in_region(engine: Engine, table: Table, region: str) -> bool:
    existing = await _describe(engine, table.name, region)
    if existing is not None:
        _check_keys(table, region, existing)
    else:
        await engine.call(region, "CreateTable", table.definition)
    await _ensure_ttl(engine, table, region)
    return existing is None


async def _describe(engine: Engine, name: str, region: str) -> Mapping[str, object] | None:
    answer = await engine.send(region, "DescribeTable", json.dumps({"TableName": name}).encode())
    try:
        document = cast("dict[str, object]", json.loads(answer.body))
    except ValueError as error:
        raise EngineError(f"DescribeTable in {region}: {engine.url} is not DynamoDB") from error
    if answer.status == 200:
        return cast("Mapping[str, object]", document["Table"])
    if error_kind(document) == "ResourceNotFoundException":
        return None
    raise EngineError(f"DescribeTable in {region}: {error_kind(document)}: {document.get('message', '')}")


def _check_keys(table: Table, region: str, existing: Mapping[str, object]) -> None:
    schema = cast("list[Mapping[str, str]]", existing["KeySchema"])
    keys = tuple(part["AttributeName"] for part in sorted(schema, key=lambda part: part["KeyType"]))
    if keys != table.key_names:
        raise TableConflictError(
            f"table {table.name} in {region} exists with the key {', '.join(keys)}; the state has "
            f"{', '.join(table.key_names)}. Delete it in the engine, or name another table"
        )


async def _ensure_ttl(engine: Engine, table: Table, region: str) -> None:
    if table.ttl_attribute is None:
        return
    answer = await engine.call(region, "DescribeTimeToLive", {"TableName": table.name})
    ttl = cast("Mapping[str, object]", answer.get("TimeToLiveDescription") or {})
    if ttl.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
        specification = {"AttributeName": table.ttl_attribute, "Enabled": True}
        await engine.call(
            region, "UpdateTimeToLive", {"TableName": table.name, "TimeToLiveSpecification": specification}
        )
