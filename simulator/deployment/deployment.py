"""One stack, served: tables made, applications started, functions and edge built from its state."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from simulator.certificates import Authority
from simulator.cloudfront import Distribution, Edge, OriginMap, ViewerServer
from simulator.cloudfront_functions import KeyValueStore
from simulator.cloudwatch import CloudWatch, LinesUnderWay
from simulator.cloudwatch.lines import RecentLines
from simulator.deployment.applications import Application, Applications
from simulator.deployment.controller_clients import ControllerClients
from simulator.deployment.current_edge import Blueprint, CurrentEdge
from simulator.deployment.rollouts import OnRollout, Rollouts
from simulator.deployment.substitutes import substitute, this_machine
from simulator.dynamodb import LocalDynamoDB
from simulator.lambda_edge import FunctionCode, LambdaEdge
from simulator.lambda_edge.keeper import Keeper
from simulator.private_origins.server import PrivateOrigin, PrivateOrigins

OnLog = Callable[[str, str, str], None]
"""Called with (Region, function name, line)."""


def _ignore(*_: object) -> None: ...


def _new_authority() -> Authority:
    """OpenSSL has read the files of its endpoint when this returns."""
    with tempfile.TemporaryDirectory(prefix="edge-router-certificates-") as directory:
        return Authority.create(Path(directory))


@dataclass(frozen=True)
class Site:
    """The backends of a stack on this machine.

    `applications` are started and named by the domain they answer for; `origins` maps further domains to URLs that run
    already; `seeds` are items by table name. `hashed_headers` are those of the cache key that only a function knows.
    `private` are buckets and function URLs; an application of the same name is the function's.
    """

    applications: Sequence[Application] = ()
    origins: Mapping[str, str] = field(default_factory=dict[str, str])
    seeds: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict[str, Sequence[Mapping[str, Any]]])
    hashed_headers: Collection[str] = ()
    private: Sequence[PrivateOrigin] = ()


class LocalDeployment:
    """Serves a stack's state as AWS would: `async with LocalDeployment(…) as local: await local.apply(…)`.

    Tables and applications outlive an update. Functions and the edge are replaced by one that changes something of
    them, as CloudFront replaces them; key-value pairs are put into the edge that runs, items into its tables.
    Metrics in the lines of functions and applications are collected.
    Where the state has a rollout controller, it looks on its schedule, or every `reconcile_seconds`.
    With `has_tls`, functions reach DynamoDB over TLS, with certificates of this deployment's own authority; `cpu_share`
    gives each of their workers that share of a core.
    Entering takes the ports at once (PortInUseError) and starts DynamoDB (EngineError); viewers wait for the first
    `apply`. Whatever is started here ends with this process, however that ends.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        region_ports: Mapping[str, int] | None = None,
        dynamodb_url: str | None = None,
        on_log: OnLog = _ignore,
        console: Callable[[str], None] = _ignore,
        on_rollout: OnRollout = _ignore,
        reconcile_seconds: float | None = None,
        has_tls: bool = False,
        cpu_share: float | None = None,
    ) -> None:
        self._authority = _new_authority() if has_tls else None
        self._cpu_share = cpu_share
        self.dynamodb = LocalDynamoDB(dynamodb_url, tls=self._authority.server_context if self._authority else None)
        self.distribution: Distribution | None = None
        self._port, self._region_ports = port, region_ports
        self._on_log, self._console = on_log, console
        self._current = CurrentEdge()
        self._on_rollout, self._reconcile_seconds = on_rollout, reconcile_seconds
        self.cloudwatch = CloudWatch()
        self._under_way = LinesUnderWay(self.cloudwatch.collect)
        self.recent_lines = RecentLines()
        self._lock = asyncio.Lock()
        self._blueprint: Blueprint | None = None
        self._closing = AsyncExitStack()
        self.private: PrivateOrigins | None = None
        self._private = AsyncExitStack()
        self._private_behind: list[PrivateOrigin] = []
        self._ahead_seconds = 0.0

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            self._server = ViewerServer(self._current, port=self._port, region_ports=self._region_ports)
            await opening.enter_async_context(self._server)
            self._directory = Path(tempfile.mkdtemp(prefix="edge-router-site-"))
            keeper = Keeper(self._directory)
            opening.push_async_callback(asyncio.to_thread, keeper.close)
            await opening.enter_async_context(self.dynamodb)
            self._applications = Applications(keeper, on_line=self.cloudwatch.collect)
            opening.push_async_callback(self._applications.stop)
            opening.push_async_callback(self._end_private)
            self.clients = ControllerClients(self.dynamodb.endpoint_url, self.cloudwatch, self._stores)
            self.rollouts = Rollouts(self.clients, self._lock, self._on_rollout, self._reconcile_seconds)
            opening.callback(self.clients.close)
            opening.push_async_callback(self._current.end)
            opening.push_async_callback(self.rollouts.end)
            opening.push_async_callback(self._server.stop)
            self._closing = opening.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._closing.aclose()

    async def apply(
        self, state: Mapping[str, Any], site: Site, functions: Sequence[FunctionCode], distribution: str | None = None
    ) -> None:
        """Serve this state from now on; `distribution` picks one where it has several.

        What the state asks for and cannot be had here is an error that names it. After an error what was served before
        goes on.
        """
        async with self._lock:
            await self._apply(state, site, functions, Distribution.from_state(dict(state), distribution))

    async def _apply(
        self, state: Mapping[str, Any], site: Site, functions: Sequence[FunctionCode], distribution: Distribution
    ) -> None:
        OriginMap(site.origins)  # a mistake in it is told before anything is started
        await self.dynamodb.create_tables(state)
        for table, items in site.seeds.items():
            await self.dynamodb.seed(table, items)
        await self._applications.start([self._with_dynamodb(application) for application in site.applications])
        private = await self._private_urls(site.private)
        origins = OriginMap({**self._applications.urls, **private, **site.origins})
        blueprint = Blueprint.of(distribution, functions, origins)
        await self.dynamodb.put_items(state)
        if blueprint != self._blueprint:
            await self._build(distribution, functions, origins, site.hashed_headers)
        self._put_pairs(distribution.key_values)
        self.distribution, self._blueprint = distribution, blueprint
        await self.rollouts.follow(state)
        await self._applications.stop_replaced()

    async def _end_private(self) -> None:
        await self._private.aclose()

    async def _private_urls(self, origins: Sequence[PrivateOrigin]) -> Mapping[str, str]:
        """Serve private origins in front of the applications; those of the last update end."""
        urls = self._applications.urls
        behind = [replace(one, url=one.url or urls.get(f"{one.domain_name}:443", "")) for one in origins]
        if behind != self._private_behind:
            await self._end_private()
            self._private, self._private_behind = AsyncExitStack(), behind
            if behind:
                self.private = await self._private.enter_async_context(PrivateOrigins(behind))
        # With the port, as the applications have it, for that wins over a name without.
        return {f"{name}:443": url for name, url in self.private.urls.items()} if behind and self.private else {}

    async def _build(
        self,
        distribution: Distribution,
        functions: Sequence[FunctionCode],
        origins: OriginMap,
        hashed_headers: Collection[str],
    ) -> None:
        """Serve with an edge and workers that are new."""
        workers = LambdaEdge(
            functions,
            {"AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb.functions_endpoint_url},
            self._take_logged,
            extra_paths=self._substitutes(functions),
            origins=origins.base_urls,
            authority=self._authority,
            cpu_share=self._cpu_share,
        )
        edge = Edge(
            distribution,
            workers,
            origins,
            self._now,
            console=self._console,
            on_log=self._take_line,
            on_begin=self._under_way.begin,
            on_end=self._under_way.end,
            hashed_headers=hashed_headers,
        )
        await self._current.replace(edge, workers)

    def _take_logged(self, region: str, function: str, line: str) -> None:
        self._under_way.take(region, line)
        self._take_line(region, function, line)

    def _take_line(self, region: str, function: str, line: str) -> None:
        self.recent_lines.take(region, line)
        self._on_log(region, function, line)

    def _stores(self) -> Mapping[str, KeyValueStore]:
        return self._current.edge.key_value_stores

    def _now(self) -> float:
        return time.time() + self._ahead_seconds

    def _put_pairs(self, key_values: Mapping[str, Mapping[str, str]]) -> None:
        """The stores of the running edge are as the state has them from the next request on."""
        for arn, pairs in key_values.items():
            store = self._stores()[arn]
            if store.pairs != pairs:
                store.replace(pairs)

    def _with_dynamodb(self, application: Application) -> Application:
        endpoint = {"AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb.endpoint_url}
        return replace(application, environment=endpoint | dict(application.environment))

    def _substitutes(self, functions: Sequence[FunctionCode]) -> list[Path]:
        """This machine's builds of native wheels that only Lambda could load; said on the console."""
        paths: list[Path] = []
        for function in functions:
            path = self._directory / function.package.stem
            if names := substitute(function.package, path):
                self._console(f"{', '.join(names)}: built for Lambda; here {this_machine()} runs its own build instead")
                paths.append(path)
        return paths

    @property
    def cpu_limit(self) -> str | None:
        """The limiter that keeps workers to their share of a core; None where they have all of it."""
        return self._current.functions.cpu_limit

    @property
    def url(self) -> str:
        return f"http://{self._server.host}:{self._server.port}"

    @property
    def region_urls(self) -> dict[str, str]:
        return {region: f"http://{self._server.host}:{port}" for region, port in self._server.region_ports.items()}

    @property
    def instances(self) -> int:
        """Number of execution environments of all functions in all Regions."""
        return sum(int(str(row["workers"])) for row in self._current.functions.status())

    def change_pairs(self, puts: Mapping[str, str], deletes: Sequence[str]) -> None:
        """Change the pairs of the key-value store, as UpdateKeys does; a stack has one at most."""
        for store in self._stores().values():
            store.replace({key: value for key, value in {**store.pairs, **puts}.items() if key not in deletes})

    def invalidate(self, *path_patterns: str) -> int:
        return self._current.edge.invalidate(*path_patterns)

    async def forget(self) -> None:
        """Let every instance of the functions begin anew with its next request, and so forget what it remembers."""
        await self._current.functions.end_idle_workers()

    def advance(self, seconds: float) -> None:
        """Put the clock of CloudFront forward: kept objects age, and CloudFront Functions see it. Nobody else does."""
        self._ahead_seconds += seconds

    @property
    def applications(self) -> Applications:
        """The applications that were started, by domain:port."""
        return self._applications

    def status(self) -> dict[str, object]:
        """Addresses, origins, and the reads of each Region and replica.

        `originUrls` are all origins by domain or domain:port, `keyValues` the stores' pairs by ARN,
        `reconcileSeconds` the interval of the rollout controller, None without one.
        """
        is_served = self._blueprint is not None
        return {
            "url": self.url,
            "regionUrls": self.region_urls,
            "origins": self._applications.urls,
            "originUrls": dict(self._blueprint.origins) if self._blueprint is not None else {},
            "keyValues": {arn: store.pairs for arn, store in self._stores().items()} if is_served else {},
            "dynamodb": self.dynamodb.status(),
            "metricRegions": self.cloudwatch.regions,
            "reconcileSeconds": self.rollouts.every_seconds,
        }
