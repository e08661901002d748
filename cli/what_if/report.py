"""The answer of `edge-router what-if` as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cli.cost import report as cost_report
from cli.output.console import escape_control, out, print_json, print_table, warn
from cli.what_if.bill import Bill, make_bill
from infra.settings.stack import Stack
from what_if.findings import Counts, Findings
from what_if.notes import UNKNOWN_COUNTRY, notes
from what_if.pace import Pace, predict
from what_if.quotas import Quota, quotas
from what_if.rules import CERTAINTY, MEANINGS

if TYPE_CHECKING:
    from cli.what_if.run import Asked, Read
    from controller.analysis.plan import Plan

MOST_ROWS = 10
HOUR, MINUTE = 3_600, 60
COUNTED = ("requests", "visitors", "moved_exact", "moved_expected", "moved_if_new", "moved_visitors")


@dataclass(frozen=True)
class Report:
    """All parts of an answer; `now` is in seconds since 1970."""

    stack: Stack
    asked: Asked
    read: Read
    plan: Plan | None
    now: float

    @property
    def findings(self) -> Findings:
        return self.read.findings

    @property
    def to(self) -> str:
        """The version to which visitors move."""
        return "canary" if self.findings.rules.after >= self.findings.rules.before else "stable"

    @cached_property
    def pace(self) -> Pace | None:
        """The plan's course; None without a plan, or where nobody could be judged."""
        if self.plan is None or not self.findings.minutes[0] or not self.findings.rules.reads_cookies:
            return None
        return predict(self.plan, self.findings, self.stack.settings.control.refresh_seconds)

    @cached_property
    def bill(self) -> Bill | None:
        seconds = (self.pace.longest_seconds or self.pace.shortest_seconds or 0) if self.pace else 0
        return make_bill(
            self.stack,
            self.findings,
            duration_ms=self.asked.duration_ms,
            rollout_hours=seconds / HOUR,
            is_offline=self.asked.is_offline,
        )

    @cached_property
    def quotas(self) -> list[Quota]:
        if not self.findings.minutes[0]:
            return []
        return list(quotas(self.stack, self.findings, self.asked.duration_ms))

    @cached_property
    def notes(self) -> list[str]:
        found = list(notes(self.stack, self.findings, verifies=not self.asked.is_athena, now=self.now))
        sessions = self.plan and self.findings.rules.session_cookie
        return (
            [*found, "the plan's course takes sessions for new visitors: known ones stay on stable"]
            if sessions
            else found
        )

    def show(self, *, is_json: bool) -> None:
        """Print it, and a warning for every file that could not be read."""
        for name, reason in self.read.unreadable:
            warn(f"{name}: {reason}; it is not in the answer")
        if is_json:
            print_json(self.document())
            return
        for line in self._summary():
            out.print(line, markup=False)
        columns = ("requests", "visitors", f"requests to {self.to}", f"visitors to {self.to}")
        print_table(("reason", *columns, "known", ""), self._reasons())
        print_table(("path", *columns), _rows(self.findings.paths))
        if set(self.findings.countries) - {UNKNOWN_COUNTRY}:
            print_table(("country", *columns), _rows(self.findings.countries))
        self._print_plan()
        if self.quotas:
            print_table(("quota", "default", "busiest minute", "of it"), map(_quota, self.quotas))
        self._print_bill()
        for note in self.notes:
            out.print(f"Note: {note}", markup=False)

    def _summary(self) -> Iterator[str]:
        rules, total = self.findings.rules, self.findings.total
        yield (
            f"{self.stack.name}, {rules.strategy}, release {rules.release}: {rules.before:g} % of new visitors become"
            f" {rules.after:g} %"
        )
        first, last = self.findings.minutes
        times = f", {first} to {last} UTC ({self.findings.hours / 24:.1f} days)" if first else ""
        files = f" in {self.read.files:,} file{'s' * (self.read.files != 1)}" if self.read.files else ""
        yield f"{self.findings.lines:,} lines{files}, {total.requests:,} requests{times}"
        yield (
            f"Would move to {self.to}: {total.moved:,} requests ({_share(total.moved, total.requests)}), of these"
            f" {total.moved_exact:,} exactly, of {total.moved_visitors:,} visitors, and {total.moved_expected:,} as"
            " expected"
        )
        yield (
            f"On canary then: {total.canary:,} of {total.judged:,} judged requests"
            f" ({_share(total.canary, total.judged)}); not judged: {self.findings.not_judged:,}"
        )

    def _reasons(self) -> Iterator[tuple[str, ...]]:
        for reason, counts in self.findings.reasons.items():
            yield (reason, *_numbers(counts), CERTAINTY[reason], MEANINGS[reason])

    def _print_plan(self) -> None:
        if self.plan is None:
            return
        if self.pace is None:
            out.print("The plan's course: not predicted, for the log has no times or nobody could be judged")
            return
        minimum = self.plan.minimum_requests
        rows = [
            (
                f"{step.percent:g} %",
                f"{step.quietest:,} to {step.busiest:,}",
                f"{step.hours} of 24 hours",
                "over 14 days" if step.longest_seconds is None else format_duration(step.longest_seconds),
            )
            for step in self.pace.steps
        ]
        print_table(("step", f"requests by the interval's end, {minimum:,} needed", "enough", "takes at most"), rows)
        out.print(_course(self.plan, self.pace), markup=False)

    def _print_bill(self) -> None:
        if self.bill is None:
            return
        now, then = self.bill.now.total(), self.bill.then.total()
        out.print(
            f"A month at this traffic: {now:,.2f} USD as it is, {then:,.2f} USD then at most"
            f" ({self.bill.difference:+,.2f})",
            markup=False,
        )
        if changes := [(what, f"{before:,.2f}", f"{after:,.2f}") for what, before, after in self.bill.changes()]:
            print_table(("item", "USD now", "USD then"), changes)
        cost_report.print_basis(self.bill.traffic, [self.bill.now], has_free_tier=False)

    def document(self) -> dict[str, Any]:
        """The answer for a program."""
        findings, rules = self.findings, self.findings.rules
        return {
            "stack": self.stack.name,
            "strategy": rules.strategy,
            "release": rules.release,
            "percent": {"before": rules.before, "after": rules.after},
            "log": {
                "engine": "athena" if self.asked.is_athena else "duckdb",
                "lines": findings.lines,
                "requests": findings.total.requests,
                "problems": dict(findings.problems),
                "withoutTime": findings.without_time,
                "files": self.read.files,
                "unreadable": [{"name": name, "reason": reason} for name, reason in self.read.unreadable],
                "firstMinute": findings.minutes[0] or None,
                "lastMinute": findings.minutes[1] or None,
                "hours": round(findings.hours, 3),
                "scannedBytes": self.read.scanned_bytes,
            },
            "movesTo": self.to,
            "total": _counted(findings.total)
            | {"judged": findings.total.judged, "canary": findings.total.canary, "notJudged": findings.not_judged},
            "reasons": [
                {"reason": reason, "known": CERTAINTY[reason], **_counted(counts)}
                for reason, counts in findings.reasons.items()
            ],
            "paths": [{"path": path, **_counted(counts)} for path, counts in findings.paths.items()],
            "countries": [{"country": name, **_counted(counts)} for name, counts in findings.countries.items()],
            "quotas": [{"name": one.name, "default": one.limit, "reached": one.reached} for one in self.quotas],
            "canaryRequestsPerSecond": round(findings.peak_canary_requests / MINUTE, 3),
            "month": None if self.bill is None else _month(self.bill),
            "plan": None if self.plan is None or self.pace is None else _plan(self.plan, self.pace),
            "notes": self.notes,
        }


