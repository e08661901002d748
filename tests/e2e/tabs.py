"""Tabs that stay open while a site is deployed, rolled out and rolled back: which of their files are missing or mixed.

A deployment is what hosts do that know nothing of skew: the new files take the place of those that were there.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urljoin

import httpx

from bench.processes import PROJECT
from bench.soak.visitors import REGION, Clock, RequestIds
from cli.builds.kept import read_known, write_known
from cli.stacks.control_table import Place
from cli.stacks.workspace import Workspace
from controller.sources.key_values import build_pairs
from infra.cdn.javascript import build_function_code, build_key_values
from infra.data.control_item import config_item
from infra.settings.skew import origins_by_build
from infra.settings.stack import Stack
from simulator.cloudfront import Distribution, Edge, Headers, OriginMap, ViewerRequest, ViewerResponse
from simulator.dynamodb import LocalDynamoDB
from simulator.dynamodb.sdk import local_client
from simulator.lambda_edge import LambdaEdge, functions_from_state
from simulator.standin.program import run_program

SITE = ("strategy=cookie-version", "control.refreshSeconds=1", "origins.archive.domainName=v3.example.com")
CACHED = "cookieVersion.caching=versioned"
IDS = ("skew.pathPrefix=/_v",)
QUERY = ("skew.query=dpl", "skew.paths[0]=/assets/*", "skew.paths[1]=/mark.svg")
FALLBACK = ("skew.mode=fallback", "skew.paths[0]=/assets/*")
HOSTS = {"v1.example.com": "stable", "v2.example.com": "canary", "v3.example.com": "archive"}
SETTLE_SECONDS = 1.3
"""Every instance has read the control table again, and read it whole."""
_FILES = re.compile(r"""["'(]([\w./-]+\.(?:js|css|svg)(?:\?dpl=\w+)?)["')]""")


@dataclass(frozen=True)
class Build:
    """What a bundler has written: the page is at `/`."""

    name: str
    files: Mapping[str, bytes]


def tiny_builds(names: Sequence[str], prefix: str = "", query: str = "") -> list[Build]:
    """Builds as small as can be: a page, a script, another one that it loads later, and a file without a hash."""
    return [
        _tiny_build(name, f"{prefix}/{name}/" if prefix else "/", f"?{query}={name}" if query else "") for name in names
    ]


def _tiny_build(name: str, base: str, query: str) -> Build:
    def hashed_file(stem: str, text: str) -> tuple[str, bytes]:
        return f"assets/{stem}-{sha256(text.encode()).hexdigest()[:8]}.js", text.encode()

    later = hashed_file("later", f"show('{name}')")
    image = f"new Image().src = '{base}mark.svg{query}'"
    main = hashed_file("main", f"onclick = () => {{ {image}; return import('{base}{later[0]}{query}') }}")
    page = f'<title>{name}</title><script src="{base}{main[0]}{query}"></script>'
    mark = f"<svg><title>{name}</title></svg>".encode()
    files = {f"/{later[0]}": later[1], f"/{main[0]}": main[1], "/mark.svg": mark, "/": page.encode()}
    return Build(name, files)


def read_build(directory: Path) -> Build:
    """Return a bundler's output."""
    files = {f"/{path.relative_to(directory)}": path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    return Build(directory.name, {**files, "/": files.pop("/index.html")})


@dataclass
class Hosts(httpx.AsyncBaseTransport):
    """Three hosts: each of the versions has one build, and the archive those of all former ones, below /builds.

    `page` is the Cache-Control of what has no hash in its name.
    """

    page: str = "max-age=60"
    files: dict[str, Mapping[str, bytes]] = field(default_factory=dict[str, Mapping[str, bytes]])

    def deploy(self, host: str, build: Build) -> None:
        self.files[host] = build.files

    def keep(self, build: Build) -> None:
        kept = {f"/builds/{build.name}{path}": content for path, content in build.files.items()}
        self.files["archive"] = {**self.files.get("archive", {}), **kept}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.extensions["target"].decode().partition("?")[0]
        content = self.files[request.url.host].get(path)
        lasts = "public, max-age=31536000, immutable" if "/assets/" in path else self.page
        headers = {"Cache-Control": lasts if content is not None else "no-store"}
        return httpx.Response(200 if content is not None else 404, headers=headers, content=content or b"not found")


@dataclass
class Outcome:
    """What tabs met: `missing` files were not there, `mixed` ones were of another build than the page."""

    tabs: int = 0
    requests: int = 0
    missing: int = 0
    mixed: int = 0
    without_page: int = 0
    on_canary: int = 0
    complaints: int = 0
    missing_names: set[str] = field(default_factory=set[str])


@dataclass
class Tab:
    """A page that is open: its build, the files that it has, and those that it will ask for when somebody clicks."""

    visitor: dict[str, str]
    build: Build
    has: set[str] = field(default_factory=set[str])
    needs: list[str] = field(default_factory=list[str])

    def take(self, url: str, content: bytes) -> None:
        """Find the files that this one names; those of a list of Vite's are below the page's base."""
        self.has.add(url)
        for name in _FILES.findall(content.decode()):
            base = self._base if name.startswith("assets/") else url
            found = urljoin(base, name)
            if found not in self.has and found not in self.needs:
                self.needs.append(found)

    @property
    def _base(self) -> str:
        return next(url for url in [*self.has, *self.needs] if "/assets/" in url).partition("assets/")[0]

    def expected_file(self, url: str) -> bytes | None:
        """Return the file of the page's own build."""
        return self.build.files.get(re.sub(r"^/_v/\w+", "", url).partition("?")[0])


class World:
    """The site at the edge, and everything that changes there: hosts, config and kept builds."""

    def __init__(
        self, edge: Edge, dynamodb: LocalDynamoDB, hosts: Hosts, clock: Clock, overrides: Sequence[str], seed: int
    ) -> None:
        self.edge, self.hosts = edge, hosts
        self.outcome = Outcome()
        self._dynamodb, self._clock = dynamodb, clock
        self._overrides = list(overrides)
        self._random = Random(seed)
        self._builds: dict[bytes, Build] = {}
        self._visitors: list[dict[str, str]] = []
        self._config: dict[str, str] = {}
        self._serving: dict[str, Build] = {}
        self.stack = Workspace().open_stack("local", overrides)

    @property
    def names_builds(self) -> bool:
        return bool(origins_by_build(self.stack.settings))

    def pass_time(self) -> None:
        """Let a part of the pages in the cache become stale."""
        self._clock.now += 45

    async def set(self, **config: str) -> None:
        """Write what `pulumi up` would: the item of the config and the pairs of the store. Nobody waits for it."""
        self._config |= {key.replace("__", "."): value for key, value in config.items()}
        overrides = [*self._overrides, *(f"{key}={value}" for key, value in self._config.items())]
        stack = self.stack = Workspace().open_stack("local", overrides)
        item = config_item(stack.settings)
        await self._dynamodb.call("us-east-1", "PutItem", {"TableName": stack.control_table_name, "Item": item})
        for store in self.edge.key_value_stores.values():
            known = await asyncio.to_thread(read_known, self._place)
            store.replace({**build_key_values(stack), **build_pairs(known.places)})

    async def deploy(self, host: str, build: Build) -> None:
        """Put a build in the place of another one, which is kept before where builds are."""
        former = self._serving.get(host)
        if former and self.names_builds:
            await self._keep(former)
        self._builds[build.files["/"]] = build
        self._serving[host] = build
        self.hosts.deploy(host, build)
        await self.set(**{f"origins__{host}__build": build.name})

    async def _keep(self, build: Build) -> None:
        """As `edge-router builds add`, and the seconds that it takes to be in force."""
        self.hosts.keep(build)
        place = self._place
        known = await asyncio.to_thread(read_known, place)
        changed, _ = known.add(build.name, f"archive/builds/{build.name}")
        await asyncio.to_thread(write_known, place, changed)
        await self.set()
        if not self.edge.key_value_stores:
            await asyncio.sleep(SETTLE_SECONDS)

    @cached_property
    def _place(self) -> Place:
        client = local_client(self._dynamodb.endpoint_url, "us-east-1")
        return Place(self.stack.control_table_name, "us-east-1", "here", client)

    def close(self) -> None:
        """Close the connection to the control table."""
        self._place.close()

    async def open_tab(self) -> Tab | None:
        """A visitor, every third one a new one, opens the page; it loads what it names."""
        if not self._visitors or self._random.random() < 1 / 3:
            self._visitors.append({})
        visitor = self._random.choice(self._visitors[-200:])
        response = await self._get("/", visitor)
        self.outcome.tabs += 1
        build = self._builds.get(response.body)
        if response.status != 200 or build is None:
            self.outcome.without_page += 1
            return None
        self.outcome.on_canary += self._serving.get("canary") is build
        tab = Tab(visitor, build)
        tab.take("/", response.body)
        await self.load(tab)
        return tab

    async def load(self, tab: Tab) -> None:
        """The tab asks for all that it needs now; what those files need it asks for the next time."""
        urls, tab.needs = tab.needs, []
        for url in urls:
            response = await self._get(url, tab.visitor)
            expected = tab.expected_file(url)
            if response.status != 200:
                self.outcome.missing += 1
                self.outcome.missing_names.add(url)
            elif response.body != expected:
                self.outcome.mixed += 1
            else:
                tab.take(url, response.body)

    async def _get(self, url: str, visitor: dict[str, str]) -> ViewerResponse:
        self._clock.now += 0.05
        self.outcome.requests += 1
        path, _, query = url.partition("?")
        cookie = "; ".join(f"{name}={value}" for name, value in visitor.items())
        fields = {"Host": "www.example.com", **({"Cookie": cookie} if cookie else {})}
        request = ViewerRequest("GET", path, query, Headers.of(fields.items()), client_ip="203.0.113.178")
        response = await self.edge.serve(request, REGION)
        for line in response.headers.all("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            visitor[name] = value
        return response


@asynccontextmanager
async def serving(
    builds: Sequence[Build], *overrides: str, page: str = "max-age=60", seed: int = 12
) -> AsyncGenerator[World]:
    """The site with the first build at both versions: the real package, the real function, the real cache."""
    first = builds[0].name
    settings = [*SITE, *overrides, f"origins.stable.build={first}", f"origins.canary.build={first}", "canaryPercent=0"]
    state = dict((await asyncio.to_thread(run_program, "local", overrides=settings)).state)
    _open_function(state, Workspace().open_stack("local", settings))
    clock, hosts, console = Clock(), Hosts(page), list[str]()
    async with LocalDynamoDB() as dynamodb:
        await dynamodb.create_tables(state)
        await dynamodb.put_items(state)
        environment = {"AWS_ENDPOINT_URL_DYNAMODB": dynamodb.endpoint_url}
        async with LambdaEdge(functions_from_state(state, PROJECT), environment) as functions:
            edge = Edge(
                Distribution.from_state(state),
                functions,
                OriginMap({domain: f"http://{host}" for domain, host in HOSTS.items()}),
                clock,
                console.append,
                transport=hosts,
                request_id=RequestIds(seed),
            )
            world = World(edge, dynamodb, hosts, clock, settings, seed)
            for host in ("stable", "canary"):
                await world.deploy(host, builds[0])
            yield world
            world.outcome.complaints = len(console)
            world.close()
            await edge.close()


def _open_function(state: dict[str, Any], stack: Stack) -> None:
    """Put the function's code into a state, which has it sealed because of the signing key."""
    function = build_function_code(stack)
    for resource in state["deployment"]["resources"]:
        if function is not None and resource["type"] == "aws:cloudfront/function:Function":
            resource["outputs"]["code"] = function.code


@dataclass(frozen=True)
class Plan:
    """`rollbacks` of the deployments are taken back, spread evenly; a tab is used for up to `longest_phases`.

    `settles`: tabs are opened and used once every instance of the router has what was changed.
    """

    tabs: int
    deployments: int
    rollbacks: int
    longest_phases: int
    settles: bool = False

    @property
    def rolled_back(self) -> set[int]:
        return {(number + 1) * self.deployments // self.rollbacks - 1 for number in range(self.rollbacks)}

    @property
    def phases(self) -> int:
        """Two while the percentage rises, and one after the promotion or the rollback."""
        return 3 * self.deployments

    def shares(self) -> Iterator[int]:
        """Yield how many tabs are opened in each phase."""
        for phase in range(self.phases):
            yield (phase + 1) * self.tabs // self.phases - phase * self.tabs // self.phases


@dataclass
class Visits:
    """Tabs that are opened in each phase, and used in later ones."""

    world: World
    plan: Plan
    outlives_hosts: bool = True

    def __post_init__(self) -> None:
        self._random, self._shares = Random(self.plan.tabs), self.plan.shares()
        self._waiting: list[list[Tab]] = [[] for _ in range(self.plan.phases + self.plan.longest_phases + 1)]
        self._number = 0

    async def run(self, builds: Sequence[Build]) -> Outcome:
        """Deploy build after build. Without `outlives_hosts` tabs are closed before a host loses their build."""
        world = self.world
        for number, build in enumerate(builds[1 : self.plan.deployments + 1]):
            await world.deploy("canary", build)
            await world.set(release=f"release-{number}", canaryPercent="30", pin="none")
            await self._phase()
            await world.set(canaryPercent="70")
            await self._phase()
            if number in self.plan.rolled_back:
                await world.set(pin="stable", canaryPercent="0")
            else:
                await world.set(canaryPercent="100")
                if not self.outlives_hosts:
                    await self._finish()
                await world.deploy("stable", build)
            await self._phase()
            if not self.outlives_hosts:
                await self._finish()
        await self._finish()
        return world.outcome

    async def _phase(self) -> None:
        self.world.pass_time()
        if self.plan.settles and not self.world.edge.key_value_stores:
            await asyncio.sleep(SETTLE_SECONDS)
        for tab in self._waiting[self._number]:
            await self._use(tab)
        for _ in range(next(self._shares)):
            if tab := await self.world.open_tab():
                self._put_off(tab)
        self._number += 1

    async def _use(self, tab: Tab) -> None:
        await self.world.load(tab)
        if tab.needs:
            self._put_off(tab)

    def _put_off(self, tab: Tab) -> None:
        longest = self._number + self.plan.longest_phases
        self._waiting[self._random.randint(self._number + 1, longest)].append(tab)

    async def _finish(self) -> None:
        """Let all tabs that are open load what they still need."""
        for tabs in self._waiting:
            for tab in tabs:
                while tab.needs:
                    await self.world.load(tab)
            tabs.clear()
