"""`make demo`: the local stack deployed, every strategy turned on in turn and checked, then served until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
from rich.markup import escape

from acceptance.format.read import TestFile, read_test_file
from acceptance.run.result import Result
from acceptance.run.runner import Runner
from cli.console.command import serving as serve_console
from cli.output.console import out, print_error
from cli.output.failures import EXIT_CODES
from cli.stacks.workspace import Workspace
from cli.test.local_edge import LocalEdge, LogLines
from cli.up import report, serving
from cli.up.deploying import command_errors
from cli.up.request import UpRequest
from demo.guide import Checks, Decisions, Guide
from demo.rollouts import rollouts
from infra.settings.stack import Stack

STACK = "local"
COMMAND = ".venv/bin/edge-router"
VERSION_2 = "canary"
FOLDER = Path(__file__).with_name("test_files")
CHAPTERS = (
    "sticky-session",
    "cookie-version",
    "jwt-iat",
    "tenant-lookup",
    "fastest-origin",
    "tier",
    "cached-canary",
    "override",
)
"""The test files in the order of the tour."""
RECONCILE_SECONDS = 0.5
"""The rollout controller runs more often than once a minute, so that the tour is short."""


async def tour(port: int, is_once: bool) -> int:
    """Return the exit code: 0 when every expectation held. Without `is_once` it then serves until Ctrl-C."""
    checks = Checks(out.console)
    decisions, lines = Decisions(), LogLines()

    def on_log(region: str, function: str, line: str) -> None:
        decisions.line(region, function, line)
        lines(region, function, line)

    out.print(f"the [bold]{STACK}[/] stack, deployed on this machine by the Pulumi program itself")
    request = UpRequest(STACK, port, is_brief=True, reconcile_seconds=RECONCILE_SECONDS)
    async with serving.serving(request, on_log) as deployment:
        guide = Guide(STACK, port, deployment, checks, decisions)
        await run_chapters(guide, lines)
        if checks.failed:
            out.print(f"\n[bold red]{len(checks.failed)} expectations did not hold[/]")
            return 1
        out.print("\n[bold green]every expectation held[/]")
        if is_once:
            out.print(f"\nnext: {COMMAND} up, and in another terminal")
            _print_next_steps(f"http://127.0.0.1:{UpRequest(STACK).port}")
            out.print(f"  [dim]# see all of it in a browser[/]\n  {COMMAND} console --stack {STACK}\n")
        else:
            await guide.deploy()
            decisions.are_shown = True
            async with serve_console(Workspace(), (STACK,)) as address:
                report.print_address(STACK, deployment.url, deployment.region_urls)
                out.print(f"\n[bold]watch it[/] in a browser on this machine: [bold]{escape(address)}[/]")
                out.print("\nnext, in another terminal")
                _print_next_steps(deployment.url)
                await serving.until_ended(serving.follow(guide.request(), deployment))
    return 0


def read_chapters() -> list[TestFile]:
    """Read the test files of the tour. TestFileError."""
    return [read_test_file(FOLDER / f"{name}.yaml") for name in CHAPTERS]


async def run_chapters(guide: Guide, lines: LogLines) -> None:
    """Run all chapters on the stack of the tour; `lines` gets its log."""
    edge = LocalEdge(guide.deployment, Workspace(), guide.stack, guide.update, lines)
    async with httpx.AsyncClient(trust_env=False) as client:
        for file in read_chapters():
            guide.checks.chapter(file.name)
            runner = Runner(file, edge, client, "local", is_strict=True)
            for index in range(len(file.suite.tests)):
                result = await runner.run(index)
                guide.checks.expect(result.outcome == "passed", describe(result))
    await rollouts(guide)


def describe(result: Result) -> str:
    """Return the name of a test, and what was seen or what failed."""
    found = [failure.text for failure in result.failures] or result.seen
    return f"{result.name}: {'; '.join(found)}"


def _print_next_steps(url: str) -> None:
    for purpose, lines in list_next_steps(Workspace().open_stack(STACK), url):
        out.print(f"\n  [dim]# {escape(purpose)}[/]")
        for line in lines:
            out.print(f"  {escape(line)}")
    out.print()


def list_next_steps(stack: Stack, url: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what to try next: its purpose, and the commands to paste; `url` is where the stack is served."""
    yield "see version 2, whatever the percentage", (f"curl -si {_override(stack)}{url}/ | head -20",)
    yield "see where a request goes, and why", (f"curl -so /dev/null {url}/ && {COMMAND} logs --stack {stack.name}",)
    yield "start a rollout", (f"{COMMAND} rollout start --stack {stack.name}",)
    yield (
        "give it visitors meanwhile, in a third terminal, until Ctrl-C",
        (f"while sleep 0.1; do curl -so /dev/null {url}/; done",),
    )
    yield (
        "look at it, and end it: everybody goes back to stable",
        tuple(f"{COMMAND} rollout {name} --stack {stack.name}" for name in ("status", "abort")),
    )
    yield "change the percentage: the file is deployed at once", (_percentage(stack.name, 50),)


def _override(stack: Stack) -> str:
    """Return the QA override's option for curl; "" in a stack without one."""
    override = stack.settings.override
    if override is None:
        return ""
    asked = f"{VERSION_2}:{override.secret}"
    if override.header:
        return f"-H '{override.header}: {asked}' "
    return f"-b '{override.cookie}={asked}' " if override.cookie else f"-G -d '{override.query}={asked}' "


def _percentage(stack: str, percent: int) -> str:
    """BSD's sed and GNU's take no other form alike."""
    file = f"Pulumi.{stack}.yaml"
    return f"sed -i.bak 's/\\(edge-router:canaryPercent:\\).*/\\1 \"{percent}\"/' {file} && rm {file}.bak"


def main() -> None:
    """Parse the two options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the tour")
    parser.add_argument("--port", type=int, default=0, help="where to serve; default: a free port")
    options = parser.parse_args()
    try:
        with command_errors():
            sys.exit(asyncio.run(tour(options.port, options.once)))
    except tuple(EXIT_CODES) as error:
        print_error(str(error))
        sys.exit(EXIT_CODES[type(error)])
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
