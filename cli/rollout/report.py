"""The report of a rollout as text and JSON, and a line for each change of the controller."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from cli.output.console import out, print_error, print_json, print_table, warn
from cli.output.outcome import iso_time, with_iso_times

if TYPE_CHECKING:
    from cli.stacks.control_table import Place
    from cli.stacks.running import RunningStack
    from controller.analysis.result import TestResult
    from controller.reconcile import Outcome
    from controller.rollout.state import Rollout
    from controller.rollout.store import Items

COLORS = {"running": "cyan", "paused": "yellow", "succeeded": "green", "rolled-back": "red", "ended": "magenta"}
RATIO_COLUMNS = "sample ratio", "new visitors", "share", "expected", "p", "fails at", ""
QUIET = ("none", "over", "conflict")
"""Outcomes that print no line."""


def print_rollout(
    running: RunningStack, place: Place, items: Items, now: float, *, is_json: bool, is_copied: bool = False
) -> None:
    """Print the rollout, its place, and the effective control. `is_copied`: the key-value store has it too."""
    if is_json:
        print_json(_document(running, place, items))
        return
    rollout = items.rollout
    where = f"[bold]{escape(running.name)}[/] ({escape(running.text)})"
    if rollout is None:
        out.print(f"{where}: no rollout has been started; {_in_force(items, place.store, is_copied=is_copied)}")
        return
    from controller.rollout.events import STATE_TEXTS

    state = f"[bold {COLORS[rollout.state]}]{STATE_TEXTS[rollout.state]}[/]"
    out.print(f"{where}: the rollout of release {escape(rollout.release)} {state}")
    for columns, rows in rollout_tables(rollout, now):
        print_table(columns, rows)
    out.print(f"why: {escape(rollout.reason)}")
    if text := rollout.gate.summary:
        out.print(f"waits for {escape(text)}; for {duration(int(now) - rollout.gate.began_at)}")
    out.print(_in_force(items, place.store, is_copied=is_copied))


def rollout_tables(rollout: Rollout, now: float) -> Iterator[tuple[Sequence[str], list[tuple[str, ...]]]]:
    """Yield columns and rows of the steps, and of samples and tests where there are any."""
    yield ("step", "percentage", ""), list(_steps(rollout, now))
    if rollout.samples:
        yield ("version", "requests", "errors", "error rate", "latency"), list(_samples(rollout))
    if rollout.tests:
        columns = "test", "canary", rollout.plan.reference, "difference", "interval", "allowed", ""
        yield columns, list(_tests(rollout))
    if rollout.sample_ratio:
        yield RATIO_COLUMNS, list(describe_ratios(rollout))


def print_history(running: RunningStack, place: Place, former: Sequence[Rollout], *, is_json: bool) -> None:
    """Print the former rollouts."""
    from controller.rollout.item import to_document

    if is_json:
        documents = [with_iso_times(to_document(rollout)) for rollout in former]
        print_json({**_place(running, place), "history": documents})
        return
    where = f"[bold]{escape(running.name)}[/] ({escape(running.text)})"
    if not former:
        out.print(f"{where}: no rollout is over yet")
        return
    out.print(f"{where}: {len(former)} former rollout{'s' if len(former) > 1 else ''}")
    print_table(("started", "release", "state", "took", "why"), map(_former, former))


def _former(rollout: Rollout) -> tuple[str, ...]:
    seconds = rollout.history[-1].at - rollout.started_at if rollout.history else 0
    highest = max((event.canary_percent for event in rollout.history), default=rollout.canary_percent)
    state = f"{rollout.state}, up to {highest:g} %"
    return iso_time(rollout.started_at), rollout.release, state, duration(seconds), rollout.reason


def _place(running: RunningStack, place: Place) -> dict[str, Any]:
    return {
        "stack": running.name,
        "table": place.name,
        "region": place.region,
        "where": running.where,
        "place": running.text,
    }


def _document(running: RunningStack, place: Place, items: Items) -> dict[str, Any]:
    from controller.rollout.item import to_document

    live = items.live
    return {
        **_place(running, place),
        "inForce": {
            "canaryPercent": live.percent,
            "pin": live.pin,
            "release": live.release,
            "isWithdrawn": live.is_withdrawn,
            "percentFrom": live.percent_from,
            "revision": live.revision,
            **({"readFrom": place.store} if place.store else {}),
        },
        "rollout": with_iso_times(to_document(items.rollout)) if items.rollout else None,
    }


def _in_force(items: Items, store: str, *, is_copied: bool) -> str:
    """The effective control, for a person."""
    text = describe_in_force(items)
    delay = "which has it too" if is_copied else "which the controller updates within a minute"
    return f"{text}; the edge reads its {store}, {delay}" if store else text


def describe_in_force(items: Items) -> str:
    """Return what the table has in effect, whatever the edge reads."""
    live = items.live
    if live.pin != "none":
        return f"effective: everybody is on {live.pin}, by pin"
    if live.is_withdrawn:
        return f"effective: everybody is on stable, the canary is withdrawn ({live.revision})"
    return f"effective: {live.percent:g} % of new visitors on canary ({live.revision})"


def _steps(rollout: Rollout, now: float) -> Iterator[tuple[str, ...]]:
    for number, percent in enumerate(rollout.plan.steps):
        yield str(number + 1), f"{percent:g} %", describe_step(rollout, number, now)


def describe_step(rollout: Rollout, number: int, now: float) -> str:
    """Return where a step stands; "" where it is still to come."""
    if number < rollout.step or rollout.state == "succeeded":
        return "done" if number <= rollout.step else "skipped"
    if number > rollout.step:
        return "" if rollout.is_active else "not reached"
    if rollout.state != "running":
        return rollout.state
    seconds = int(now) - rollout.interval_started_at
    return f"for {duration(seconds)} of {duration(rollout.plan.interval_seconds)}"


def _samples(rollout: Rollout) -> Iterator[tuple[str, ...]]:
    for version, sample in sorted(rollout.samples.items(), reverse=True):
        latency = f"{sample.latency_ms:.1f} ms" if sample.latencies else "-"
        yield version, f"{sample.trials:,}", f"{sample.errors:,}", f"{100 * sample.error_rate:.2f} %", latency


def describe_test(key: str) -> tuple[str, str, int, str]:
    """Return name, unit, decimals and unit of the difference of a test's result; nobody knows those of own metrics."""
    from controller.analysis.result import METRIC

    if key.startswith(METRIC):
        return key.replace(":", " "), "", 4, ""
    latency = f"latency {key.removeprefix('latency').lower()}".rstrip()
    return ("error rate", "%", 2, "points") if key == "errorRate" else (latency, "ms", 1, "%")


