"""The course of a rollout's plan at the traffic of a log: which steps get enough requests, and how long all takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controller.analysis.plan import LONGEST_SECONDS, Plan, Timing, Window, windows
from what_if.findings import HOURS_PER_DAY, Findings

HOUR, DAY = 3_600, 86_400
STABLE_ONLY_BELOW = 100
"""At 100 % no new visitors go to stable, and its minimum does not count."""


@dataclass(frozen=True)
class Step:
    """A step of the plan, begun at each full hour of the day.

    `quietest` and `busiest` are the requests of the smaller version by the end of the interval, `hours` how many of the
    24 starts have enough by then, `longest_seconds` how long the slowest of them takes; None where 14 days do not
    suffice.
    """

    percent: float
    quietest: int
    busiest: int
    hours: int
    longest_seconds: int | None


@dataclass(frozen=True)
class Pace:
    """A plan's course. The times are those of the best and the worst hour to begin; None where a step has no end."""

    steps: tuple[Step, ...]
    shortest_seconds: int | None
    longest_seconds: int | None
    best_hour: int
    worst_hour: int


@dataclass(frozen=True)
class Traffic:
    """Requests a second by hour of the day, the same every day."""

    rates: Sequence[float]

    def requests(self, window: Window) -> float:
        """Return the expected number in a window; times are seconds from midnight."""
        return self._until(window.end) - self._until(window.start)

    def _until(self, time: int) -> float:
        days, rest = divmod(time, DAY)
        hour, seconds = divmod(rest, HOUR)
        whole = HOUR * (days * sum(self.rates) + sum(self.rates[:hour]))
        return whole + self.rates[hour] * seconds


def predict(plan: Plan, findings: Findings, settle_seconds: int) -> Pace:
    """Return the course of the plan, whose steps are the rules'. It ends at LONGEST_SECONDS for each step.

    A step's first `settle_seconds` do not count, as in the controller.

    A step that is inconclusive is taken to wait; with `onInconclusive: pause` a person resumes it at once.
    """
    timing = Timing(settle_seconds=settle_seconds)
    courses = [_Course(plan, index, *_rates(findings, index), timing) for index in range(len(plan.steps))]
    courses = [one for one in courses if one.percent >= findings.rules.before]
    lengths = {hour: _length(courses, hour * HOUR) for hour in range(HOURS_PER_DAY)}
    ends = {hour: seconds for hour, seconds in lengths.items() if seconds is not None}
    best = min(ends, key=lambda hour: ends[hour], default=0)
    worst = next((hour for hour, seconds in lengths.items() if seconds is None), None)
    if worst is None:
        worst = max(ends, key=lambda hour: ends[hour], default=0)
    return Pace(tuple(one.step() for one in courses), lengths[best], lengths[worst], best, worst)


@dataclass(frozen=True)
class _Course:
    plan: Plan
    index: int
    canary: Traffic
    stable: Traffic
    timing: Timing

    @property
    def percent(self) -> float:
        return self.plan.steps[self.index]

    def step(self) -> Step:
        starts = [hour * HOUR for hour in range(HOURS_PER_DAY)]
        at_end = [self._smaller(start, self.plan.interval_seconds) for start in starts]
        lengths = [self.length(start) for start in starts]
        longest = None if None in lengths else max(length for length in lengths if length is not None)
        reached = sum(requests >= self.plan.minimum_requests for requests in at_end)
        return Step(self.percent, int(min(at_end)), int(max(at_end)), reached, longest)

    def length(self, start: int) -> int | None:
        """Return how long the step takes from a time of the day; whole minutes after the interval, as the controller
        looks; None without an end.
        """
        shortest = self.plan.interval_seconds
        low, high = 0, max(0, LONGEST_SECONDS - shortest) // self.timing.period_seconds
        if self._smaller(start, shortest + high * self.timing.period_seconds) < self.plan.minimum_requests:
            return None
        while low < high:
            middle = (low + high) // 2
            if self._smaller(start, shortest + middle * self.timing.period_seconds) < self.plan.minimum_requests:
                low = middle + 1
            else:
                high = middle
        return shortest + low * self.timing.period_seconds

    def _smaller(self, start: int, seconds: int) -> float:
        """The requests of the version that has fewer, in the longest window that is analyzed after some seconds."""
        found = list(windows(start, self.plan.interval_seconds, start + seconds, self.timing))
        if not found:
            return 0.0
        canary = self.canary.requests(found[-1])
        return min(canary, self.stable.requests(found[-1])) if self.percent < STABLE_ONLY_BELOW else canary


def _length(courses: Sequence[_Course], start: int) -> int | None:
    time = start
    for one in courses:
        seconds = one.length(time)
        if seconds is None:
            return None
        time += seconds
    return time - start


def _rates(findings: Findings, index: int) -> tuple[Traffic, Traffic]:
    """Requests a second of canary and stable at a step; hours that the log does not cover have the average."""
    versions: tuple[dict[int, int], dict[int, int]] = {}, {}
    for (hour, step), requests in findings.steps.items():
        if step >= -1:
            version = versions[step > index]
            version[hour] = version.get(hour, 0) + requests
    canary, stable = (_traffic(version, findings.hours_covered) for version in versions)
    return canary, stable


def _traffic(requests: Mapping[int, int], covered: Mapping[int, float]) -> Traffic:
    average = sum(requests.values()) / (sum(covered.values()) * HOUR) if covered else 0.0
    return Traffic(
        [
            requests.get(hour, 0) / (covered[hour] * HOUR) if hour in covered else average
            for hour in range(HOURS_PER_DAY)
        ]
    )
