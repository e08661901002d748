"""The answer to a what-if: counts by reason, path and country, and the traffic by hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from what_if.rules import CERTAINTY, CONDITIONAL, UNKNOWN, Rules
from what_if.statements import KINDS

FEWEST = 10
"""Groups of fewer requests are added up: a path may have a visitor's name in it."""
MOST_GROUPS = 100
MINUTES_PER_HOUR, HOURS_PER_DAY = 60, 24


@dataclass(frozen=True)
class Counts:
    """Numbers of requests, but for `bytes`, `visitors` and `moved_visitors`.

    `judged` requests have a version before and after, `canary` of them are on the canary after. Moved are those whose
    version changes: by a cookie, by the request id, and by a session in case it is unknown. `visitors` are those whom a
    cookie names; of a log of sessions, the sessions.
    """

    requests: int = 0
    bytes: int = 0
    hits: int = 0
    router_requests: int = 0
    canary_router_requests: int = 0
    judged: int = 0
    canary: int = 0
    moved_exact: int = 0
    moved_expected: int = 0
    moved_if_new: int = 0
    visitors: int = 0
    moved_visitors: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def moved(self) -> int:
        """Requests of those who are known to move or expected to."""
        return self.moved_exact + self.moved_expected


@dataclass(frozen=True)
class Findings:
    """Findings of a log. `paths` and `countries` begin with the most requests; the rest is in "other".

    `steps` has the requests at the router by hour of the day and step: -1 are on the canary whatever the percentage, -2
    not judged, and the last on stable. `minutes` are "YYYY-MM-DD HH:MM", the first and the last one, and
    the peaks are those of a minute.
    """

    rules: Rules
    total: Counts
    reasons: Mapping[str, Counts]
    paths: Mapping[str, Counts]
    countries: Mapping[str, Counts]
    steps: Mapping[tuple[int, int], int]
    minutes: tuple[str, str]
    peak_requests: int
    peak_router_requests: int
    peak_canary_requests: int
    problems: Mapping[str, int]
    without_time: int

    @property
    def lines(self) -> int:
        """The number of lines, with those that are not requests."""
        return self.total.requests + sum(self.problems.values())

    @property
    def hours_covered(self) -> dict[int, float]:
        """The hours of the log by hour of the day."""
        if not self.minutes[0]:
            return {}
        first, last = (_minutes(minute) for minute in self.minutes)
        return _cover_hours(first, last + 1)

    @property
    def hours(self) -> float:
        """The length of the log in hours; 0 without times."""
        return sum(self.hours_covered.values())

    def requests_by(self, certainty: str) -> int:
        """Return the number of requests whose version is known so well."""
        return sum(counts.requests for reason, counts in self.reasons.items() if CERTAINTY[reason] == certainty)

    @property
    def not_judged(self) -> int:
        """Requests without a version: of sessions, and those for which the log has too little."""
        return self.total.requests - self.total.judged

    @property
    def has_cookies(self) -> bool:
        """True where a cookie of the strategy's is in the log."""
        return bool(self.requests_by(CONDITIONAL) + self.requests_by(UNKNOWN)) or any(
            reason in self.reasons for reason in ("cookie", "other-release", "unknown-version", "forged-cookie")
        )


def read_findings(rows: Iterable[Mapping[str, Any]], rules: Rules) -> Findings:
    """Return the findings in the rows of the summary; Athena's are text."""
    by_kind: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_kind[int(row["kind"])].append(row)
    reasons = {str(row["reason"]): _counts(row) for row in by_kind[KINDS["reason"]]}
    problems = {name: reasons.pop(name).requests for name in list(reasons) if name not in CERTAINTY}
    minutes = {str(row["minute"]): _counts(row) for row in by_kind[KINDS["minute"]] if _is_minute(row["minute"])}
    [total] = [_counts(row) for row in by_kind[KINDS["all"]]] or [Counts()]
    steps: dict[tuple[int, int], int] = defaultdict(int)
    for row in by_kind[KINDS["hour"]]:
        if row["hour"] and int(row["hour"]) < HOURS_PER_DAY:
            steps[int(row["hour"]), int(row["step"])] += int(row["router_requests"])
    return Findings(
        rules=rules,
        total=replace(sum(reasons.values(), Counts()), visitors=total.visitors, moved_visitors=total.moved_visitors),
        reasons=dict(sorted(reasons.items(), key=_by_size)),
        paths=_groups(by_kind[KINDS["path"]], "path_group"),
        countries=_groups(by_kind[KINDS["country"]], "country"),
        steps=dict(steps),
        minutes=(min(minutes, default=""), max(minutes, default="")),
        peak_requests=max((counts.requests for counts in minutes.values()), default=0),
        peak_router_requests=max((counts.router_requests for counts in minutes.values()), default=0),
        peak_canary_requests=max((counts.canary_router_requests for counts in minutes.values()), default=0),
        problems=problems,
        without_time=sum(reason.requests for reason in reasons.values())
        - sum(counts.requests for counts in minutes.values()),
    )


def epoch_seconds(minute: str) -> int:
    """Return the start of a minute of the log in seconds since 1970."""
    return _minutes(minute) * 60


def _is_minute(text: str | None) -> bool:
    """True for a time that exists; the query looks at digits only."""
    try:
        return bool(text) and _minutes(text) >= 0
    except ValueError:
        return False


def _minutes(minute: str) -> int:
    return int(datetime.strptime(minute, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp()) // 60


def _cover_hours(first: int, end: int) -> dict[int, float]:
    """The hours between two minutes by hour of the day: whole days at once, for a line may have a date of any year."""
    days, rest = divmod(end - first, HOURS_PER_DAY * MINUTES_PER_HOUR)
    covered = defaultdict[int, float](float, dict.fromkeys(range(HOURS_PER_DAY), float(days)) if days else {})
    end = first + rest
    for hour in range(first // MINUTES_PER_HOUR, -(-end // MINUTES_PER_HOUR)):
        start, until = max(first, hour * MINUTES_PER_HOUR), min(end, (hour + 1) * MINUTES_PER_HOUR)
        covered[hour % HOURS_PER_DAY] += (until - start) / MINUTES_PER_HOUR
    return dict(covered)


def _counts(row: Mapping[str, Any]) -> Counts:
    return Counts(*(int(row[one.name] or 0) for one in fields(Counts)))


def _by_size(one: tuple[str, Counts]) -> tuple[int, str]:
    """The largest first, and by name where two are as large."""
    return -one[1].requests, one[0]


def _groups(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, Counts]:
    """The groups with enough requests, the largest first; the sum of the others has their visitors added up."""
    found = sorted(((str(row[name]), _counts(row)) for row in rows if row[name]), key=_by_size)
    shown = {group: counts for group, counts in found[:MOST_GROUPS] if counts.requests >= FEWEST}
    rest = [counts for group, counts in found if group not in shown]
    return {**shown, "other": sum(rest, Counts())} if rest else shown
