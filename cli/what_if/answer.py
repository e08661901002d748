"""The answer of `edge-router what-if`: its parts, and all of it as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cli.what_if.bill import Bill, make_bill
from controller.analysis.plan import MIRROR_SECONDS, settle_seconds
from infra.cdn.javascript import build_key_values
from infra.settings.stack import Stack
from strategies.options import camel_case
from what_if.findings import Counts, Findings
from what_if.notes import notes
from what_if.pace import Pace, predict
from what_if.quotas import Quota, quotas
from what_if.rules import CERTAINTY

if TYPE_CHECKING:
    from cli.what_if.run import Asked, Read
    from controller.analysis.plan import Plan

HOUR, MINUTE = 3_600, 60
COUNTED = ("requests", "visitors", "moved_exact", "moved_expected", "moved_if_new", "moved_visitors")


@dataclass(frozen=True)
class Answer:
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
        mirror_seconds = MIRROR_SECONDS if build_key_values(self.stack) else 0
        settle = settle_seconds(self.stack.settings.control.refresh_seconds, mirror_seconds)
        return predict(self.plan, self.findings, settle)

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
            "total": _counts_by_name(findings.total)
            | {"judged": findings.total.judged, "canary": findings.total.canary, "notJudged": findings.not_judged},
            "reasons": [
                {"reason": reason, "known": CERTAINTY[reason], **_counts_by_name(counts)}
                for reason, counts in findings.reasons.items()
            ],
            "paths": [{"path": path, **_counts_by_name(counts)} for path, counts in findings.paths.items()],
            "countries": [{"country": name, **_counts_by_name(counts)} for name, counts in findings.countries.items()],
            "quotas": [{"name": one.name, "default": one.limit, "reached": one.reached} for one in self.quotas],
            "canaryRequestsPerSecond": round(findings.peak_canary_requests / MINUTE, 3),
            "month": None if self.bill is None else _month(self.bill),
            "plan": None if self.plan is None or self.pace is None else _plan(self.plan, self.pace),
            "notes": self.notes,
        }


def _counts_by_name(counts: Counts) -> dict[str, int]:
    return {camel_case(name): getattr(counts, name) for name in COUNTED}


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
