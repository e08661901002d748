"""`make bench`: measures, prints a table and writes the same as JSON to .edge-router/bench.json."""

from __future__ import annotations

import dataclasses
import json
import platform
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.engine import engine
from bench.figures import DECISIONS, GROWTH_ROUNDS, LARGE, ROUNDS, Figure, all_figures
from bench.function_compute import ROUNDS as FUNCTION_ROUNDS
from bench.function_compute import RUNS
from bench.subjects import Bench

REPORT = Path(__file__).parents[1] / ".edge-router" / "bench.json"


def main() -> int:
    """0 when every figure is what it must be."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="edge-router-bench-") as directory, engine() as url:
        bench = Bench(Path(directory), url)
        figures = list(all_figures(bench, lambda text: console.print(f"[dim]{text} …[/]")))
    console.print(_table(figures))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(_document(figures), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(
        f"the same as JSON: {REPORT.relative_to(Path.cwd()) if REPORT.is_relative_to(Path.cwd()) else REPORT}"
    )
    return 0 if all(figure.holds for figure in figures) else 1


def _table(figures: list[Figure]) -> Table:
    rounds = f"{ROUNDS} rounds of {DECISIONS:,} decisions"
    others = f"growth: {GROWTH_ROUNDS} of {LARGE:,}; functions: {FUNCTION_ROUNDS} of {RUNS} runs, wall time"
    table = Table("figure", "value", "must be", "against", title=f"medians of {rounds} ({others})")
    for figure in figures:
        mark = "[green]✓[/]" if figure.holds else "[bold red]✗[/]"
        table.add_row(figure.name, f"{figure.value:.2f} {figure.unit} {mark}", figure.must_be, figure.against)
    return table


def _document(figures: list[Figure]) -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "figures": [dataclasses.asdict(figure) for figure in figures],
    }


if __name__ == "__main__":
    raise SystemExit(main())
