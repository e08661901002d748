"""The visits: who comes, how often, and with which cookies. What they got is judged by the checks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from secrets import token_hex

import httpx

from validator.plan.plan import OVERRIDES_EACH, TURNS, Plan
from validator.traffic.client import Site, cookie_jar
from validator.traffic.response import Answer

UNASKED_HEADERS = frozenset({"*", "accept-encoding", "cookie", "host"})
"""`*` is kept for nobody, caches normalize Accept-Encoding, and the others are the visitor's and the site's own."""
MOST_VARIED_HEADERS = 8
"""With every object, beyond the requests that are planned."""


@dataclass
class Visitor:
    """A visitor with a cookie jar, and the answers in order."""

    jar: httpx.Cookies
    answers: list[Answer] = field(default_factory=list[Answer])

    @property
    def version(self) -> str:
        """The version of the first answer; "" where that is unknown."""
        return self.answers[0].version if self.answers else ""


@dataclass(frozen=True)
class Turn:
    """An answer for an object that visitors of several versions asked for; it should be of `version` ("" any)."""

    version: str
    who: str
    answer: Answer


@dataclass(frozen=True)
class Varied:
    """An answer to a value of the header `name` that nobody has sent before, where a kept answer's Vary names it."""

    name: str
    answer: Answer


@dataclass
class Traffic:
    """All answers. `newcomers` came once, `regulars` several times; `overrides` are by the version asked for."""

    newcomers: list[Visitor] = field(default_factory=list[Visitor])
    regulars: list[Visitor] = field(default_factory=list[Visitor])
    overrides: Mapping[str, list[Answer]] = field(default_factory=dict[str, list[Answer]])
    turns: list[Turn] = field(default_factory=list[Turn])
    varied: list[Varied] = field(default_factory=list[Varied])

    @property
    def visitors(self) -> list[Visitor]:
        return [*self.newcomers, *self.regulars]

    @property
    def answers(self) -> list[Answer]:
        visited = [answer for visitor in self.visitors for answer in visitor.answers]
        forced = [answer for answers in self.overrides.values() for answer in answers]
        return [*visited, *forced, *(turn.answer for turn in self.turns)]


class Visits:
    """Makes the visits of a plan; `on_answer` is called after each."""

    def __init__(self, plan: Plan, site: Site, on_answer: Callable[[], None]) -> None:
        self._plan, self._site, self._on_answer = plan, site, on_answer

    async def made(self) -> Traffic:
        """All of them, one kind after the other; the first of all alone, so that a dead site is known by it."""
        traffic = Traffic(newcomers=[await self._visitor(1)])
        traffic.newcomers += await self._visitors(self._plan.visitors - 1, 1)
        traffic.regulars = await self._visitors(self._plan.sticky_visitors, self._plan.requests_per_visitor)
        if self._plan.can_override:
            traffic.overrides = {
                version: [await self._get(self._new_jar(), override=version) for _ in range(OVERRIDES_EACH)]
                for version in self._plan.versions
            }
        visitors = _one_of_each(traffic.visitors, self._plan.versions)
        traffic.turns = await self._turns(visitors)
        if any(_varying(turn.answer) for turn in traffic.turns):
            traffic.varied = await self._varied(next((one.jar for one in visitors.values()), self._new_jar()))
        return traffic

    async def _turns(self, visitors: Mapping[str, Visitor]) -> list[Turn]:
        """The same objects for everybody, one after the other, so that each finds what the one before left behind."""
        turns: list[Turn] = []
        for path in [path for path in self._plan.paths for _ in range(TURNS)]:
            for version in self._plan.versions if self._plan.can_override else ():
                answer = await self._get(self._new_jar(), path, override=version)
                turns.append(Turn(version, f"a tester of {version}", answer))
            for version, visitor in visitors.items():
                turns.append(Turn(version, f"a visitor of {version}", await self._get(visitor.jar, path)))
            turns.append(Turn("", "a newcomer", await self._get(self._new_jar(), path)))
        return turns

    async def _varied(self, jar: httpx.Cookies) -> list[Varied]:
        """Only where the cache has the object already, or the odd value's answer could be kept for others."""
        varied: list[Varied] = []
        for path in self._plan.paths:
            kept = await self._site.get(jar, path)
            for name in _varying(kept)[:MOST_VARIED_HEADERS] if kept.is_cached else ():
                value = f"edge-router-{token_hex(6)}"
                varied.append(Varied(name, await self._site.get(jar, path, sent={name: value})))
        return varied

    async def _visitors(self, count: int, requests: int) -> list[Visitor]:
        return list(await asyncio.gather(*(self._visitor(requests) for _ in range(count))))

    async def _visitor(self, requests: int) -> Visitor:
        visitor = Visitor(self._new_jar())
        for _ in range(requests):
            visitor.answers.append(await self._get(visitor.jar))
        return visitor

    async def _get(self, jar: httpx.Cookies, path: str = "", override: str = "") -> Answer:
        answer = await self._site.get(jar, path, override)
        self._on_answer()
        return answer

    def _new_jar(self) -> httpx.Cookies:
        return cookie_jar(self._plan)


def _varying(answer: Answer) -> list[str]:
    """The headers that an answer says it depends on and that are worth asking about."""
    return [name for name in answer.vary if name not in UNASKED_HEADERS]


def _one_of_each(visitors: Iterable[Visitor], versions: Iterable[str]) -> dict[str, Visitor]:
    """Somebody who was given this version, for each that was given to anybody."""
    first: dict[str, Visitor] = {}
    for visitor in visitors:
        first.setdefault(visitor.version, visitor)
    return {version: first[version] for version in versions if version in first}
