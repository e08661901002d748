"""`make soak`: a canary that is cached, under 100,000 requests; a table, and the same as .edge-router/soak.json."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import platform
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.processes import PROJECT
from bench.soak.outcome import MAX_HIT_POINTS, Outcome, Size
from bench.soak.sites import visit_behind_the_cache, visit_versioned, visit_without_canary
from bench.soak.visitors import REQUESTS_PER_SECOND

REPORT = PROJECT / ".edge-router" / "soak.json"


@dataclasses.dataclass(frozen=True)
class Check:
    """One thing that must hold, and what was found."""

    name: str
    found: str
    must_be: str
    holds: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when everything is what it must be."""
    size, console = _size(arguments), Console()
    outcomes: list[Outcome] = []
    for site in (visit_without_canary, visit_versioned, visit_behind_the_cache):
        console.print(f"[dim]{site.__name__.removeprefix('visit_').replace('_', ' ')} …[/]")
        outcomes.append(asyncio.run(site(size)))
    checks = check_outcomes(*outcomes)
    console.print(_sites(outcomes, size), _table(checks))
    REPORT.parent.mkdir(exist_ok=True)
    document = {
        "python": platform.python_version(),
        "size": dataclasses.asdict(size),
        "requestsPerSecond": REQUESTS_PER_SECOND,
        "sites": [dataclasses.asdict(outcome) for outcome in outcomes],
        "checks": [dataclasses.asdict(check) for check in checks],
    }
    REPORT.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if all(check.holds for check in checks) else 1


def check_outcomes(plain: Outcome, cached: Outcome, leaking: Outcome) -> list[Check]:
    """List the conditions of the versioned site, and that the measurement would have noticed a leak."""
    lost = plain.hit_percent - cached.hit_percent
    low, high = cached.canary_interval
    noticed = max(leaking.wrong, leaking.flipped)
    nothing = [
        ("answers of another version than the visitor's cookie", cached.wrong),
        ("answers of another version than the visitor's first", cached.flipped),
        ("Set-Cookie kept in the cache", cached.kept_set_cookies),
        ("errors", cached.failed + cached.complaints),
    ]
    return [
        Check("hit ratio lost to the canary, points", f"{lost:.2f}", f"≤ {MAX_HIT_POINTS:g}", lost <= MAX_HIT_POINTS),
        *(Check(name, f"{count:,}", "0", count == 0) for name, count in nothing),
        Check(
            f"visitors on the canary, of {cached.visitors:,}",
            f"{cached.canary_visitors:,}",
            f"{low:,} to {high:,} (99 %)",
            cached.is_split_fairly,
        ),
        Check(
            "visitor ids",
            f"{cached.identities:,}",
            f"{cached.visitors:,}",
            cached.identities == cached.visitors,
        ),
        Check("canary behind the cache: answers of another version", f"{noticed:,}", "> 0", noticed > 0),
        Check(
            "canary behind the cache: Set-Cookie kept",
            f"{leaking.kept_set_cookies:,}",
            "> 0",
            leaking.kept_set_cookies > 0,
        ),
    ]


def _size(arguments: Sequence[str] | None) -> Size:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description="Traffic on a canary that is cached.")
    for field in dataclasses.fields(Size):
        name = f"--{field.name.replace('_', '-')}"
        parser.add_argument(name, type=int, default=field.default, help=f"{field.default:,} by default")
    return Size(**vars(parser.parse_args(arguments)))


def _sites(outcomes: Sequence[Outcome], size: Size) -> Table:
    title = (
        f"{size.requests:,} requests of {size.visitors:,} visitors for {size.objects} objects, max-age"
        f" {size.max_age_seconds} s, {REQUESTS_PER_SECOND} requests a second, seed {size.seed}"
    )
    table = Table("site", "hits", "other version", "kept Set-Cookie", "on canary", "to origins", "Lambda", title=title)
    for outcome in outcomes:
        table.add_row(
            f"{outcome.site}, {outcome.seconds:.0f} s",
            f"{outcome.hit_percent:.2f} %",
            f"{max(outcome.wrong, outcome.flipped):,}",
            f"{outcome.kept_set_cookies:,}",
            f"{outcome.canary_visitors:,}",
            ", ".join(f"{count:,} {name}" for name, count in sorted(outcome.origin_requests.items())),
            f"{outcome.invocations:,}",
        )
    return table


def _table(checks: Sequence[Check]) -> Table:
    table = Table("what", "found", "must be")
    for check in checks:
        mark = "[green]✓[/]" if check.holds else "[bold red]✗[/]"
        table.add_row(check.name, f"{check.found} {mark}", check.must_be)
    return table


if __name__ == "__main__":
    raise SystemExit(main())
