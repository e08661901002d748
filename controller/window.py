"""Which minutes of a step are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_RECENT_SECONDS = 3_600
LONGEST_SECONDS = 14 * 86_400
"""CloudWatch keeps metrics by the minute for 15 days ("CloudWatch concepts")."""


@dataclass(frozen=True)
class Timing:
    """How metrics come: in whole periods, `lag_seconds` late. A step's first `settle_seconds` are not of it.

    Every instance of the router takes a new percentage over within control.refreshSeconds; 2 s are for the table's
    replication.
    """

    period_seconds: int = 60
    lag_seconds: int = 60
    settle_seconds: int = 12


@dataclass(frozen=True)
class Window:
    """From `start` until just before `end`, in seconds since 1970, both whole periods."""

    start: int
    end: int


def windows(step_started_at: int, interval_seconds: int, now: float, timing: Timing) -> Iterator[Window]:
    """The window to judge, and a longer one in case that it has too few requests; nothing where there is none yet.

    The first one is the last interval, an hour at most: hours of good figures must not hide a bad one. The second is
    the whole step.
    """
    period = timing.period_seconds
    end = (int(now) - timing.lag_seconds) // period * period
    begin = -(-(step_started_at + timing.settle_seconds) // period) * period
    begin = max(begin, end - LONGEST_SECONDS)
    recent = end - max(period, min(interval_seconds, LONGEST_RECENT_SECONDS) // period * period)
    if begin < recent:
        yield Window(recent, end)
    if begin < end:
        yield Window(begin, end)
