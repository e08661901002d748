"""The start of a command: the whole process of `edge-router`, against an import that it cannot do without."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.comparison import Pair, Schedule, compare
from bench.finding import Finding, find_ratio
from bench.processes import PROJECT

GROUP = "commands"
REQUEST = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"


@dataclass(frozen=True)
class CommandFigure:
    """The wall time of `edge-router ARGUMENTS` to that of a Python that imports these packages."""

    arguments: tuple[str, ...]
    imports: str
    bound: float | None = None
    group: str = GROUP

    @property
    def name(self) -> str:
        """The command as it is typed."""
        return " ".join(("edge-router", *self.arguments))


FIGURES = (
    CommandFigure(("--help",), "typer", 2),
    CommandFigure(("config", "check", "--stack", "local"), "pulumi, pydantic", 1.3),
    CommandFigure(("explain", "-"), "pulumi, pydantic", 1.3),
)


def find_commands(schedule: Schedule) -> Iterator[Finding]:
    """The figures' ratios; a first turn writes the bytecode of both sides."""
    _measure(FIGURES)
    ratios = compare(FIGURES, schedule, _measure)
    for figure in FIGURES:
        yield find_ratio(figure, ratios[figure.name], f"import {figure.imports}", "ms", 1)


def _measure(figures: Sequence[CommandFigure]) -> Mapping[str, Pair]:
    taken = {one.name: _time("-m", "cli", *one.arguments) for one in figures}
    imports = {names: _time("-c", f"import {names}") for names in dict.fromkeys(one.imports for one in figures)}
    return {one.name: (taken[one.name], imports[one.imports]) for one in figures}


def _time(*arguments: str) -> float:
    """Return the milliseconds that Python takes with these arguments, until it has ended."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        input=REQUEST.encode(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
        cwd=PROJECT,
        env=environment,
    )
    return (time.perf_counter() - started) * 1000
