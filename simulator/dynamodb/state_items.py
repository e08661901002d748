"""Writes the items of the state into the tables, as Pulumi's provider would, and keeps all others."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pulumi_state.resources import Resource, living_resources
from pulumi_state.values import expect_shape
from simulator.dynamodb.api_call import Attributes
from simulator.dynamodb.engine import Engine
from simulator.dynamodb.replication import Replication
from simulator.dynamodb.table import Table, TableStateError

ITEM_TYPE = "aws:dynamodb/tableItem:TableItem"


@dataclass(frozen=True)
class TableItem:
    """One item, in DynamoDB JSON; `key` is the part of it that tells it from others."""

    table: str
    key: Attributes
    attributes: Attributes

    @property
    def identity(self) -> tuple[str, str]:
        """Equal for the same item of the same table, whatever is in it."""
        return self.table, json.dumps(self.key, sort_keys=True)


@expect_shape("a table's item", TableStateError)
def items_from_state(state: Mapping[str, Any]) -> tuple[TableItem, ...]:
    """Every TableItem of a state in the shape of `pulumi stack export`; TableStateError names what makes no sense."""
    return tuple(map(_from_resource, living_resources(state, ITEM_TYPE)))


def _from_resource(resource: Resource) -> TableItem:
    urn, outputs = resource.urn, resource.properties
    for name in ("tableName", "hashKey", "item"):
        if not outputs.get(name):
            raise TableStateError(f"{urn}: the state has no {name}")
    try:
        item = json.loads(str(outputs["item"]))
        attributes = cast("Attributes", {str(name): dict(value) for name, value in item.items()})
        keys = [str(outputs[name]) for name in ("hashKey", "rangeKey") if outputs.get(name)]
        return TableItem(str(outputs["tableName"]), {name: attributes[name] for name in keys}, attributes)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise TableStateError(f"{urn}: item is not an item with the table's key in DynamoDB's JSON") from None


class StateItems:
    """Knows what it wrote last, so that an update writes what it changes and no more."""

    def __init__(self, engine: Engine, replication: Replication, has_shared_tables: bool) -> None:
        self._engine, self._replication = engine, replication
        self._has_shared_tables = has_shared_tables
        self._written: dict[tuple[str, str], TableItem] = {}

    async def follow(self, state: Mapping[str, Any], tables: Mapping[str, Table]) -> None:
        """Make `tables` have the TableItems of the state.

        An item that is new is in every Region at once, as it is at AWS long before a distribution is there to read it.
        A changed one is written at home and replicated; one that left the state is deleted.
        """
        wanted = {item.identity: item for item in items_from_state(state)}
        for item in wanted.values():
            if item.table not in tables:
                raise TableStateError(f"the state has an item of the table {item.table}, and no such table")
        for identity, item in wanted.items():
            before = self._written.get(identity)
            if before is None:
                await self.put_everywhere(tables[item.table], [item.attributes])
            elif before != item:
                await self._write(tables[item.table], item, "PutItem", {"Item": item.attributes})
            self._written[identity] = item
        for identity in [identity for identity in self._written if identity not in wanted]:
            item = self._written.pop(identity)
            await self._write(tables[item.table], item, "DeleteItem", {"Key": item.key})

    async def put_everywhere(self, table: Table, items: Sequence[Mapping[str, object]]) -> None:
        """Items in DynamoDB JSON, in every Region of the table."""
        async with self._replication.exclusive([table.name]):
            for region in table.regions[:1] if self._has_shared_tables else table.regions:
                for item in items:
                    await self._engine.call(region, "PutItem", {"TableName": table.name, "Item": item})

    async def _write(self, table: Table, item: TableItem, operation: str, content: Mapping[str, object]) -> None:
        async with self._replication.exclusive([table.name]):
            await self._engine.call(table.home_region, operation, {"TableName": table.name, **content})
            if table.is_global and not self._has_shared_tables:
                self._replication.note_write(table, item.key, table.home_region)
