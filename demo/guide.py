"""The stack of the tour: how it is changed and visited, and what is expected of it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape

from cli.stacks.workspace import Workspace
from cli.up.deploying import deploy
from cli.up.report import print_log_line
from cli.up.request import UpRequest
from controller.rollout.state import Rollout
from demo.figures import Counted
from infra.data.control_item import config_item
from simulator.deployment.deployment import LocalDeployment
from simulator.standin.config.override import Override

REFRESH_SECONDS = 1
IN_FORCE_SECONDS = 30
POLL_SECONDS = 0.05


@dataclass
class Checks:
    """The tour's expectations: each is printed, and those that failed are kept."""

    console: Console
    failed: list[str] = field(default_factory=list[str])

    def chapter(self, title: str) -> None:
        """Print the title of a new part of the tour."""
        self.console.print(f"\n[bold]{escape(title)}[/]", highlight=False, soft_wrap=True)

    def expect(self, held: object, text: str) -> None:
        """Print an expectation; `text` has what was seen."""
        mark = "[green]✓[/]" if held else "[bold red]✗[/]"
        self.console.print(f"  {mark} {escape(text)}", highlight=False, soft_wrap=True)
        if not held:
            self.failed.append(text)


class Decisions:
    """The router's log: not printed during the tour, and printed afterwards.

    `last` is the newest decision, `counted` has by request ID what was counted of it.
    """

    are_shown = False

    def __init__(self) -> None:
        self.last: Mapping[str, Any] = {}
        self.counted: dict[str, Counted] = {}

    @property
    def revision(self) -> str:
        """The revision of control that the newest decision was made by; "" before the first."""
        return str(self.last.get("revision", ""))

    def line(self, region: str, function: str, line: str) -> None:
        """Take a line that the function wrote."""
        if line.startswith('{"strategy":') and '"origin":' in line:
            self.last = json.loads(line)
            if "Requests" in self.last:
                self.counted[self.last["requestId"]] = Counted(self.last["Version"], self.last["_aws"]["Timestamp"])
        if self.are_shown:
            print_log_line(region, function, line)


@dataclass
class Guide:
    """The stack that is up, and how to change it."""

    stack: str
    port: int
    deployment: LocalDeployment
    checks: Checks
    decisions: Decisions

    async def deploy(self, *overrides: Override, fail_percent: float = 0) -> None:
        """Run the program again with these settings, as `pulumi config set` and `pulumi up` would.

        They are in force on return. `fail_percent` of version 2's responses are a 500.
        """
        request = self.request(*overrides, fail_percent=fail_percent)
        await deploy(request, self.deployment)
        stack = Workspace().open_stack(self.stack, request.overrides)
        if stack.settings.reads_control_table:
            config = f"config:{config_item(stack.settings)['revision']['S']}"
            await self.wait_until(lambda revision: revision == config, "the new settings")

    async def update(self, overrides: Sequence[Override]) -> None:
        """Run the program again with these settings, without waiting until they are in force."""
        await deploy(self.request(*overrides), self.deployment)

    def request(self, *overrides: Override, fail_percent: float = 0) -> UpRequest:
        """Return a request for the stack with these settings, whose control table is read every second."""
        settings = (f"control.refreshSeconds={REFRESH_SECONDS}", *overrides)
        return UpRequest(self.stack, self.port, settings, is_brief=True, fail_percent=fail_percent)

    async def wait_until(self, is_read: Callable[[str], bool], what: str) -> None:
        """Wait until the router reads such a revision: a running instance caches the control table for a second.

        An expectation that failed where that takes too long; the text names `what` should have been read.
        """
        try:
            async with asyncio.timeout(IN_FORCE_SECONDS), self.viewer() as viewer:
                while not is_read(self.decisions.revision):
                    await visit(viewer, path="/health")
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            seen = self.decisions.revision or "none"
            self.checks.expect(False, f"the router reads {what} within {IN_FORCE_SECONDS} seconds: it reads {seen}")

    def viewer(self) -> httpx.AsyncClient:
        """Return a viewer with a cookie jar. Secure cookies are sent by hand, for this is HTTP."""
        return httpx.AsyncClient(base_url=self.deployment.url, trust_env=False, timeout=30)


def includes(revision: str, rollout: Rollout) -> bool:
    """Return True where control of this revision is this rollout's, or a later one's.

    A controller that has written the end of a rollout writes the item once more when it has announced it.
    """
    kind, _, number = revision.partition(":")
    return kind == "rollout" and int(number) >= rollout.revision


async def visit(
    viewer: httpx.AsyncClient, cookies: dict[str, str] | None = None, region: str = "us-east-1", path: str = "/"
) -> httpx.Response:
    """Send a GET from a Region."""
    headers = {"x-simulate-region": region}
    if cookies:
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return await viewer.get(path, headers=headers)


async def versions(viewer: httpx.AsyncClient, count: int, cookies: dict[str, str] | None = None) -> Counter[str]:
    """Count the versions that responded."""
    return Counter([(await visit(viewer, cookies)).headers.get("x-app-version", "none") for _ in range(count)])


def summary(counts: Counter[str]) -> str:
    """Return `version 1: 12, version 2: 8`."""
    return ", ".join(f"version {version}: {count}" for version, count in sorted(counts.items()))
