"""Cold instances on as little of a core as Lambda gives them, with the table at a distance."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench.finding import Finding, find_maximum, find_median
from bench.processes import Machine, first_decision
from bench.subjects import ABROAD, ARTICLE, NEWCOMER, TENANT_LOOKUP, TOKEN, Subject
from simulator.cpu_share import CpuLimiter

ROUND_TRIP_MS = 30
INIT_LIMIT_MS = 10_000
"""The time limit of the init phase ("Understanding the Lambda execution environment lifecycle")."""
FULL_ROUNDS = 15
GROUP = "cold instances"
SUBJECTS: Mapping[str, Subject] = {
    "sticky-session": ABROAD,
    "tenant-lookup": TENANT_LOOKUP,
    "jwt-iat": TOKEN,
    "cookie-version": NEWCOMER,
    "article": ARTICLE,
}


@dataclass(frozen=True)
class Memory:
    """A function's memory, the share of a core that comes with it, and how many instances start at once.

    A whole core is 1,769 MB ("Configure Lambda function memory"), and the shares are in proportion.
    """

    mb: int
    share: float
    at_once: int

    @property
    def text(self) -> str:
        return f"{self.mb:,} MB"


MEMORIES = (Memory(128, 0.07, 8), Memory(512, 0.29, 2), Memory(1792, 1.0, 1))
SMALLEST = MEMORIES[0]


@dataclass(frozen=True)
class Start:
    """One cold instance; `failure` is the reason of a first decision that ended in a fallback, else ""."""

    init_ms: float
    first_ms: float
    failure: str


@dataclass(frozen=True)
class ColdStarts:
    """Starts instances; `port` is that of the way to DynamoDB on which a round trip takes ROUND_TRIP_MS."""

    machine: Machine
    limiter: CpuLimiter
    port: int

    def find(self, count: int, *, is_full: bool) -> Iterator[Finding]:
        """`count` of sticky-session with the smallest memory; the others only where every figure is asked for."""
        starts = self.start(ABROAD, SMALLEST, count)
        yield from _find_fallbacks(starts)
        yield from _find_durations("sticky-session", SMALLEST, starts)
        for memory in MEMORIES if is_full else ():
            for strategy, subject in SUBJECTS.items():
                if (subject, memory) != (ABROAD, SMALLEST):
                    yield from _find_durations(strategy, memory, self.start(subject, memory, FULL_ROUNDS))

    def start(self, subject: Subject, memory: Memory, count: int) -> list[Start]:
        """So many cold instances, and the first decision of each."""
        self.machine.prepare(subject)
        with ThreadPoolExecutor(memory.at_once) as pool:
            started = [pool.submit(self._start_one, subject, memory) for _ in range(count)]
            return [one.result() for one in started]

    def _start_one(self, subject: Subject, memory: Memory) -> Start:
        quota = self.limiter.quota(memory.share)
        try:
            with self.machine.start(subject, port=self.port, quota=quota, is_logged=True) as worker:
                taken = first_decision(worker)
                return Start(taken["init_ms"], taken["first_ms"], _failure(worker.log()))
        finally:
            quota.close()


def _find_fallbacks(starts: Sequence[Start]) -> Iterator[Finding]:
    reasons = Counter(start.failure for start in starts if start.failure)
    about = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()) or "every session was found"
    yield find_maximum("first decisions in a fallback", reasons.total(), 0, "", len(starts), about, GROUP)
    slowest = max(start.init_ms for start in starts)
    yield find_maximum("slowest init", slowest, INIT_LIMIT_MS, "ms", len(starts), _under(SMALLEST), GROUP)


def _find_durations(strategy: str, memory: Memory, starts: Sequence[Start]) -> Iterator[Finding]:
    name, about = f"{memory.text}, {strategy}", _under(memory)
    yield find_median(f"init, {name}", [one.init_ms for one in starts], "ms", about, GROUP)
    yield find_median(f"first request, {name}", [one.first_ms for one in starts], "ms", about, GROUP)


def _under(memory: Memory) -> str:
    return f"{memory.share:.0%} of a core, {ROUND_TRIP_MS} ms to the table"


def _failure(log: str) -> str:
    """The reason of the decision's line, where that is a fallback; handlers without a log have none."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return next((str(line["reason"]) for line in lines if line.get("fallback")), "")
