"""`make demo`: the local stack deployed, every strategy switched on in turn and watched, then served until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import sys

from demo import chapters
from demo.checks import Checks
from operations import report, serving
from operations.console import complain, out
from operations.errors import EXIT_CODES
from operations.serving_errors import told
from operations.up_request import UpRequest

STACK = "local"


class Decisions:
    """The router's log: silent during the tour, which tells what happened itself, and shown afterwards."""

    are_shown = False

    def line(self, region: str, function: str, line: str) -> None:
        """One line that the function wrote."""
        if self.are_shown:
            report.log_line(region, function, line)


async def tour(port: int, is_once: bool) -> int:
    """The exit code: 0 when every expectation held. Without `is_once` it then serves until Ctrl-C."""
    checks = Checks(out)
    decisions = Decisions()
    out.print(f"the [bold]{STACK}[/] stack, deployed on this machine by the Pulumi program itself")
    async with serving.serving(UpRequest(STACK, port, is_brief=True), decisions.line) as deployment:
        guide = chapters.Guide(STACK, port, deployment, checks)
        for chapter in chapters.ALL:
            await chapter(guide)
        if not checks.all_held:
            out.print(f"\n[bold red]{len(checks.failed)} expectations did not hold[/]")
            return 1
        out.print("\n[bold green]every expectation held[/]")
        if not is_once:
            await guide.deploy()
            decisions.are_shown = True
            report.serving(STACK, deployment.url, deployment.region_urls)
            await serving.until_ended(asyncio.Event().wait())
    return 0


def main() -> None:
    """Parse the two options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the tour")
    parser.add_argument("--port", type=int, default=0, help="where to serve; default: a free port")
    options = parser.parse_args()
    try:
        with told():
            sys.exit(asyncio.run(tour(options.port, options.once)))
    except tuple(EXIT_CODES) as error:
        complain(str(error))
        sys.exit(EXIT_CODES[type(error)])
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
