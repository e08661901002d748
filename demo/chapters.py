"""The chapters of the tour: a test file for each strategy and for what holds for all of them, then two rollouts."""

from __future__ import annotations

from pathlib import Path

import httpx

from acceptance.format.read import TestFile, read_test_file
from acceptance.run.result import Result
from acceptance.run.runner import Runner
from cli.stacks.workspace import Workspace
from cli.test.local_edge import LocalEdge, LogLines
from demo.guide import Guide
from demo.rollouts import rollouts

FOLDER = Path(__file__).with_name("chapters")
NAMES = (
    "sticky-session",
    "cookie-version",
    "jwt-iat",
    "tenant-lookup",
    "fastest-origin",
    "tier",
    "cached-canary",
    "override",
)
"""The files in the order of the tour."""


def read_chapters() -> list[TestFile]:
    """Read the test files of the tour. TestFileError."""
    return [read_test_file(FOLDER / f"{name}.yaml") for name in NAMES]


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
