"""The figures of `make bench`, as data: what is measured, against what in the same round, and what it must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.subjects import (
    ARTICLE,
    COOKIE,
    FORGOTTEN,
    JSON,
    LARGE,
    LIVE,
    NEWCOMER,
    ORIGINS,
    READING,
    SESSIONS,
    SMALL,
    STICKY,
    TENANTS,
    TOKEN,
    Run,
    Subject,
)

Quantity = Literal["init_ms", "first_ms", "start_ms", "cpu_us", "peak_kb"]
UNITS: dict[Quantity, tuple[str, float]] = {
    "init_ms": ("ms", 1),
    "first_ms": ("ms", 1),
    "start_ms": ("ms", 1),
    "cpu_us": ("µs", 1),
    "peak_kb": ("MB", 1 / 1024),
}
"""Each quantity's unit for a person, and what to multiply it by."""
FIRST_DECISIONS: frozenset[Quantity] = frozenset({"init_ms", "first_ms", "start_ms"})

READS, OVER_REMEMBERED, MANY = 1_000, 1_500, 2_000
"""Decisions of a process: those that read, more than are remembered, those that do not read."""
MAX_GROWTH = 1.25
MAX_LIVE = 1.2
"""Off what is measured, 1.10 in an interval of 1.08 to 1.12, so that noise does not decide."""


@dataclass(frozen=True)
class ProcessFigure:
    """The ratio of one quantity of two runs; `make bench-full` alone measures what is not `is_quick`."""

    name: str
    quantity: Quantity
    own: Run
    baseline: Run
    bound: float | None = None
    is_quick: bool = True

    @property
    def group(self) -> str:
        """The heading in the table."""
        return "first decisions" if self.quantity in FIRST_DECISIONS else "CPU and memory"


def _growth(thing: str, subjects: dict[int, Subject], quantity: Quantity, decisions: int) -> ProcessFigure:
    """10,000 things against 10, in so many decisions, which are spread over them: for `make bench-full`."""
    kind = "memory" if quantity == "peak_kb" else "CPU"
    own, baseline = Run(subjects[LARGE], decisions), Run(subjects[SMALL], decisions)
    name = f"{kind}, 10,000 {thing} by 10" + (", all asked" if decisions == LARGE else "")
    return ProcessFigure(name, quantity, own, baseline, MAX_GROWTH, is_quick=False)


FIGURES: tuple[ProcessFigure, ...] = (
    ProcessFigure("start, sticky-session", "start_ms", Run(STICKY), Run(ARTICLE), 0.15),
    ProcessFigure("init alone, sticky-session", "init_ms", Run(STICKY), Run(ARTICLE)),
    ProcessFigure("first invocation, sticky-session", "first_ms", Run(STICKY), Run(ARTICLE), 0.10),
    ProcessFigure("start, cookie-version", "start_ms", Run(NEWCOMER), Run(JSON), 1.25),
    ProcessFigure("start, jwt-iat with HS256", "start_ms", Run(TOKEN), Run(NEWCOMER), 1.5),
    ProcessFigure("CPU, a table read", "cpu_us", Run(READING, READS), Run(ARTICLE, READS), 0.18),
    ProcessFigure("memory after 1,000 table reads", "peak_kb", Run(READING, READS), Run(ARTICLE, READS), 0.32),
    ProcessFigure("CPU, cookie-version", "cpu_us", Run(COOKIE, MANY), Run(JSON, MANY), 2.5),
    ProcessFigure("CPU, a remembered session", "cpu_us", Run(STICKY, MANY), Run(JSON, MANY), 2.5),
    ProcessFigure("CPU, jwt-iat with HS256", "cpu_us", Run(TOKEN, MANY), Run(JSON, MANY), is_quick=False),
    ProcessFigure("CPU, live control", "cpu_us", Run(LIVE, MANY), Run(COOKIE, MANY), MAX_LIVE),
    _growth("tenants", TENANTS, "cpu_us", READS),
    _growth("origins", ORIGINS, "cpu_us", READS),
    _growth("sessions", FORGOTTEN, "cpu_us", READS),
    _growth("sessions", SESSIONS, "peak_kb", OVER_REMEMBERED),
    _growth("tenants", TENANTS, "cpu_us", LARGE),
    _growth("origins", ORIGINS, "cpu_us", LARGE),
    _growth("sessions", FORGOTTEN, "cpu_us", LARGE),
    _growth("sessions", SESSIONS, "peak_kb", LARGE),
)
