"""`make demo`: the local stack deployed, every strategy switched on in turn and watched, then served until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import sys

from rich.markup import escape

from cli.output.console import out, print_error
from cli.output.failures import EXIT_CODES
from cli.stacks.workspace import Workspace
from cli.up import report, serving
from cli.up.deploying import command_errors
from cli.up.request import UpRequest
from demo import chapters
from demo.checks import Checks
from demo.decisions import Decisions
from demo.guide import Guide
from demo.next_steps import COMMAND, list_next_steps

STACK = "local"
RECONCILE_SECONDS = 0.5
"""The rollout controller looks more often than each minute, for nobody waits for a demonstration."""


async def tour(port: int, is_once: bool) -> int:
    """The exit code: 0 when every expectation held. Without `is_once` it then serves until Ctrl-C."""
    checks = Checks(out)
    decisions = Decisions()
    out.print(f"the [bold]{STACK}[/] stack, deployed on this machine by the Pulumi program itself")
    request = UpRequest(STACK, port, is_brief=True, reconcile_seconds=RECONCILE_SECONDS)
    async with serving.serving(request, decisions.line) as deployment:
        guide = Guide(STACK, port, deployment, checks, decisions)
        for chapter in chapters.ALL:
            await chapter(guide)
        if not checks.all_held:
            out.print(f"\n[bold red]{len(checks.failed)} expectations did not hold[/]")
            return 1
        out.print("\n[bold green]every expectation held[/]")
        if is_once:
            out.print(f"\nnext: {COMMAND} up, and in another terminal")
            _print_next_steps(f"http://127.0.0.1:{UpRequest(STACK).port}")
        else:
            await guide.deploy()
            decisions.are_shown = True
            report.print_address(STACK, deployment.url, deployment.region_urls)
            out.print("\nnext, in another terminal")
            _print_next_steps(deployment.url)
            await serving.until_ended(serving.follow(guide.request(), deployment))
    return 0


def _print_next_steps(url: str) -> None:
    for purpose, lines in list_next_steps(Workspace().open_stack(STACK), url):
        out.print(f"\n  [dim]# {escape(purpose)}[/]")
        for line in lines:
            out.print(f"  {escape(line)}")
    out.print()


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
