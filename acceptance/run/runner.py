"""Runs the tests of a file, step by step."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass

import httpx

from acceptance.checks.judge import Verdict, judge, judge_share
from acceptance.checks.response import Seen, Tells
from acceptance.format.expect import Expect
from acceptance.format.read import Location, TestFile
from acceptance.format.request import Request
from acceptance.format.step import Step
from acceptance.format.suite import Case, Suite
from acceptance.run.place import Place, SetUpError, overrides
from acceptance.run.result import Failure, Result
from acceptance.run.sender import NoResponseError, Sender
from acceptance.run.visitor import Person

MAX_DRAWS = 200
ADVANCED = "advance moves the cache's clock and that of CloudFront Functions, not Lambda's or DynamoDB's"
"""The addition to a failure after such a step: sessions and tokens do not expire by it."""


@dataclass(frozen=True)
class Runner:
    """Runs tests of a file at a place; with `is_strict`, what cannot be judged fails.

    `only` is "local" or "address"; tests for the other one are skipped. `client` sends as it is told: no redirects, no
    cookies of its own.
    """

    file: TestFile
    place: Place
    client: httpx.AsyncClient
    only: str
    is_strict: bool = False
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self, index: int) -> Result:
        """Run the `index`th test of the file to its end or to the first step that fails; no variable shows."""
        case = self.file.suite.tests[index]
        result = Result(case.name, self.file.line("tests", index))
        if case.only is not None and case.only != self.only:
            result.reason = f"only: {case.only}"
            return result.redact(self.file.redact)
        started = self.clock()
        await _Course(self, case, index, result).run()
        result.edge = self.place.take_edge_errors()
        result.seconds = self.clock() - started
        return result.redact(self.file.redact)


class _Course:
    """The course of one test: its settings, its visitors, and what was found."""

    def __init__(self, runner: Runner, case: Case, index: int, result: Result) -> None:
        self._runner, self._case, self._index, self._result = runner, case, index, result
        suite = runner.file.suite
        self._place = runner.place
        self._settings = [*overrides(suite.set), *overrides(case.set)]
        self._people: dict[str, Person] = {}
        self._is_advanced = False
        self._sender = Sender(runner.place, runner.client, _tells(suite), suite.host, runner.clock)

    async def run(self) -> None:
        key: Location = ("tests", self._index)
        try:
            await self._place.begin(self._settings)
            for number, step in enumerate(self._case.steps):
                key = ("tests", self._index, "steps", number)
                await self._do(step, self._runner.file.place(*key))
                if self._result.failures:
                    break
            await self._place.end()
        except SetUpError as error:
            self._fail(Failure(self._runner.file.place(*key), "set-up", "", str(error)))

    async def _do(self, step: Step, place: str) -> None:
        if step.request is not None:
            await self._request(step, step.request, place)
        elif step.wait is not None:
            await self._runner.sleep(step.wait)
        elif step.set is not None:
            self._settings += overrides(step.set)
            await self._place.change(self._settings)
        else:
            await self._place.set_up(step)
            self._is_advanced |= step.advance is not None

    async def _request(self, step: Step, request: Request, place: str) -> None:
        expect = step.expect or Expect()
        versions: Counter[str] = Counter()
        firsts: list[Seen] = []
        number, turn = 1, 1
        try:
            drawn = await self._draw(step, request) if step.draw else None
            if step.draw and drawn is None:
                found = f"none of {MAX_DRAWS} new visitors"
                self._fail(Failure(place, "draw", f"a visitor of {step.draw}", found, request.text))
                return
            for number, person in enumerate(self._visitors(step), 1):
                for turn in range(1, request.repeat + 1):
                    seen = drawn or await self._sender.send(request, person, number if step.visitors else turn)
                    drawn = None
                    self._note(judge(expect, seen, person.version), place, _which(step, request, number, turn), seen)
                    person.version = person.version or seen.version
                    if self._result.failures:
                        return
                    firsts += [seen] if turn == 1 else []
                    versions[seen.version or "unknown"] += 1
        except NoResponseError as error:
            which = _which(step, request, number, turn)
            self._fail(Failure(place, "response", "a response", str(error), which))
            return
        self._result.seen.append(_summary(versions, firsts[-1]))
        if expect.share is not None:
            share = judge_share(expect.share, [seen.version for seen in firsts], self._place.percent)
            self._note([share], place, request.text)

    async def _draw(self, step: Step, request: Request) -> Seen | None:
        """Let new visitors try until one gets the version; return their response, None where nobody does."""
        declared = self._runner.file.suite.visitors.get(step.visitor)
        for number in range(1, MAX_DRAWS + 1):
            person = self._sender.meet(declared)
            seen = await self._sender.send(request, person, number)
            if seen.version == step.draw:
                self._people[step.visitor] = person
                return seen
        return None

    def _note(self, verdicts: Iterable[Verdict], place: str, request: str, seen: Seen | None = None) -> None:
        """Note what came of expectations; strictly, one that could not be judged has failed."""
        for verdict in verdicts:
            if verdict.is_met is None:
                self._result.not_judged[verdict.expectation] = verdict.actual
            if verdict.is_met is False or (verdict.is_met is None and self._runner.is_strict):
                log = seen.log or () if seen is not None else ()
                which = f"{request}; {ADVANCED}" if self._is_advanced else request
                self._fail(Failure(place, verdict.expectation, verdict.expected, verdict.actual, which, log))
            self._result.judged += verdict.is_met is not None

    def _fail(self, failure: Failure) -> None:
        self._result.failures.append(failure)

    def _visitors(self, step: Step) -> Iterator[Person]:
        if not step.visitor:
            yield from (self._sender.meet() for _ in range(step.visitors or 1))
            return
        if step.visitor not in self._people:
            self._people[step.visitor] = self._sender.meet(self._runner.file.suite.visitors.get(step.visitor))
        yield self._people[step.visitor]


def _tells(suite: Suite) -> Tells:
    names = {code: name for name, code in suite.versions.codes.items()}
    return Tells(suite.versions.header, names, suite.versions.cookie, suite.origin_header or "")


def _which(step: Step, request: Request, number: int, turn: int) -> str:
    """`GET /, visitor 3 of 20, request 2 of 5`."""
    parts = [request.text]
    if step.visitor:
        parts.append(f"visitor {step.visitor}")
    if step.visitors:
        parts.append(f"visitor {number} of {step.visitors}")
    if request.repeat > 1:
        parts.append(f"request {turn} of {request.repeat}")
    return ", ".join(parts)


def _summary(versions: Counter[str], last: Seen) -> str:
    """`stable 9, canary 11`; of one response also the reason, such as `canary, session`."""
    if sum(versions.values()) > 1:
        return ", ".join(f"{version} {count}" for version, count in sorted(versions.items()))
    told = last.version or last.origin or str(last.status)
    return ", ".join(dict.fromkeys([told, *last.reasons])) if last.cache != "hit" else f"{told}, hit"
