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
    NEWCOMER_SOURCE,
    NULL,
    ORIGINS,
    READING,
    SESSIONS,
    SMALL,
    STICKY,
    STICKY_SOURCE,
    TENANTS,
    Run,
    Subject,
)

Quantity = Literal["start_ms", "cpu_us", "peak_kb"]
UNITS: dict[Quantity, tuple[str, float]] = {"start_ms": ("ms", 1), "cpu_us": ("µs", 1), "peak_kb": ("MB", 1 / 1024)}
"""Each quantity's unit for a person, and what to multiply it by."""

FEW, READS, OVER_REMEMBERED, MANY = 300, 1_000, 1_500, 3_000
"""Decisions of a process: few of the article, those that read, more than are remembered, those that do not read."""
MAX_GROWTH = 1.25


@dataclass(frozen=True)
class ProcessFigure:
    """The ratio of one quantity of two runs; `make bench-full` alone measures what is not `is_quick`."""

    name: str
    quantity: Quantity
    own: Run
    baseline: Run
    bound: float | None = None
    is_quick: bool = True


def _growth(thing: str, subjects: dict[int, Subject]) -> tuple[ProcessFigure, ProcessFigure]:
    """10,000 things against 10: in few decisions, which are spread over them, and in as many as there are things."""
    return (
        ProcessFigure(
            f"CPU per decision, {LARGE:,} {thing} against {SMALL}",
            "cpu_us",
            Run(subjects[LARGE], READS),
            Run(subjects[SMALL], READS),
            MAX_GROWTH,
        ),
        ProcessFigure(
            f"CPU per decision, {LARGE:,} {thing} against {SMALL}, {LARGE:,} decisions",
            "cpu_us",
            Run(subjects[LARGE], LARGE),
            Run(subjects[SMALL], LARGE),
            MAX_GROWTH,
            is_quick=False,
        ),
    )


FIGURES: tuple[ProcessFigure, ...] = (
    ProcessFigure("process start → first decision, sticky-session", "start_ms", Run(STICKY), Run(ARTICLE), 0.25),
    ProcessFigure("process start → first decision, cookie-version", "start_ms", Run(NEWCOMER), Run(ARTICLE), 0.12),
    ProcessFigure("the same, sticky-session without bytecode", "start_ms", Run(STICKY_SOURCE), Run(ARTICLE)),
    ProcessFigure("the same, cookie-version without bytecode", "start_ms", Run(NEWCOMER_SOURCE), Run(ARTICLE)),
    ProcessFigure("the same, a handler that does nothing", "start_ms", Run(NULL), Run(ARTICLE)),
    ProcessFigure("CPU per decision with a table read", "cpu_us", Run(READING, FEW), Run(ARTICLE, FEW), 0.30),
    ProcessFigure(
        f"peak memory after {READS:,} decisions with a table read",
        "peak_kb",
        Run(READING, READS),
        Run(ARTICLE, READS),
        0.5,
    ),
    ProcessFigure("CPU per decision, cookie-version", "cpu_us", Run(COOKIE, MANY), Run(JSON, MANY), 3.5),
    ProcessFigure("CPU per decision, remembered session", "cpu_us", Run(STICKY, MANY), Run(JSON, MANY), 3.5),
    ProcessFigure("CPU per decision with live control", "cpu_us", Run(LIVE, MANY), Run(COOKIE, MANY), 1.125),
    *_growth("tenants", TENANTS),
    *_growth("sessions", FORGOTTEN),
    *_growth("origins", ORIGINS),
    ProcessFigure(
        f"peak memory, {OVER_REMEMBERED:,} sessions against {SMALL} (1,000 are remembered)",
        "peak_kb",
        Run(SESSIONS[LARGE], OVER_REMEMBERED),
        Run(SESSIONS[SMALL], OVER_REMEMBERED),
        1.25,
    ),
    ProcessFigure(
        f"peak memory, {LARGE:,} sessions against {SMALL} (1,000 are remembered)",
        "peak_kb",
        Run(SESSIONS[LARGE], LARGE),
        Run(SESSIONS[SMALL], LARGE),
        1.25,
        is_quick=False,
    ),
)
