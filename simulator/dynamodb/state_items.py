"""Writes the items of the state into the tables, as Pulumi's provider would, and nobody else's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simulator.dynamodb.engine import Engine
from simulator.dynamodb.replication import Replication
from simulator.dynamodb.table import Table, TableStateError
from simulator.dynamodb.table_item import TableItem, items_from_state


class StateItems:
    """Knows what it wrote last, so that an update writes what it changes and no more."""

    def __init__(self, engine: Engine, replication: Replication, has_shared_tables: bool) -> None:
        self._engine, self._replication = engine, replication
        self._has_shared_tables = has_shared_tables
        self._written: dict[tuple[str, str], TableItem] = {}

    async def follow(self, state: Mapping[str, object], tables: Mapping[str, Table]) -> None:
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
                self._replication.written(table, item.key, table.home_region)
