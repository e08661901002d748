"""`make withdrawal`: how long visitors of the canary still get its responses after a rollback, in three Regions."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import platform
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import httpx
from rich.console import Console
from rich.table import Table

from bench.finding import publish
from bench.processes import PROJECT
from bench.rollouts.control_delay import PAUSE_SECONDS, REGIONS, SLACK_SECONDS, STACK, TABLE, VIEWERS
from cli.stacks.workspace import Workspace
from cli.up.local_backends import local_backends
from controller.analysis.plan import Plan
from controller.rollout import transitions
from controller.rollout.state import Rollout
from controller.rollout.store import ControlTable, Items
from controller.sources.key_values import CloudFrontKeyValues
from simulator.deployment.deployment import LocalDeployment
from simulator.dynamodb.sdk import local_client
from simulator.lambda_edge import functions_from_state
from simulator.loopback import LoopbackServer, Request, Response
from simulator.standin.program import run_program

REPORT = PROJECT / ".edge-router" / "withdrawal.json"
CACHING = {"on Lambda": "none", "cached canary": "versioned"}
"""cookieVersion.caching by the name of the row."""
ROUNDS = 2
WITHIN_SECONDS = 60
NEVER_SECONDS = 86_400
PLAN = Plan(steps=(50, 100), interval_seconds=NEVER_SECONDS, minimum_requests=20, max_latency_increase=100_000)
METHOD = (
    "cookie-version in real workers, the real program, table and function, writes replicated after 100 ms; viewers of"
    " each Region who are on the canary. From the moment before the write of the rollback to the end of the last"
    " response of the canary. An abort writes what `edge-router rollout abort` writes; a failed test is found by the"
    " controller, of which half of the canary's responses are errors. The local key-value store propagates at once;"
    " AWS gives no figure for its own"
)


@dataclass(frozen=True)
class Round:
    """One rollback. `seconds` until the last response of the canary, `responses` after it."""

    case: str
    cause: str
    seconds: float
    canary_responses: int
    responses: int


@dataclass
class Viewing:
    """The responses of all viewers: when each had ended, and whether it was the canary's."""

    responses: list[tuple[float, bool]] = field(default_factory=list[tuple[float, bool]])

    async def view(self, client: httpx.AsyncClient, cookie: str) -> None:
        """Request one page after another."""
        while True:
            response = await client.get("/page", headers={"cookie": cookie})
            self.responses.append((time.monotonic(), response.headers.get("x-version") == "canary"))
            await asyncio.sleep(PAUSE_SECONDS)


@dataclass
class Backends:
    """Both versions; of a broken canary every other response is an error. A page can be cached."""

    is_broken: bool = False
    answered: int = 0

    async def stable(self, _: Request) -> Response:
        return Response(200, b"1", [("x-version", "stable"), ("cache-control", "public, max-age=1")])

    async def canary(self, _: Request) -> Response:
        self.answered += 1
        status = 500 if self.is_broken and self.answered % 2 else 200
        return Response(status, b"2", [("x-version", "canary"), ("cache-control", "public, max-age=1")])

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncGenerator[dict[str, str]]:
        """Serve both; yield their URLs by domain."""
        servers = {"v1.example.com": LoopbackServer(self.stable), "v2.example.com": LoopbackServer(self.canary)}
        for server in servers.values():
            await server.listen()
        try:
            yield {domain: f"http://{server.address}" for domain, server in servers.items()}
        finally:
            for server in servers.values():
                await server.close()


@dataclass
class Rolling:
    """A stack with a rollout under way, and what rolls it back."""

    local: LocalDeployment
    table: ControlTable
    backends: Backends
    is_cached: bool

    async def write(self, change: Callable[[Items, float], Rollout]) -> None:
        """Write as a command does: the table, and the key-value store where the edge reads that."""
        items = await asyncio.to_thread(self.table.read)
        await asyncio.to_thread(self.table.write, change(items, time.time()), items)
        if self.is_cached:
            assert self.local.distribution is not None
            (arn,) = self.local.distribution.key_values
            store = CloudFrontKeyValues(self.local.clients("cloudfront-keyvaluestore", REGIONS[0]), arn)
            await asyncio.to_thread(store.sync, lambda: self.table.read().live)

    async def abort(self) -> float:
        """Abort the rollout; return the time before it."""
        begun = time.monotonic()
        await self.write(transitions.abort)
        return begun

    async def fail(self) -> float:
        """Break the canary, and let the controller look until a test fails; return the time before that look."""
        self.backends.is_broken = True
        async with asyncio.timeout(WITHIN_SECONDS):
            while True:
                begun = time.monotonic()
                outcome = await self.local.rollouts.reconcile()
                assert outcome is not None
                if outcome.kind == "rolled-back":
                    return begun
                await asyncio.sleep(1)


CAUSES: dict[str, Callable[[Rolling], Awaitable[float]]] = {"abort": Rolling.abort, "failed test": Rolling.fail}


