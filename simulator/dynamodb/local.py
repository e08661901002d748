"""The local DynamoDB as the rest of the simulator sees it."""

import functools
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, cast

from boto3.dynamodb.types import TypeSerializer
from botocore.loaders import Loader
from botocore.regions import EndpointResolver

from simulator.dynamodb.counters import CallCounters
from simulator.dynamodb.engine import Engine, MotoProcess
from simulator.dynamodb.faults import Fault
from simulator.dynamodb.front import Front
from simulator.dynamodb.replication import Replication
from simulator.dynamodb.state_items import StateItems
from simulator.dynamodb.table import Table, tables_from_state
from simulator.dynamodb.table_creation import ensure_table
from simulator.loopback import LoopbackServer


class LocalDynamoDB:
    """An engine (moto's, or the one at `engine_url`) behind one endpoint for all Regions.

    `async with LocalDynamoDB() as dynamodb`; then `dynamodb.endpoint_url` is AWS_ENDPOINT_URL_DYNAMODB for everybody.
    `replication` can be paused, `call_counters` be reset; all are for tests and drills.
    `has_shared_tables` says whether the engine shows one table in every Region (DynamoDB Local's -sharedDb), where
    nothing is left to replicate; None finds out. With `tls`, the same endpoint is there a second time at
    `functions_endpoint_url`. EngineError when there is no engine.
    """

    def __init__(
        self,
        engine_url: str | None = None,
        *,
        replication_lag_ms: float = 100.0,
        has_shared_tables: bool | None = None,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._engine_url, self._lag_ms, self._has_shared_tables = engine_url, replication_lag_ms, has_shared_tables
        self._port, self._tls = port, tls
        self._moto = MotoProcess()
        self.call_counters = CallCounters()
        self._regions = _available_regions()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the engine where none was given, and the endpoint."""
        self._engine = Engine(self._engine_url or await self._moto.start())
        try:
            if self._has_shared_tables is None:
                self._has_shared_tables = self._engine_url is not None and await self._engine.has_shared_tables()
            self.replication = Replication(self._engine, self.call_counters, self._lag_ms)
            self._front = Front(
                self._engine, self.call_counters, self.replication, self._regions, self._has_shared_tables
            )
            self._items = StateItems(self._engine, self.replication, self._has_shared_tables)
            self.server = LoopbackServer(self._front)
            self.tls_server = LoopbackServer(self._front, self._tls) if self._tls is not None else None
            await self.server.listen(self._port)
            if self.tls_server is not None:
                await self.tls_server.listen()
        except BaseException:
            await self._engine.close()
            await self._moto.stop()
            raise

    async def stop(self) -> None:
        """Stop the endpoint, drop undelivered replication, stop moto. An engine given by URL goes on."""
        await self.refuse_connections()
        await self.replication.close()
        await self._engine.close()
        await self._moto.stop()

    async def refuse_connections(self) -> None:
        """Drop every connection of every Region and take no more, until `accept_connections`."""
        for server in self._servers:
            await server.refuse()

    async def accept_connections(self) -> None:
        """Listen on the same ports again."""
        for server in self._servers:
            await server.listen()

    @property
    def _servers(self) -> list[LoopbackServer]:
        return [self.server] if self.tls_server is None else [self.server, self.tls_server]

    @property
    def endpoint_url(self) -> str:
        """The URL for AWS_ENDPOINT_URL_DYNAMODB: of the router, the sample application and the commands."""
        return f"http://{self.server.address}"

    @property
    def functions_endpoint_url(self) -> str:
        """The URL for functions: over TLS where there is a context for it, to the name in its certificate."""
        return self.endpoint_url if self.tls_server is None else f"https://localhost:{self.tls_server.port}"

    @property
    def has_shared_tables(self) -> bool:
        """True if the engine shows one table in every Region."""
        return bool(self._has_shared_tables)

    @property
    def faults(self) -> dict[str, Fault]:
        """The faults by Region; `set_fault` checks the Region."""
        return self._front.faults

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables made from the state, by name."""
        return tuple(table for _, table in sorted(self._front.tables.items()))

    async def create_tables(self, state: Mapping[str, object]) -> tuple[Table, ...]:
        """Make every table of the state in its home Region and its replicas'. Safe to repeat; items are kept.

        Tables of an earlier state stay as they are. TableStateError, TableConflictError or EngineError otherwise.
        """
        tables = tables_from_state(state)
        for table in tables:
            await ensure_table(self._engine, table, self.has_shared_tables)
            self._front.tables[table.name] = table
        return tables

    async def seed(self, table: str, items: Sequence[Mapping[str, object]]) -> None:
        """Put items (plain Python values; Decimal for fractions) into every Region of the table at once.

        KeyError for a table that was not made from a state, ValueError for a value that DynamoDB has no type for.
        """
        if table not in self._front.tables:
            raise KeyError(f"no table {table}; there are: {', '.join(self._front.tables) or 'none'}")
        serialized = [_serialize(table, item) for item in items]
        await self._items.put_everywhere(self._front.tables[table], serialized)

    async def put_items(self, state: Mapping[str, object]) -> None:
        """Make the tables have the state's TableItems, and keep what others wrote. TableStateError or EngineError."""
        await self._items.follow(state, self._front.tables)

    async def call(self, region: str, operation: str, body: Mapping[str, object]) -> dict[str, object]:
        """Ask the engine past the endpoint: not counted, not replicated, no faults. EngineError when it refuses."""
        return await self._engine.call(region, operation, body)

    def set_fault(self, region: str, fault: Fault | None) -> None:
        """Let every call in that Region fail so from now on; None ends it. ValueError for an unknown Region."""
        if region not in self._regions:
            raise ValueError(f"{region!r} is not a Region of DynamoDB; there are: {', '.join(sorted(self._regions))}")
        if fault is None:
            self._front.faults.pop(region, None)
        else:
            self._front.faults[region] = fault

    @property
    def replication_lag_ms(self) -> float:
        """From a write until the other Regions have it; may be set while running."""
        return self.replication.lag_ms

    @replication_lag_ms.setter
    def replication_lag_ms(self, lag_ms: float) -> None:
        self.replication.lag_ms = lag_ms

    def counters(self) -> dict[str, dict[str, dict[str, dict[str, int]]]]:
        """{"requests" | "failed" | "replicated": {Region: {table: {operation: calls}}}}."""
        return self.call_counters.as_dict()

    def status(self) -> dict[str, object]:
        """All that a person wants to know, ready for JSON."""
        return {
            "endpointUrl": self.endpoint_url,
            "engineUrl": self._engine.url,
            "hasSharedTables": self.has_shared_tables,
            "tables": {table.name: list(table.regions) for table in self.tables},
            "replication": {
                "lagMs": self.replication_lag_ms,
                "isPaused": self.replication.is_paused,
                "pending": self.replication.pending,
                "errors": self.replication.errors[-10:],
            },
            "faults": {region: fault.kind for region, fault in sorted(self._front.faults.items())},
            "calls": self.counters(),
        }


@functools.cache
def _available_regions() -> frozenset[str]:
    # Not from a boto3 session: that fails when AWS_PROFILE names a profile that this machine does not have.
    loader: Any = Loader()
    resolver: Any = EndpointResolver(loader.load_data("endpoints"))
    return frozenset(map(str, resolver.get_available_endpoints("dynamodb")))


def _serialize(table: str, item: Mapping[str, object]) -> dict[str, object]:
    serialize = cast("Callable[[object], object]", TypeSerializer().serialize)
    serialized: dict[str, object] = {}
    for name, value in item.items():
        try:
            serialized[name] = serialize(value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"table {table}, attribute {name}: {value!r}: {error}") from error
    return serialized