def format_duration(seconds: int) -> str:
    """Format as `50 min`, `3 h 20 min` or `2 d 4 h`."""
    minutes = -(-seconds // MINUTE)
    days, hours, rest = minutes // 1_440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _numbers(counts: Counts) -> tuple[str, ...]:
    return f"{counts.requests:,}", f"{counts.visitors:,}", f"{counts.moved:,}", f"{counts.moved_visitors:,}"


def _rows(groups: Mapping[str, Counts]) -> Iterator[tuple[str, ...]]:
    """The largest groups, and the sum of the others."""
    names = [name for name in groups if name != "other"]
    rest = [groups[name] for name in (*names[MOST_ROWS:], "other") if name in groups]
    yield from ((escape_control(name), *_numbers(groups[name])) for name in names[:MOST_ROWS])
    if rest:
        yield ("other", *_numbers(sum(rest, Counts())))


def _quota(quota: Quota) -> tuple[str, ...]:
    return quota.name, f"{quota.limit:,.0f}", f"{quota.reached:,.1f}", f"{quota.percent:.1f} %"


def _course(plan: Plan, pace: Pace) -> str:
    short = [f"{step.percent:g} %" for step in pace.steps if step.hours < 24]
    if pace.shortest_seconds is None:
        times = "The plan does not end"
    else:
        times = f"The plan takes {format_duration(pace.shortest_seconds)} begun at {pace.best_hour:02d}:00 UTC"
        worst = "does not end" if pace.longest_seconds is None else format_duration(pace.longest_seconds)
        times += f", {worst} begun at {pace.worst_hour:02d}:00" if pace.longest_seconds != pace.shortest_seconds else ""
    if not short:
        return f"{times}; every step reaches minimumRequests in its interval at every hour"
    action = {"pause": "and pauses there", "wait": "and waits there", "roll-back": "and rolls back"}
    return (
        f"{times}. Not at every hour does it reach minimumRequests in the interval of {', '.join(short)},"
        f" {action[plan.on_inconclusive]} (onInconclusive: {plan.on_inconclusive})"
    )


def _counted(counts: Counts) -> dict[str, int]:
    return {_camel(name): getattr(counts, name) for name in COUNTED}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _month(bill: Bill) -> dict[str, Any]:
    return {
        "requests": bill.traffic.requests,
        "hitPercent": bill.traffic.hit_percent,
        "responseKb": bill.traffic.response_kb,
        "usdNow": float(bill.now.total()),
        "usdThenAtMost": float(bill.then.total()),
        "changes": [
            {"item": what, "usdNow": float(before), "usdThen": float(after)} for what, before, after in bill.changes()
        ],
    }


def _plan(plan: Plan, pace: Pace) -> dict[str, Any]:
    return {
        "minimumRequests": plan.minimum_requests,
        "intervalSeconds": plan.interval_seconds,
        "onInconclusive": plan.on_inconclusive,
        "steps": [
            {
                "percent": step.percent,
                "requestsQuietest": step.quietest,
                "requestsBusiest": step.busiest,
                "hoursWithEnough": step.hours,
                "longestSeconds": step.longest_seconds,
            }
            for step in pace.steps
        ],
        "shortestSeconds": pace.shortest_seconds,
        "longestSeconds": pace.longest_seconds,
        "bestHour": pace.best_hour,
        "worstHour": pace.worst_hour,
    }
