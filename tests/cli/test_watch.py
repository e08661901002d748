"""`edge-router rollout watch`: the plot, lines where there is no terminal, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console
from rich.text import Text

import cli.rollout.watch
from cli.output.console import out
from cli.output.errors import OperationError
from cli.output.streams import output
from cli.rollout.watch import plot
from controller.analysis.plan import Plan
from controller.rollout.item import Item
from controller.rollout.state import Rollout
from controller.rollout.store import Items
from controller.rollout.transitions import start
from tests.cli.conftest import Result
from tests.cli.status_server import local_stack
from tests.cli.test_console import NOW, STATUS, FakePlace

CONFIG: Item = {
    "scope": {"S": "edge"},
    "item": {"S": "config"},
    "canaryPercent": {"N": "0"},
    "pin": {"S": "none"},
    "release": {"S": "2026-11"},
    "revision": {"S": "0a1b2c3d"},
}


def rolling(items: Items) -> Rollout:
    return start(Plan(steps=(10, 50)), items, NOW)


@dataclass
class Table:
    """A control table that has another rollout at every read, and the last one from then on."""

    rollouts: list[Rollout | Exception | None]
    name: str = "edge-router-local-control"
    where: str = "local, port 8080"
    store: str = ""

    def read(self) -> Items:
        one = self.rollouts.pop(0) if len(self.rollouts) > 1 else self.rollouts[0]
        if isinstance(one, Exception):
            raise one
        return FakePlace(CONFIG, replace(one, revision=3, config_revision="0a1b2c3d") if one else None).read()

    def close(self) -> None: ...


Watch = Callable[..., Result]


@pytest.fixture
def watch(run: Callable[..., Result], project: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    def invoke(rollouts: list[Rollout | Exception | None], *words: str) -> Result:
        monkeypatch.setattr("cli.rollout.change.control_table", lambda *_: cast("Any", Table(rollouts)))
        monkeypatch.setattr(cli.rollout.watch.time, "sleep", lambda _seconds: None)
        with local_stack(project, "local", STATUS):
            return run("rollout", "watch", *words)

    return invoke


def test_without_a_terminal_every_change_is_a_line_until_the_rollout_is_over(watch: Watch) -> None:
    first = rolling(FakePlace(CONFIG).read())
    second = first.start_step(1, NOW + 60, "step 1 passed")
    problem = OperationError("cannot read edge-router-local-control: throttled")
    over = second.succeed("all steps passed", NOW + 120)
    assert watch([first, first, problem, problem, second, over]) == Result(
        0,
        "step 1 of 2, 10 %, running: started\n"
        "step 2 of 2, 50 %, running: step 1 passed\n"
        "step 2 of 2, 50 %, succeeded: all steps passed\n",
        "local: local, port 8080\ncannot read edge-router-local-control: throttled; it is read again\n",
    )


def test_a_rollback_has_the_exit_code_of_status(watch: Watch) -> None:
    first = rolling(FakePlace(CONFIG).read())
    result = watch([first, first.pause("inconclusive", NOW + 5), first.roll_back("errors: too many", NOW + 9)])
    assert (result.exit_code, result.out.splitlines()[1:]) == (
        3,
        ["step 1 of 2, 10 %, paused: inconclusive", "step 1 of 2, 0 %, rolled-back: errors: too many"],
    )


def test_where_nothing_is_under_way_it_says_what_is_and_ends(watch: Watch) -> None:
    assert watch([None]).out.startswith("local (local, port 8080): no rollout has been started")
    over = rolling(FakePlace(CONFIG).read()).roll_back("errors: too many", NOW)
    result = watch([over])
    assert (result.exit_code, "why: errors: too many\n" in result.out) == (3, True)


def test_once_shows_the_status_and_on_a_terminal_the_plot(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    running = rolling(FakePlace(CONFIG).read())
    plain = watch([running], "--once")
    assert (plain.exit_code, "(min)" in plain.out) == (0, False)
    assert "why: started\n" in plain.out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    styled = watch([running], "--once")
    assert "(min)" in styled.out
    assert watch([running.pause("paused manually", NOW)], "--once").exit_code == 3


def test_the_plot_rises_with_each_step_and_fits_the_terminal() -> None:
    rollout = rolling(FakePlace(CONFIG).read()).start_step(1, NOW + 60, "step 1 passed")
    drawn = cast("Text", plot(rollout, 80, NOW + 120)).plain.splitlines()
    assert max(map(len, drawn)) <= 80
    end_of_50, end_of_10 = (
        len(next(line for line in drawn if line.strip().startswith(label)).rstrip("⠀ ")) for label in ("50.0", "10.0")
    )
    assert end_of_10 < 50 < end_of_50
    assert drawn[-1].split()[0:2] == ["|", "0.0"]


def test_on_a_terminal_the_page_is_drawn_anew_and_the_status_is_left_at_the_end(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    stream = cast("Any", output)
    terminal = Console(file=stream, force_terminal=True, force_interactive=True, width=90, height=40, soft_wrap=True)
    monkeypatch.setitem(out.__dict__, "console", terminal)
    first = rolling(FakePlace(CONFIG).read())
    problem = OperationError("throttled")
    result = watch([first, problem, first.start_step(1, NOW + 60, "step 1 passed"), first.succeed("passed", NOW + 90)])
    assert result.exit_code == 0
    enter, leave = "\x1b[?1049h", "\x1b[?1049l"
    pages, _, left = result.out.partition(leave)
    assert pages.startswith(enter)
    drawn = ("why: started", "throttled; it is read again", "why: step 1 passed", "(min)")
    assert [text for text in drawn if text not in pages] == []
    assert ("why: passed" in left, "succeeded" in left) == (True, True)
