"""`make bench`: measures, prints a table and writes the same as JSON to .edge-router/bench.json.

`make bench-full` measures every figure, in more rounds, and writes .edge-router/bench-full.json.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.commands import find_commands
from bench.comparison import CONFIDENCE, FULL, QUICK, STEADY, Pair, Schedule, Verdict, compare
from bench.figures import FIGURES, UNITS, ProcessFigure, Quantity
from bench.finding import Finding, exit_status, find_ratio, find_size
from bench.functions import find_compute, find_function_sizes
from bench.packages import build
from bench.processes import PROJECT, Machine
from bench.tables import serve_tables

STRATEGIES = ("sticky-session", "cookie-version", "jwt-iat", "tenant-lookup", "fastest-origin")
MAX_BUNDLE_BYTES = 64 * 1024
LABELS: dict[Quantity, str] = {"start_ms": "first decisions", "cpu_us": "CPU", "peak_kb": "memory"}
MARKS = {
    Verdict.HOLDS: "[green]✓[/]",
    Verdict.BROKEN: "[bold red]✗[/]",
    Verdict.UNDECIDED: "[yellow]?[/]",
    Verdict.UNBOUNDED: "",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all bounds hold, 1 when one is broken, 2 when noise left one undecided."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Figures of the router, as ratios.")
    parser.add_argument("--full", action="store_true", help="every figure, in more rounds")
    is_full = parser.parse_args(arguments).full
    console, started = Console(), time.monotonic()
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory(prefix="edge-router-bench-") as directory, serve_tables() as url:
        for finding in _find_all(Machine(Path(directory), url), console, is_full=is_full):
            findings.append(finding)
    seconds = time.monotonic() - started
    console.print(_table(findings, seconds))
    report = PROJECT / ".edge-router" / ("bench-full.json" if is_full else "bench.json")
    report.parent.mkdir(exist_ok=True)
    report.write_text(json.dumps(_document(findings, seconds), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(f"the same as JSON: {report.relative_to(PROJECT)}")
    return exit_status(findings)


def _find_all(machine: Machine, console: Console, *, is_full: bool) -> Iterator[Finding]:
    schedule = FULL if is_full else QUICK
    figures = [figure for figure in FIGURES if is_full or figure.is_quick]
    for quantity, label in LABELS.items():
        console.print(f"[dim]{label} …[/]")
        alike = [figure for figure in figures if figure.quantity == quantity]
        yield from find_processes(machine, alike, STEADY if quantity == "peak_kb" else schedule)
    for strategy in STRATEGIES:
        package = build(machine.directory / "sizes", strategy, {})
        yield find_size(f"package, {strategy}", package.stat().st_size, MAX_BUNDLE_BYTES)
    console.print("[dim]commands …[/]")
    yield from find_commands(schedule)
    console.print("[dim]CloudFront Functions …[/]")
    yield from find_compute(schedule)
    yield from find_function_sizes()


def find_processes(machine: Machine, figures: Sequence[ProcessFigure], schedule: Schedule) -> Iterator[Finding]:
    """The figures' ratios, of rounds in which every run that is still needed has one turn."""
    for figure in figures:
        machine.prepare(figure.own.subject)
        machine.prepare(figure.baseline.subject)

    def measure(left: Sequence[ProcessFigure]) -> Mapping[str, Pair]:
        runs = {run.key: run for figure in left for run in (figure.baseline, figure.own)}
        taken = {key: machine.measure(run) for key, run in runs.items()}
        return {
            figure.name: (taken[figure.own.key][figure.quantity], taken[figure.baseline.key][figure.quantity])
            for figure in left
        }

    ratios = compare(figures, schedule, measure)
    for figure in figures:
        unit, scale = UNITS[figure.quantity]
        yield find_ratio(figure, ratios[figure.name], figure.baseline.subject.name, unit, scale)


def _table(findings: Sequence[Finding], seconds: float) -> Table:
    title = f"medians of paired ratios, with the {CONFIDENCE:.0%} interval of each; {seconds:.0f} s"
    table = Table("figure", "value", "interval", "must be", "rounds", "against", title=title)
    for finding in findings:
        value = f"{finding.value:.3g} {finding.unit} {MARKS[finding.verdict]}"
        interval = f"{finding.low:.3g} to {finding.high:.3g}" if finding.rounds > 1 else ""
        must_be = "" if finding.bound is None else f"≤ {finding.bound:g}"
        table.add_row(finding.name, value, interval, must_be, str(finding.rounds), finding.against)
    return table


def _document(findings: Sequence[Finding], seconds: float) -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "seconds": round(seconds, 1),
        "figures": [dataclasses.asdict(finding) for finding in findings],
    }


if __name__ == "__main__":
    raise SystemExit(main())
