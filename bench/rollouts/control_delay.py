"""`make rollouts`, second part: how long a new percentage takes to be in force, in three Regions of the local edge."""

from __future__ import annotations

import argparse
import asyncio
import bisect
import dataclasses
import json
import platform
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from bench.finding import publish
from bench.processes import PROJECT
from cli.stacks.workspace import Workspace
from cli.up.local_backends import local_backends
from infra.data.control_item import config_item
from simulator.deployment.deployment import LocalDeployment
from simulator.lambda_edge import functions_from_state
from simulator.standin.deployment import Change
from simulator.standin.program import run_program

REPORT = PROJECT / ".edge-router" / "control-delay.json"
STACK, TABLE = "local", "edge-router-local-control"
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-1")
VIEWERS, PAUSE_SECONDS = 2, 0.05
"""Of each Region, and what each waits between two requests."""
PERCENTAGES = (50, 0, 25)
SLACK_SECONDS = 2
SHARE, SPAN_SECONDS = 0.99, 1.0
PUBLISHED = ("aws:lambda/function:Function", "aws:cloudfront/distribution:Distribution")
METHOD = (
    "cookie-version in real workers, the real program and table, writes replicated after 100 ms. From the begin of the"
    " update (the program has run) to the first moment from which 99 % of the decisions of a second go by it"
)


@dataclasses.dataclass(frozen=True)
class Round:
    """One change of the percentage. `published` are functions and distributions that it changed."""

    percent: float
    seconds: float
    decisions: int
    published: int
    reads_per_instance: float


class Log:
    """Revisions that decisions went by, with the time."""

    def __init__(self) -> None:
        self.entries: list[tuple[float, str]] = []

    def line(self, _region: str, _function: str, line: str) -> None:
        """One line that the function wrote."""
        if '"origin":' in line and line.startswith("{"):
            entry: Mapping[str, Any] = json.loads(line)
            self.entries.append((time.monotonic(), str(entry.get("revision", ""))))

    def delay(self, begun: float, revision: str) -> float:
        """Seconds from `begun` until SHARE of the decisions of a second go by the revision; infinity if never."""
        after = [(at, found == revision) for at, found in self.entries if at >= begun]
        times = [at for at, _ in after]
        for index, (at, is_new) in enumerate(after):
            span = after[index : bisect.bisect_right(times, at + SPAN_SECONDS)]
            if is_new and sum(new for _, new in span) >= SHARE * len(span):
                return at - begun
        return float("inf")


class Site:
    """The stack, served; `change` is an update with another percentage."""

    def __init__(self, local: LocalDeployment, log: Log, refresh_seconds: int) -> None:
        self._local, self._log, self._refresh_seconds = local, log, refresh_seconds
        self._state: dict[str, object] | None = None

    async def change(self, percent: float) -> tuple[Sequence[Change], str]:
        """Return the change of the update, and the revision that is in force with it."""
        settings = ("strategy=cookie-version", f"control.refreshSeconds={self._refresh_seconds}", "pin=none")
        overrides = (*settings, f"canaryPercent={percent:g}")
        run = await asyncio.to_thread(run_program, STACK, overrides=overrides, state=self._state)
        self._state = run.state
        stack = Workspace().open_stack(STACK, overrides)
        opened = dict(run.state_with_secrets)
        site, functions = local_backends(stack, {}, opened), functions_from_state(run.state, PROJECT)
        self.begun = time.monotonic()
        await self._local.apply(opened, site, functions)
        return run.changes, f"config:{config_item(stack.settings)['revision']['S']}"

    async def measure_round(self, percent: float) -> Round:
        """A change under way, watched until every instance had its time."""
        self._local.dynamodb.call_counters.reset()
        changes, revision = await self.change(percent)
        watched = self._refresh_seconds + SLACK_SECONDS + SPAN_SECONDS
        await asyncio.sleep(watched)
        reads = sum(tables[TABLE]["Query"] for tables in self._local.dynamodb.counters()["requests"].values())
        return Round(
            percent=percent,
            seconds=self._log.delay(self.begun, revision),
            decisions=sum(at >= self.begun for at, _ in self._log.entries),
            published=sum(change.type in PUBLISHED and change.op != "same" for change in changes),
            reads_per_instance=reads / self._local.instances,
        )


async def measure(refresh_seconds: int) -> list[Round]:
    """A round for each of PERCENTAGES, under traffic of all Regions."""
    log = Log()
    async with LocalDeployment(on_log=log.line, console=lambda _: None) as local:
        site = Site(local, log, refresh_seconds)
        await site.change(10)
        viewers = [asyncio.create_task(_viewer(local.url, region)) for region in REGIONS * VIEWERS]
        try:
            await asyncio.sleep(SPAN_SECONDS)
            return [await site.measure_round(percent) for percent in PERCENTAGES]
        finally:
            for viewer in viewers:
                viewer.cancel()
            await asyncio.gather(*viewers, return_exceptions=True)


async def _viewer(url: str, region: str) -> None:
    headers = {"x-simulate-region": region}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=30) as client:
        while True:
            (await client.get("/health")).raise_for_status()
            await asyncio.sleep(PAUSE_SECONDS)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every round was in force in time, and published nothing."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.rollouts.control_delay", description="A new percentage's delay."
    )
    parser.add_argument("--refresh-seconds", type=int, default=10, help="control.refreshSeconds, 10 by default")
    parser.add_argument("--json", action="store_true", help="print JSON in the place of the table")
    options = parser.parse_args(arguments)
    console = Console(stderr=options.json)
    console.print(f"[dim]a new percentage, {len(PERCENTAGES)} times …[/]")
    rounds = asyncio.run(measure(options.refresh_seconds))
    limit = options.refresh_seconds + SLACK_SECONDS
    held = [one.seconds <= limit and one.published == 0 for one in rounds]
    shown = {"python": platform.python_version(), "method": METHOD, "limitSeconds": limit}
    document = {**shown, "rounds": [dataclasses.asdict(one) for one in rounds]}
    publish(REPORT, document, _table(rounds, held, limit), is_json=options.json)
    return 0 if all(held) else 1


def _table(rounds: Sequence[Round], held: Sequence[bool], limit: float) -> Table:
    title = f"{len(REGIONS)} Regions, {VIEWERS} viewers each; must be in force within {limit:g} s, nothing published"
    table = Table("canaryPercent", "in force after", "decisions", "published", "reads per instance", title=title)
    for one, is_held in zip(rounds, held, strict=True):
        mark = "[green]✓[/]" if is_held else "[bold red]✗[/]"
        table.add_row(
            f"{one.percent:g}",
            f"{one.seconds:.1f} s {mark}",
            f"{one.decisions:,}",
            str(one.published),
            f"{one.reads_per_instance:.2f}",
        )
    return table


if __name__ == "__main__":
    raise SystemExit(main())
