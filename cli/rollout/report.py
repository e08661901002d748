"""The report of a rollout as text and JSON, and a line for each change of the controller."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from cli.output.console import out, print_error, print_json, print_table, warn
from cli.output.outcome import with_iso_times

if TYPE_CHECKING:
    from cli.stacks.control_table import Place
    from cli.stacks.running import RunningStack
    from controller.reconcile import Outcome
    from controller.rollout.state import Rollout
    from controller.rollout.store import Items

COLORS = {"running": "cyan", "paused": "yellow", "succeeded": "green", "rolled-back": "red", "ended": "magenta"}
TESTS = {"errorRate": ("error rate", "%", 2), "latency": ("latency", "ms", 1)}
"""Name, unit and decimals of each test."""
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
    state = f"[bold {COLORS[rollout.state]}]{rollout.state}[/]"
    out.print(f"{where}: the rollout of release {escape(rollout.release)} is {state}")
    print_table(("step", "percentage", ""), _steps(rollout, now))
    if rollout.samples:
        print_table(("version", "requests", "errors", "error rate", "latency"), _samples(rollout))
    if rollout.tests:
        print_table(("test", "canary", "stable", "limit", "p", "fails at", ""), _tests(rollout))
    if rollout.sample_ratio:
        print_table(("sample ratio", "new visitors", "share", "expected", "p", "fails at", ""), _ratios(rollout))
    out.print(f"why: {escape(rollout.reason)}")
    out.print(_in_force(items, place.store, is_copied=is_copied))


def _document(running: RunningStack, place: Place, items: Items) -> dict[str, Any]:
    from controller.rollout.item import to_document

    live = items.live
    return {
        "stack": running.name,
        "table": place.name,
        "region": place.region,
        "where": running.where,
        "place": running.text,
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
    text = _in_force_by_table(items)
    delay = "which has it too" if is_copied else "which the controller updates within a minute"
    return f"{text}; the edge reads its {store}, {delay}" if store else text


def _in_force_by_table(items: Items) -> str:
    live = items.live
    if live.pin != "none":
        return f"effective: everybody is on {live.pin}, by pin"
    if live.is_withdrawn:
        return f"effective: everybody is on stable, the canary is withdrawn ({live.revision})"
    return f"effective: {live.percent:g} % of new visitors on canary ({live.revision})"


def _steps(rollout: Rollout, now: float) -> Iterator[tuple[str, ...]]:
    for number, percent in enumerate(rollout.plan.steps):
        yield str(number + 1), f"{percent:g} %", _progress(rollout, number, now)


def _progress(rollout: Rollout, number: int, now: float) -> str:
    if number < rollout.step or rollout.state == "succeeded":
        return "done" if number <= rollout.step else "skipped"
    if number > rollout.step:
        return "" if rollout.is_active else "never"
    if rollout.state != "running":
        return rollout.state
    seconds = int(now) - rollout.interval_started_at
    return f"for {_duration(seconds)} of {_duration(rollout.plan.interval_seconds)}"


def _samples(rollout: Rollout) -> Iterator[tuple[str, ...]]:
    for version, sample in sorted(rollout.samples.items(), reverse=True):
        latency = f"{sample.latency_ms:.1f} ms" if sample.latencies else "-"
        yield version, f"{sample.trials:,}", f"{sample.errors:,}", f"{100 * sample.error_rate:.2f} %", latency


def _tests(rollout: Rollout) -> Iterator[tuple[str, ...]]:
    for key, test in rollout.tests.items():
        values = test.canary, test.stable, test.limit
        if key in TESTS:
            name, unit, decimals = TESTS[key]
            figures = [f"{figure:.{decimals}f} {unit}" for figure in values]
        else:
            name, figures = key.replace(":", " "), [f"{figure:.4g}" for figure in values]
        verdict = "failed" if test.has_failed else "passed"
        yield name, *figures, f"{test.p_value:.2g}", f"{test.alpha:.2g}", verdict


def _ratios(rollout: Rollout) -> Iterator[tuple[str, ...]]:
    for group, ratio in rollout.sample_ratio.items():
        counts = f"{ratio.assigned:,} of {ratio.visitors:,}"
        shares = f"{ratio.observed_percent:.2f} %", f"{ratio.expected_percent:g} %"
        yield group, counts, *shares, f"{ratio.p_value:.2g}", f"{ratio.alpha:.2g}", "failed" if ratio.has_failed else ""


def _duration(seconds: int) -> str:
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
