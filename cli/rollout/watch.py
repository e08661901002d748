"""Watch a rollout in the terminal: a plot of the percentage, and the figures of `status`, until it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cli.output.console import build_table, err, out
from cli.output.errors import EXIT_LEFT, OperationError
from cli.rollout.change import STOPPED, open_table
from cli.rollout.report import COLORS, describe_in_force, print_rollout, rollout_tables
from cli.stacks.control_table import Place, check_live
from cli.stacks.running import LocalStack, RunningStack, announce, open_running
from cli.stacks.workspace import Target

if TYPE_CHECKING:
    from rich.console import RenderableType

    from controller.rollout.state import Rollout
    from controller.rollout.store import Items

POLL_SECONDS, LOCAL_POLL_SECONDS = 5.0, 0.5
PLOT_HEIGHT = 10
LABELS = 24
"""Columns of a plot's y-axis, and of the x-axis beyond the plot: its arrow and unit."""


def watch_rollout(target: Target, overrides: Sequence[str], *, is_once: bool) -> None:
    """Show the rollout until it is over. SystemExit(3) if it was rolled back, or is paused when the watch ends."""
    opened, running = open_running(target, overrides, check_live)
    with open_table(opened, running) as place:
        items = place.read()
        if is_once:
            print_rollout(running, place, items, time.time(), is_json=False)
            if items.rollout is not None and not out.is_plain:
                out.print(plot(items.rollout, out.console.width, time.time()))
        elif items.rollout is None or not items.rollout.is_active:
            print_rollout(running, place, items, time.time(), is_json=False)
        else:
            seconds = LOCAL_POLL_SECONDS if isinstance(running, LocalStack) else POLL_SECONDS
            try:
                items = (_watch_on_terminal if out.is_interactive else _print_changes)(running, place, items, seconds)
            except KeyboardInterrupt:
                items = place.read()
            if out.is_interactive:
                print_rollout(running, place, items, time.time(), is_json=False)
    if items.rollout is not None and items.rollout.state in STOPPED:
        raise SystemExit(EXIT_LEFT)


def _watch_on_terminal(running: RunningStack, place: Place, items: Items, seconds: float) -> Items:
    from rich.live import Live

    with Live(console=out.console, screen=True, auto_refresh=False) as live:

        def show(read: Items, problem: str) -> None:
            live.update(_page(running, read, problem, out.console.width), refresh=True)

        return _follow(place, items, seconds, show)


def _print_changes(running: RunningStack, place: Place, items: Items, seconds: float) -> Items:
    """Print a line for each change, where nobody sees a page that is drawn again: in a pipe or the log of a job."""
    announce(running)
    last: list[str] = []

    def show(read: Items, problem: str) -> None:
        if problem:
            line, printer = problem, err
        else:
            assert read.rollout is not None
            line, printer = f"{read.rollout.progress}, {read.rollout.state}: {read.rollout.reason}", out
        if [line] != last:
            last[:] = [line]
            printer.print(line, markup=False)

    return _follow(place, items, seconds, show)


def _follow(place: Place, items: Items, seconds: float, show: Callable[[Items, str], None]) -> Items:
    """Show what is read until the rollout is over. A table that cannot be read is read again."""
    show(items, "")
    while items.rollout is not None and items.rollout.is_active:
        time.sleep(seconds)
        try:
            items = place.read()
        except OperationError as error:
            show(items, f"{error}; it is read again")
        else:
            show(items, "")
    return items


def _page(running: RunningStack, items: Items, problem: str, width: int) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    rollout, now = items.rollout, time.time()
    assert rollout is not None
    head = Text.assemble(
        (running.name, "bold"),
        f" ({running.text}): the rollout of release {rollout.release} is ",
        (rollout.state, f"bold {COLORS[rollout.state]}"),
    )
    tables = [build_table(columns, rows, width) for columns, rows in rollout_tables(rollout, now)]
    waits = [Text(f"waits for {rollout.gate.summary}")] if rollout.gate.summary else []
    lines = [Text(f"why: {rollout.reason}"), *waits, Text(describe_in_force(items))]
    trouble = [Text(problem, style="red")] if problem else []
    return Group(head, *lines, *trouble, plot(rollout, width, now), *tables)


def plot(rollout: Rollout, width: int, now: float) -> RenderableType:
    """Plot the percentage since the rollout's start, in minutes."""
    from plotille import Figure
    from rich.text import Text

    end = now if rollout.is_active else float(rollout.history[-1].at if rollout.history else rollout.updated_at)
    minutes = [max(0.0, (event.at - rollout.started_at) / 60) for event in rollout.history]
    percents = [event.canary_percent for event in rollout.history]
    last = max((end - rollout.started_at) / 60, 1 / 60)
    times = [at for begin, until in zip(minutes, [*minutes[1:], last], strict=True) for at in (begin, until)]
    figure = Figure()
    figure.width, figure.height = max(20, min(width, 120) - LABELS), PLOT_HEIGHT
    figure.set_x_limits(0, last)
    figure.set_y_limits(0, 100)
    figure.x_label, figure.y_label = "min", "%"
    figure.with_colors = figure.origin = False
    figure.register_label_formatter(float, _label)
    figure.plot(times, [percent for percent in percents for _ in (0, 1)])
    return Text(figure.show(), no_wrap=True)


def _label(val: float, chars: int, delta: float, left: bool) -> str:  # noqa: ARG001  the library's names
    return f"{val:.1f}"[:chars].rjust(0 if left else chars)
