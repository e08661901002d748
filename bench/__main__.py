"""`make bench`: measures, prints the figures and writes the same as JSON to .edge-router/bench.json.

`make bench-full` measures every figure, with more rounds of those undecided, and writes .edge-router/bench-full.json.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.cold import GROUP as COLD
from bench.cold import ROUND_TRIP_MS, ColdStarts
from bench.commands import GROUP as COMMANDS
from bench.commands import find_commands
from bench.comparison import FULL, QUICK, Pair, Schedule, compare
from bench.figures import FIGURES, UNITS, ProcessFigure
from bench.finding import Finding, document, exit_status, find_ratio, find_size, print_findings
from bench.functions import GROUP as FUNCTIONS
from bench.functions import find_compute, find_function_sizes
from bench.interpreter import find_python
from bench.network.distance import at_distance
from bench.network.tables import serve_tables
from bench.packages import build
from bench.processes import PROJECT, Machine
from simulator.certificates import Authority
from simulator.cpu_share import CpuLimiter, start_limiter

STRATEGIES = ("sticky-session", "cookie-version", "jwt-iat", "tenant-lookup", "fastest-origin")
MAX_BUNDLE_BYTES, MAX_BODY_BUNDLE_BYTES = 110 * 1024, 120 * 1024
"""tenant-lookup reads bodies besides: JSON paths, forms and gzip."""
SIZES = "sizes"
QUICK_INSTANCES, FULL_INSTANCES = 40, 1_000


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all bounds hold, 1 when one is broken, 2 when noise left one undecided."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Figures of the router, as ratios.")
    parser.add_argument("--full", action="store_true", help="every figure, and more rounds of those undecided")
    parser.add_argument("--only", metavar="TEXT", default="", help="figures whose group or name has this text")
    options = parser.parse_args(arguments)
    console, started = Console(highlight=False), time.monotonic()
    findings: list[Finding] = []
    with contextlib.ExitStack() as ending:
        directory = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="edge-router-bench-")))
        authority = Authority.create(directory)
        port = ending.enter_context(serve_tables(authority.server_context))
        machine = Machine(directory, port, authority, find_python())
        limiter = ending.enter_context(contextlib.closing(start_limiter()))
        bench = Bench(machine, limiter, console, options.only, is_full=options.full)
        console.print(*(f"{name}: {text}" for name, text in bench.conditions.items()), sep="\n", style="dim")
        findings.extend(bench.find())
    seconds = time.monotonic() - started
    print_findings(console, findings)
    console.print(f"\n{seconds:.0f} s")
    report = PROJECT / ".edge-router" / ("bench-full.json" if options.full else "bench.json")
    if not options.only:
        report.parent.mkdir(exist_ok=True)
        content = json.dumps(document(findings, seconds, bench.conditions), indent=2, ensure_ascii=False)
        report.write_text(content + "\n", encoding="utf-8")
        console.print(f"the same as JSON: {report.relative_to(PROJECT)}")
    return exit_status(findings)


@dataclass(frozen=True)
class Bench:
    """Finds the figures whose group or name has `only` in it."""

    machine: Machine
    limiter: CpuLimiter
    console: Console
    only: str
    is_full: bool

    @property
    def conditions(self) -> Mapping[str, str]:
        """The conditions that the figures were measured under."""
        return {
            "python": self.machine.python.text,
            "package": "as it is deployed, with the bench's own certificate authority among its roots",
            "tls": "a chain of three certificates, RSA 2048",
            "cpuQuota": self.limiter.how,
        }

    def find(self) -> Iterator[Finding]:
        schedule = FULL if self.is_full else QUICK
        wanted = [one for one in FIGURES if (self.is_full or one.is_quick) and self._is_wanted(one.group, one.name)]
        for group in dict.fromkeys(figure.group for figure in wanted):
            self.console.print(f"[dim]{group} …[/]")
            yield from find_processes(self.machine, [one for one in wanted if one.group == group], schedule)
        if self._is_wanted(COLD):
            self.console.print(f"[dim]{COLD} …[/]")
            with at_distance(self.machine.port, ROUND_TRIP_MS) as port:
                count = FULL_INSTANCES if self.is_full else QUICK_INSTANCES
                yield from ColdStarts(self.machine, self.limiter, port).find(count, is_full=self.is_full)
        if self._is_wanted(SIZES):
            for strategy in STRATEGIES:
                size = build(self.machine.directory / "sizes", strategy, {}).stat().st_size
                limit = MAX_BODY_BUNDLE_BYTES if strategy == "tenant-lookup" else MAX_BUNDLE_BYTES
                yield find_size(f"package, {strategy}", size, limit, SIZES)
            yield from find_function_sizes(SIZES)
        if self._is_wanted(COMMANDS):
            self.console.print(f"[dim]{COMMANDS} …[/]")
            yield from find_commands(schedule)
        if self._is_wanted(FUNCTIONS):
            self.console.print(f"[dim]{FUNCTIONS} …[/]")
            yield from find_compute(schedule, is_full=self.is_full)

    def _is_wanted(self, *texts: str) -> bool:
        return any(self.only.lower() in text.lower() for text in texts)


def find_processes(machine: Machine, figures: Sequence[ProcessFigure], schedule: Schedule) -> Iterator[Finding]:
    """The figures' ratios, of rounds in which every run that is still needed has one turn."""
    for figure in figures:
        machine.prepare(figure.own.subject)
        machine.prepare(figure.baseline.subject)

    def measure(left: Sequence[ProcessFigure]) -> Mapping[str, Pair]:
        runs = {run.key: run for figure in left for run in (figure.baseline, figure.own)}
        taken = machine.measure(runs.values())
        return {
            figure.name: (taken[figure.own.key][figure.quantity], taken[figure.baseline.key][figure.quantity])
            for figure in left
        }

    ratios = compare(figures, schedule, measure)
    for figure in figures:
        unit, scale = UNITS[figure.quantity]
        yield find_ratio(figure, ratios[figure.name], figure.baseline.subject.name, unit, scale)


if __name__ == "__main__":
    raise SystemExit(main())
