"""What takes time says so: a spinner or a bar on a terminal, plain lines elsewhere, nothing on standard output."""

from __future__ import annotations

import os
import pty
import sys
import time
from collections.abc import Iterator

import pytest

from cli.output import progress
from cli.output.console import Printer
from cli.output.streams import Stream


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A terminal in the place of standard error; its other end."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as file:
        monkeypatch.setattr(sys, "terminal", file, raising=False)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setattr(progress, "err", Printer(Stream("terminal")))
        yield ours
    os.close(ours)


def read_until(terminal: int, text: str) -> None:
    """What rich writes comes in parts, from a thread of its own."""
    shown = ""
    while text not in shown:
        shown += os.read(terminal, 65_536).decode(errors="replace")


def test_a_terminal_shows_what_is_being_done(terminal: int, capfd: pytest.CaptureFixture[str]) -> None:
    with progress.working("builds the package"):
        read_until(terminal, "builds the package")
    assert capfd.readouterr() == ("", "")


def test_a_terminal_shows_how_far_it_is(terminal: int) -> None:
    with progress.counting(10, lambda done: f"phase {done}") as count:
        count()
        count()
        read_until(terminal, "2/10")


def test_without_a_terminal_a_long_step_is_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    with progress.working("builds the package", quiet_seconds=0.01):
        time.sleep(0.1)
    assert capfd.readouterr() == ("", "builds the package …\n")


def test_without_a_terminal_a_short_step_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    with progress.working("builds the package"):
        pass
    time.sleep(0.05)
    assert capfd.readouterr() == ("", "")


def test_without_a_terminal_the_count_is_a_line_every_few_seconds(capfd: pytest.CaptureFixture[str]) -> None:
    clock = iter([0.0, 1.0, 6.0, 6.0, 7.0, 12.0, 12.0])
    with progress.counting(
        1_000, lambda done: f"phase {done // 2}", quiet_seconds=60, clock=lambda: next(clock)
    ) as count:
        for _ in range(4):
            count()
    assert capfd.readouterr() == ("", "phase 1: 2 of 1,000\nphase 2: 4 of 1,000\n")
