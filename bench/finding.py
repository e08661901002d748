"""One figure of the benchmark: what was found, what that says of the bound, and two lines that say so; reports."""

from __future__ import annotations

import dataclasses
import json
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.comparison import CONFIDENCE, Figure, Ratio, Verdict, skipped_at_each_end

MARKS = {
    Verdict.HOLDS: "[green]✓[/]",
    Verdict.BROKEN: "[bold red]✗[/]",
    Verdict.UNDECIDED: "[yellow]?[/]",
    Verdict.UNBOUNDED: " ",
}
EXPLANATION = f"""\
The value is the median of paired ratios where it has ×, else of the values; after it, its {CONFIDENCE:.0%} interval.
✓ holds, ✗ broken, ? noise hides it. Below each: both sides' medians, and the rounds."""


@dataclass(frozen=True)
class Finding:
    """A value between `low` and `high`; `against` names what it was measured against, with both sides' medians."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    bound: float | None
    verdict: Verdict
    rounds: int
    against: str
    group: str


def find_ratio(figure: Figure, ratio: Ratio, baseline: str, unit: str, scale: float = 1) -> Finding:
    """Both sides are said in this unit, of which the measured one is 1 / `scale`."""
    return Finding(
        name=figure.name,
        value=ratio.value,
        low=ratio.low,
        high=ratio.high,
        unit="×",
        bound=figure.bound,
        verdict=ratio.judge(figure.bound),
        rounds=ratio.rounds,
        against=f"{ratio.own * scale:.4g} / {ratio.baseline * scale:.4g} {unit}, {baseline}",
        group=figure.group,
    )


def find_median(name: str, values: Sequence[float], unit: str, about: str, group: str) -> Finding:
    """The median of values and its interval, for which nothing is promised."""
    ordered, skipped = sorted(values), skipped_at_each_end(len(values))
    low, high = ordered[skipped], ordered[-1 - skipped]
    return Finding(name, median(ordered), low, high, unit, None, Verdict.UNBOUNDED, len(values), about, group)


def find_size(name: str, size_bytes: int, bound_bytes: int, group: str) -> Finding:
    """A size is the same every time, so it is known after one look."""
    return find_maximum(name, size_bytes / 1024, bound_bytes / 1024, "KB", 1, "", group)


def find_maximum(name: str, most: float, bound: float, unit: str, looks: int, about: str, group: str) -> Finding:
    """The most of so many looks, which each must be within the bound."""
    verdict = Verdict.HOLDS if most <= bound else Verdict.BROKEN
    return Finding(name, most, most, most, unit, bound, verdict, looks, about, group)


def exit_status(findings: Sequence[Finding]) -> int:
    """0 when all bounds hold, 1 when one is broken, 2 when none is but noise left one undecided."""
    verdicts = {finding.verdict for finding in findings}
    if Verdict.BROKEN in verdicts:
        return 1
    return 2 if Verdict.UNDECIDED in verdicts else 0


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
    """Return the content of .edge-router/bench.json."""
    return {
        "machine": f"{platform.system()} {platform.machine()}",
        "seconds": round(seconds, 1),
        **conditions,
        "figures": [dataclasses.asdict(finding) for finding in findings],
    }


def publish(report: Path, document: Mapping[str, object], table: Table, *, is_json: bool) -> None:
    """Write the document of a report, and print it, or else its table, its method and its place."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    report.parent.mkdir(exist_ok=True)
    report.write_text(text + "\n", encoding="utf-8")
    if is_json:
        sys.stdout.write(text + "\n")
        return
    console = Console()
    console.print(table)
    console.print(f"{document['method']}.\nThe same as JSON: .edge-router/{report.name}")
