"""Global tables: a write in one Region reaches the others later, and the last writer wins ("Global tables: MREC")."""

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from simulator.dynamodb.api_call import Attributes
from simulator.dynamodb.counters import CallCounters
from simulator.dynamodb.engine import Engine, EngineError
from simulator.dynamodb.table import Table

_MAX_ATTEMPTS = 5


@dataclass
class _Item:
    """The newest write that each Region has seen, kept while a write of the item is on its way."""

    stamps: dict[str, int] = field(default_factory=dict[str, int])
    outstanding: int = 0


class Replication:
    """Delivers each write `lag_ms` after it was made: the item is read where it was written and put into the others.

    Writes and deliveries of one table exclude each other, so that order is the order of stamps.
    """

    def __init__(self, engine: Engine, counters: CallCounters, lag_ms: float) -> None:
        self._engine, self._counters = engine, counters
        self.lag_ms = lag_ms
        self._stamps = itertools.count(1)
        self._items: dict[tuple[str, str], _Item] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._deliveries: set[asyncio.Task[None]] = set()
        self._is_running = asyncio.Event()
        self._is_running.set()
        self.errors: list[str] = []

    @property
    def pending(self) -> int:
        return len(self._deliveries)

    @property
    def is_paused(self) -> bool:
        return not self._is_running.is_set()

    def pause(self) -> None:
        self._is_running.clear()

    def resume(self) -> None:
        self._is_running.set()

    async def settle(self) -> None:
        """Wait until every write so far is everywhere. RuntimeError while paused: that would be for ever."""
        if self.is_paused and self._deliveries:
            raise RuntimeError("replication is paused")
        while self._deliveries:
            await asyncio.wait(self._deliveries)

    async def close(self) -> None:
        for task in tuple(self._deliveries):
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)

    @asynccontextmanager
    async def exclusive(self, tables: Iterable[str]) -> AsyncGenerator[None]:
        """No other write and no delivery to these tables meanwhile; always taken in the same order."""
        async with AsyncExitStack() as stack:
            for table in sorted(tables):
                await stack.enter_async_context(self._locks.setdefault(table, asyncio.Lock()))
            yield

    def note_write(self, table: Table, key: Attributes, region: str) -> None:
        """The item was written in `region`; to be called before its `exclusive` ends."""
        identity = (table.name, json.dumps(key, sort_keys=True))
        item = self._items.setdefault(identity, _Item())
        stamp = item.stamps[region] = next(self._stamps)
        item.outstanding += 1
        task = asyncio.create_task(self._deliver_later(table, key, region, identity, stamp))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def _deliver_later(
        self, table: Table, key: Attributes, region: str, identity: tuple[str, str], stamp: int
    ) -> None:
        item = self._items[identity]
        try:
            await asyncio.sleep(self.lag_ms / 1000)
            for attempt in range(1, _MAX_ATTEMPTS + 1):
                await self._is_running.wait()
                try:
                    async with self.exclusive([table.name]):
                        await self._deliver(table, key, region, item, stamp)
                    return
                except EngineError as error:
                    if attempt == _MAX_ATTEMPTS:
                        self.errors.append(f"replication of {table.name} from {region}: {error}")
                    await asyncio.sleep(0.05 * attempt)
        finally:
            item.outstanding -= 1
            if item.outstanding == 0:
                del self._items[identity]

    async def _deliver(self, table: Table, key: Attributes, region: str, item: _Item, stamp: int) -> None:
        if item.stamps.get(region) != stamp:
            return  # overwritten here since, by this Region or by another; that write is delivered on its own
        read = {"TableName": table.name, "Key": key, "ConsistentRead": True}
        image = (await self._engine.call(region, "GetItem", read)).get("Item")
        for target in table.regions:
            if item.stamps.get(target, 0) < stamp:
                await self._apply(table, key, target, image)
                item.stamps[target] = stamp

    async def _apply(self, table: Table, key: Attributes, region: str, image: object) -> None:
        if image is None:
            operation, content = "DeleteItem", {"Key": key}
        else:
            operation, content = "PutItem", {"Item": image}
        await self._engine.call(region, operation, {"TableName": table.name, **content})
        self._counters.add_replicated(region, table.name, operation)
