"""The answer of `edge-router what-if` for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cli.cost import report as cost_report
from cli.output.console import escape_control, out, print_table
from cli.what_if.answer import MINUTE, Answer
from what_if.findings import Counts
from what_if.notes import UNKNOWN_COUNTRY
from what_if.rules import CERTAINTY, MEANINGS

if TYPE_CHECKING:
    from controller.analysis.plan import Plan
    from what_if.pace import Pace
    from what_if.quotas import Quota

MOST_ROWS = 10


def print_answer(answer: Answer) -> None:
    """Print all parts that the log allows."""
    for line in _summary(answer):
        out.print(line, markup=False)
    columns = ("requests", "visitors", f"requests to {answer.to}", f"visitors to {answer.to}")
    print_table(("reason", *columns, "known", ""), _reasons(answer))
    print_table(("path", *columns), _rows(answer.findings.paths))
    if set(answer.findings.countries) - {UNKNOWN_COUNTRY}:
        print_table(("country", *columns), _rows(answer.findings.countries))
    _print_plan(answer)
    if answer.quotas:
        print_table(("quota", "default", "busiest minute", "of it"), map(_quota, answer.quotas))
    _print_bill(answer)
    for note in answer.notes:
        out.print(f"Note: {note}", markup=False)


def _summary(answer: Answer) -> Iterator[str]:
    rules, total = answer.findings.rules, answer.findings.total
    yield (
        f"{answer.stack.name}, {rules.strategy}, release {rules.release}: {rules.before:g} % of new visitors become"
        f" {rules.after:g} %"
    )
    first, last = answer.findings.minutes
    times = f", {first} to {last} UTC ({answer.findings.hours / 24:.1f} days)" if first else ""
    files = f" in {answer.read.files:,} file{'s' * (answer.read.files != 1)}" if answer.read.files else ""
    yield f"{answer.findings.lines:,} lines{files}, {total.requests:,} requests{times}"
    yield (
        f"Would move to {answer.to}: {total.moved:,} requests ({_share(total.moved, total.requests)}), of these"
        f" {total.moved_exact:,} exactly, of {total.moved_visitors:,} visitors, and {total.moved_expected:,} as"
        " expected"
    )
    yield (
        f"On canary then: {total.canary:,} of {total.judged:,} judged requests"
        f" ({_share(total.canary, total.judged)}); not judged: {answer.findings.not_judged:,}"
    )


def _reasons(answer: Answer) -> Iterator[tuple[str, ...]]:
    for reason, counts in answer.findings.reasons.items():
        yield (reason, *_numbers(counts), CERTAINTY[reason], MEANINGS[reason])


def _print_plan(answer: Answer) -> None:
    if answer.plan is None:
        return
    if answer.pace is None:
        out.print("The plan's course: not predicted, for the log has no times or nobody could be judged")
        return
    minimum = answer.plan.minimum_requests
    rows = [
        (
            f"{step.percent:g} %",
            f"{step.quietest:,} to {step.busiest:,}",
            f"{step.hours} of 24 hours",
            "over 14 days" if step.longest_seconds is None else format_duration(step.longest_seconds),
        )
        for step in answer.pace.steps
    ]
    print_table(("step", f"requests by the interval's end, {minimum:,} needed", "enough", "takes at most"), rows)
    out.print(_course(answer.plan, answer.pace), markup=False)


def _print_bill(answer: Answer) -> None:
    if answer.bill is None:
        return
    now, then = answer.bill.now.total(), answer.bill.then.total()
    out.print(
        f"A month at this traffic: {now:,.2f} USD as it is, {then:,.2f} USD then at most"
        f" ({answer.bill.difference:+,.2f})",
        markup=False,
    )
    if changes := [(what, f"{before:,.2f}", f"{after:,.2f}") for what, before, after in answer.bill.changes()]:
        print_table(("item", "USD now", "USD then"), changes)
    cost_report.print_basis(answer.bill.traffic, [answer.bill.now], has_free_tier=False)


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
    share = f"{quota.percent:.1f} %" + (": exceeded" if quota.is_exceeded else "")
    return quota.name, f"{quota.limit:,.0f}", f"{quota.reached:,.1f}", share


def _course(plan: Plan, pace: Pace) -> str:
    short = [f"{step.percent:g} %" for step in pace.steps if step.hours < 24]
    if pace.shortest_seconds is None:
        times = "The plan does not end"
    else:
        times = f"The plan takes {format_duration(pace.shortest_seconds)} if begun at {pace.best_hour:02d}:00 UTC"
        worst = "does not end" if pace.longest_seconds is None else format_duration(pace.longest_seconds)
        if pace.longest_seconds != pace.shortest_seconds:
            times += f", {worst} if begun at {pace.worst_hour:02d}:00"
    if not short:
        return f"{times}; every step reaches minimumRequests in its interval at every hour"
    action = {"pause": "pauses", "wait": "waits", "roll-back": "rolls back"}[plan.on_inconclusive]
    return (
        f"{times}. Steps with fewer than minimumRequests in their interval, at some hours or at all:"
        f" {', '.join(short)}. The rollout {action} there (onInconclusive: {plan.on_inconclusive})"
    )
