"""The figures for people, two lines each, and for programs."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.markup import escape

from bench.comparison import CONFIDENCE, Verdict
from bench.finding import Finding

MARKS = {
    Verdict.HOLDS: "[green]✓[/]",
    Verdict.BROKEN: "[bold red]✗[/]",
    Verdict.UNDECIDED: "[yellow]?[/]",
    Verdict.UNBOUNDED: " ",
}
EXPLANATION = f"""\
The value is the median of paired ratios where it has ×, else of the values; after it, its {CONFIDENCE:.0%} interval.
✓ holds, ✗ broken, ? noise hides it. Below each: both sides' medians, and the rounds."""


def print_findings(console: Console, findings: Iterable[Finding]) -> None:
    """One figure in two lines of at most 80 columns."""
    console.print(f"[dim]{EXPLANATION}[/]")
    group = ""
    for finding in findings:
        if finding.group != group:
            group = finding.group
            console.print(f"\n[bold]{group}[/]")
        interval = f"{_number(finding.low)} to {_number(finding.high)}" if finding.low != finding.high else ""
        bound = "" if finding.bound is None else f"≤ {finding.bound:,g}"
        value = f"{_number(finding.value)} {finding.unit}".rstrip()
        line = f"{MARKS[finding.verdict]} {escape(finding.name):40} {value:>9}  {interval:17} {bound}"
        console.print(line.rstrip())
        rounds = f"{finding.rounds:,} rounds" if finding.rounds > 1 else ""
        if about := "; ".join(filter(None, (finding.against, rounds))):
            console.print(f"    [dim]{escape(about)}[/]")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def document(findings: Sequence[Finding], seconds: float, conditions: Mapping[str, str]) -> dict[str, object]:
    """What .edge-router/bench.json has."""
    return {
        "machine": f"{platform.system()} {platform.machine()}",
        "seconds": round(seconds, 1),
        **conditions,
        "figures": [dataclasses.asdict(finding) for finding in findings],
    }
