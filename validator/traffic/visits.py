"""The visits of a plan: which visitors send which requests, with which cookies. The checks evaluate the responses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from secrets import token_hex

import httpx

from validator.plan.model import OVERRIDES_EACH, TURNS, Plan
from validator.traffic.client import Site, cookie_jar
from validator.traffic.response import Response

UNVARIED_HEADERS = frozenset({"*", "accept-encoding", "cookie", "host"})
"""`*` is never cached, caches normalize Accept-Encoding, and the others belong to the visitor and the site."""
MAX_VARIED_HEADERS = 8
"""For each object, beyond the planned requests."""


@dataclass
class Visitor:
    """A visitor with a cookie jar, and the responses in order."""

    jar: httpx.Cookies
    responses: list[Response] = field(default_factory=list[Response])

    @property
    def version(self) -> str:
        """The version of the first response; "" where that is unknown."""
        return self.responses[0].version if self.responses else ""


@dataclass(frozen=True)
class Turn:
    """A response for an object that visitors of all versions request; `version` is the expected one ("" for any)."""

    version: str
    who: str
    response: Response


@dataclass(frozen=True)
class Varied:
    """The response to a new value of the header `name`, which Vary of a cached response names."""

    name: str
    response: Response


@dataclass
class Traffic:
    """All responses; `overrides` are by the requested version."""

    one_time: list[Visitor] = field(default_factory=list[Visitor])
    sticky: list[Visitor] = field(default_factory=list[Visitor])
    overrides: Mapping[str, list[Response]] = field(default_factory=dict[str, list[Response]])
    turns: list[Turn] = field(default_factory=list[Turn])
    varied: list[Varied] = field(default_factory=list[Varied])

    @property
    def visitors(self) -> list[Visitor]:
        return [*self.one_time, *self.sticky]

    @property
    def responses(self) -> list[Response]:
        """All but those of `varied`."""
        visits = [response for visitor in self.visitors for response in visitor.responses]
        overrides = [response for responses in self.overrides.values() for response in responses]
        return [*visits, *overrides, *(turn.response for turn in self.turns)]


class Visits:
    """Makes the visits of a plan; `on_response` is called after each."""

    def __init__(self, plan: Plan, site: Site, on_response: Callable[[], None]) -> None:
        self._plan, self._site, self._on_response = plan, site, on_response

    async def run(self) -> Traffic:
        """Make all visits, one kind after the other; the very first alone, which finds a site that is down."""
        traffic = Traffic(one_time=[await self._visitor(1)])
        traffic.one_time += await self._visitors(self._plan.visitors - 1, 1)
        traffic.sticky = await self._visitors(self._plan.sticky_visitors, self._plan.requests_per_visitor)
        if self._plan.can_override:
            traffic.overrides = {
                version: [await self._get(self._new_jar(), override=version) for _ in range(OVERRIDES_EACH)]
                for version in self._plan.versions
            }
        visitors = _one_of_each(traffic.visitors, self._plan.versions)
        traffic.turns = await self._turns(visitors)
        if any(_varying_headers(turn.response) for turn in traffic.turns):
            traffic.varied = await self._vary(next((one.jar for one in visitors.values()), self._new_jar()))
        return traffic

    async def _turns(self, visitors: Mapping[str, Visitor]) -> list[Turn]:
        """Request the same objects for all visitors in turn, so that each finds what the last one left in the cache."""
        turns: list[Turn] = []
        for path in [path for path in self._plan.paths for _ in range(TURNS)]:
            for version in self._plan.versions if self._plan.can_override else ():
                response = await self._get(self._new_jar(), path, override=version)
                turns.append(Turn(version, f"a tester of {version}", response))
            for version, visitor in visitors.items():
                turns.append(Turn(version, f"a visitor of {version}", await self._get(visitor.jar, path)))
            turns.append(Turn("", "a new visitor", await self._get(self._new_jar(), path)))
        return turns

    async def _vary(self, jar: httpx.Cookies) -> list[Varied]:
        """Vary headers of objects that are cached already; of others the unusual response could be cached for all."""
        varied: list[Varied] = []
        for path in self._plan.paths:
            cached = await self._site.get(jar, path)
            for name in _varying_headers(cached)[:MAX_VARIED_HEADERS] if cached.is_cached else ():
                headers = {name: f"edge-router-{token_hex(6)}"}
                varied.append(Varied(name, await self._site.get(jar, path, headers=headers)))
        return varied

    async def _visitors(self, count: int, requests: int) -> list[Visitor]:
        return list(await asyncio.gather(*(self._visitor(requests) for _ in range(count))))

    async def _visitor(self, requests: int) -> Visitor:
        visitor = Visitor(self._new_jar())
        for _ in range(requests):
            visitor.responses.append(await self._get(visitor.jar))
        return visitor

    async def _get(self, jar: httpx.Cookies, path: str = "", override: str = "") -> Response:
        response = await self._site.get(jar, path, override)
        self._on_response()
        return response

    def _new_jar(self) -> httpx.Cookies:
        return cookie_jar(self._plan)


def _varying_headers(response: Response) -> list[str]:
    return [name for name in response.vary if name not in UNVARIED_HEADERS]


def _one_of_each(visitors: Iterable[Visitor], versions: Iterable[str]) -> dict[str, Visitor]:
    """Return the first visitor of each version that any visitor got."""
    first: dict[str, Visitor] = {}
    for visitor in visitors:
        first.setdefault(visitor.version, visitor)
    return {version: first[version] for version in versions if version in first}