def _tests(rollout: Rollout) -> Iterator[tuple[str, ...]]:
    for key, test in rollout.tests.items():
        name, unit, decimals, unit_of_difference = describe_test(key)
        verdict = "failed" if test.has_failed else "passed"
        if not unit:
            values = test.canary, test.stable, test.canary - test.stable
            yield name, *(f"{value:.4g}" for value in values), "-", f"{test.limit - test.stable:+.4g}", verdict
            continue
        figures = (f"{figure:.{decimals}f} {unit}" for figure in (test.canary, test.stable))
        yield name, *figures, *_difference(test, unit_of_difference, decimals), verdict


def _difference(test: TestResult, unit: str, decimals: int) -> Iterator[str]:
    """Yield the difference, its interval and the one allowed."""
    yield f"{test.difference:+.{decimals}f} {unit}" if test.has_interval else "-"
    yield test.interval(decimals) if test.has_interval else "-"
    yield f"{test.allowed:.{decimals}f} {unit}" if test.has_interval else "-"


def describe_ratios(rollout: Rollout) -> Iterator[tuple[str, ...]]:
    """Yield RATIO_COLUMNS of each group; a strategy that counts no new visitors is not judged."""
    for group, ratio in rollout.sample_ratio.items():
        counts = f"{ratio.assigned:,} of {ratio.visitors:,}"
        shares = f"{ratio.observed_percent:.2f} %", f"{ratio.expected_percent:g} %"
        verdict = "failed" if ratio.has_failed else "passed" if ratio.visitors else "not judged: none is counted"
        yield group, counts, *shares, f"{ratio.p_value:.2g}", f"{ratio.alpha:.2g}", verdict


def duration(seconds: int) -> str:
    """ "90 s", "4 min", "2 h"."""
    if seconds < 120:
        return f"{max(0, seconds)} s"
    return f"{seconds // 60} min" if seconds < 7_200 else f"{seconds // 3_600} h"


class RolloutLines:
    """Prints each change of the controller once."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, outcome: Outcome) -> None:
        """Print a line unless it repeats the last one."""
        for failure in outcome.failures:
            warn(f"rollout: {failure}")
        text = self._text(outcome)
        if text and text != self._last:
            self._last = text
            out.print(text)

    def _text(self, outcome: Outcome) -> str:
        rollout = outcome.rollout
        if outcome.kind in ("failed", "malformed"):
            print_error(outcome.reason, "rollout")
            return ""
        if rollout is None or outcome.kind in QUIET:
            return ""
        state = f"[{COLORS[rollout.state]}]{rollout.state}[/]"
        return f"[bold]rollout[/]: {rollout.progress}, {state}: {escape(outcome.reason)}"
