"""The test files of the tour, and the example of the page, on the shipped local stack."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from acceptance.format.read import TestFile, read_test_file
from acceptance.run.result import Result
from acceptance.run.runner import Runner
from cli.stacks.workspace import Workspace
from cli.test.local_edge import LocalEdge
from demo.tour import CHAPTERS, FOLDER
from simulator.standin.config.override import Override
from tests.docs.pages import read
from tests.e2e.conftest import Stack

pytestmark = pytest.mark.anyio
SHIPPED = {"cookie-version", "fastest-origin", "jwt-iat", "sticky-session", "tenant-lookup", "tier"}
WRONG = """\
set: { strategy: sticky-session, canaryPercent: 0 }
tests:
  - name: nobody is on the canary
    steps:
      - session: { id: kept, version: canary }
      - request: { path: /health, cookies: { sessiontoken: kept } }
        expect: { origin: stable }
  - name: a session that has expired
    steps:
      - session: { id: old, version: canary, expiresIn: -1h }
      - request: { path: /health, cookies: { sessiontoken: old } }
        expect: { version: stable, reason: expired-session, log: { bucket: { matches: "^[0-9]+$" } } }
  - name: a version that the stack has not
    steps:
      - session: { id: a, version: beta }
      - request: /
  - name: an origin that the stack has not
    steps:
      - origin: { name: canarry, is: down }
      - request: /
  - name: another secret
    set: { origins.canary.port: 70000 }
    steps: [{ request: / }]
"""
FAULTS = """\
set: { strategy: sticky-session, canaryPercent: 100, staticPaths: [/static/*] }
tests:
  - name: what is cached outlives its origin, until it is old
    steps:
      - request: /static/style.css
        expect: { cache: miss }
      - request: /static/style.css
        expect: { cache: hit }
      - origin: { name: stable, is: down }
      - request: /static/style.css
        expect: { cache: hit }
      - invalidate: /*
      - request: /static/style.css
        expect: { status: 502, cache: error }
      - origin: { name: stable, is: failing }
      - advance: 1h
      - request: /static/style.css
        expect: { status: 503 }
      - origin: { name: stable, is: up }
      - advance: 1h
      - request: /static/style.css
        expect: { cache: miss }
  - name: the origin is up again for the next test
    steps:
      - request: /static/style.css
        expect: { cache: miss }
      - advance: 8760h
      - request: /static/style.css
        expect: { cache: refresh-hit }
  - name: an origin that is down stays down, whatever is set
    steps:
      - origin: { name: canary, is: down }
      - set: { stickySession: { cookie: another } }
      - request: { path: /health, headers: { x-qa-origin: canary:local-demo-override-secret } }
        expect: { status: 502, cache: error }
"""


async def run(stack: Stack, file: TestFile) -> list[Result]:
    """The results of a file's tests."""

    async def deploy(settings: Sequence[Override]) -> None:
        await stack.deploy(*settings)

    edge = LocalEdge(stack.local, Workspace(), "local", deploy, stack.log)
    async with httpx.AsyncClient(trust_env=False) as client:
        runner = Runner(file, edge, client, "local", is_strict=True)
        return [await runner.run(index) for index in range(len(file.suite.tests))]


def write_test_file(folder: Path, text: str) -> TestFile:
    (folder / "file.yaml").write_text(text)
    return read_test_file(folder / "file.yaml")


def test_every_strategy_that_is_shipped_has_a_file_and_the_tour_has_every_file_but_that_of_the_sample_stacks():
    files = {path.stem for path in FOLDER.glob("*.yaml")}
    assert files == {*CHAPTERS, "stack"}
    assert set(CHAPTERS) >= SHIPPED


@pytest.mark.long
@pytest.mark.parametrize("name", CHAPTERS)
async def test_a_chapter_of_the_tour_holds(stack: Stack, name: str):
    results = await run(stack, read_test_file(FOLDER / f"{name}.yaml"))
    assert [failure.text for result in results for failure in result.failures] == []
    assert {result.outcome for result in results} == {"passed"}


@pytest.mark.long
async def test_the_example_of_the_page_holds(stack: Stack, tmp_path: Path):
    example = re.search(r"^```yaml\n(.*?)^```", read("test-files.md"), re.M | re.S)
    assert example
    results = await run(stack, write_test_file(tmp_path, example[1]))
    stack.console.clear()  # an origin was down
    assert [failure.text for result in results for failure in result.failures] == []


@pytest.mark.long
async def test_a_failure_says_what_was_expected_and_has_the_line_of_the_log(stack: Stack, tmp_path: Path):
    wrong, expired, version, origin, setting = await run(stack, write_test_file(tmp_path, WRONG))
    [failure] = wrong.failures
    assert failure.text == "origin: expected stable, found canary (GET /health)"
    [line] = failure.log
    assert '"origin":"canary","reason":"session"' in line
    assert (expired.outcome, expired.seen) == ("passed", ["stable, expired-session"])
    assert [one.failures[0].text for one in (version, origin)] == [
        "set-up: session.version is 'beta': allowed: canary, stable",
        "set-up: origin.name is 'canarry', which has no application here: did you mean canary? Allowed: canary, stable",
    ]
    assert "edge-router:origins.canary.port is 70000" in setting.failures[0].text


@pytest.mark.long
async def test_origins_fail_and_time_goes_by(stack: Stack, tmp_path: Path):
    results = await run(stack, write_test_file(tmp_path, FAULTS))
    stack.console.clear()  # an origin was down
    assert [failure.text for result in results for failure in result.failures] == []