async def measure(case: str, rounds: int, refresh_seconds: int) -> AsyncGenerator[Round]:
    """Yield the rounds of one row, each cause in turn, each with a release of its own."""
    is_cached = CACHING[case] == "versioned"
    settings = ("strategy=cookie-version", f"cookieVersion.caching={CACHING[case]}", "pin=none", "canaryPercent=0")
    async with LocalDeployment(reconcile_seconds=NEVER_SECONDS) as local:
        state: dict[str, object] | None = None
        with contextlib.closing(local_client(local.dynamodb.endpoint_url, REGIONS[0])) as client:
            for number in range(rounds):
                for cause, roll_back in CAUSES.items():
                    backends = Backends()
                    async with backends.serve() as origins:
                        release = f"release={cause.replace(' ', '-')}-{number}"
                        overrides = (*settings, f"control.refreshSeconds={refresh_seconds}", release)
                        run = await asyncio.to_thread(run_program, STACK, overrides=overrides, state=state)
                        state, opened = run.state, dict(run.state_with_secrets)
                        site = local_backends(Workspace().open_stack(STACK, overrides), origins, opened)
                        await local.apply(opened, site, functions_from_state(run.state, PROJECT))
                        rolling = Rolling(local, ControlTable(client, TABLE), backends, is_cached)
                        await rolling.write(lambda items, now: transitions.start(PLAN, items, now))
                        yield await _round(case, cause, rolling, roll_back, refresh_seconds)


async def _round(
    case: str, cause: str, rolling: Rolling, roll_back: Callable[[Rolling], Awaitable[float]], refresh_seconds: int
) -> Round:
    async with contextlib.AsyncExitStack() as viewing:
        clients = [
            await viewing.enter_async_context(
                httpx.AsyncClient(
                    base_url=rolling.local.url, headers={"x-simulate-region": region}, trust_env=False, timeout=30
                )
            )
            for region in REGIONS * VIEWERS
        ]
        cookies = await asyncio.gather(*map(_canary_cookie, clients))
        seen = Viewing()
        viewers = [
            asyncio.create_task(seen.view(client, cookie)) for client, cookie in zip(clients, cookies, strict=True)
        ]
        new = asyncio.create_task(_new_visitors(clients[0]))
        try:
            await asyncio.sleep(SLACK_SECONDS)
            begun = await roll_back(rolling)
            await asyncio.sleep(refresh_seconds + 2 * SLACK_SECONDS)
        finally:
            for task in (*viewers, new):
                task.cancel()
            await asyncio.gather(*viewers, new, return_exceptions=True)
    after = [(at - begun, is_canary) for at, is_canary in seen.responses if at >= begun]
    late = [seconds for seconds, is_canary in after if is_canary]
    return Round(case, cause, max(late, default=0.0), len(late), len(after))


async def _canary_cookie(client: httpx.AsyncClient) -> str:
    """Return the cookie of a new visitor who is on the canary."""
    async with asyncio.timeout(WITHIN_SECONDS):
        while True:
            client.cookies.clear()
            response = await client.get("/page")
            if response.headers.get("x-version") == "canary" and "set-cookie" in response.headers:
                return response.headers["set-cookie"].partition(";")[0]


async def _new_visitors(client: httpx.AsyncClient) -> None:
    """Stable has requests too, without which no test is run."""
    while True:
        client.cookies.clear()
        await client.get("/page")
        await asyncio.sleep(PAUSE_SECONDS / 2)


async def _all(rounds: int, refresh_seconds: int, console: Console) -> list[Round]:
    found: list[Round] = []
    for case in CACHING:
        console.print(f"[dim]{case}, {rounds} times each cause …[/]")
        found += [one async for one in measure(case, rounds, refresh_seconds)]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every canary was withdrawn in time."""
    parser = argparse.ArgumentParser(prog="python -m bench.rollouts.withdrawal", description="A canary's withdrawal.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of each row, {ROUNDS} by default")
    parser.add_argument("--refresh-seconds", type=int, default=10, help="control.refreshSeconds, 10 by default")
    parser.add_argument("--json", action="store_true", help="print JSON in the place of the table")
    options = parser.parse_args(arguments)
    console = Console(stderr=options.json)
    rounds = asyncio.run(_all(options.rounds, options.refresh_seconds, console))
    limit = options.refresh_seconds + SLACK_SECONDS
    shown = {"python": platform.python_version(), "method": METHOD, "limitSeconds": limit}
    document = {**shown, "rounds": [dataclasses.asdict(one) for one in rounds]}
    publish(REPORT, document, _table(rounds, limit), is_json=options.json)
    return 0 if all(one.seconds <= limit and one.canary_responses < one.responses for one in rounds) else 1


def _table(rounds: Sequence[Round], limit: float) -> Table:
    title = f"{len(REGIONS)} Regions, {VIEWERS} viewers of the canary each; must be withdrawn within {limit:g} s"
    table = Table(
        "canary", "rolled back by", "last response of the canary after", "of the canary", "of all", title=title
    )
    for one in rounds:
        mark = "[green]✓[/]" if one.seconds <= limit else "[bold red]✗[/]"
        table.add_row(
            one.case, one.cause, f"{one.seconds:.1f} s {mark}", f"{one.canary_responses:,}", f"{one.responses:,}"
        )
    return table


if __name__ == "__main__":
    raise SystemExit(main())
