"""Open tabs through deployments, rollouts and rollbacks: no file is missing and none is of another build."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.e2e.tabs import CACHED, FALLBACK, IDS, QUERY, Build, Outcome, Plan, Visits, read_build, serving, tiny_builds

pytestmark = [pytest.mark.anyio, pytest.mark.long]
SOURCES = Path(__file__).with_name("skew_site")
SMALL = Plan(tabs=36, deployments=4, rollbacks=1, longest_phases=9)
SETTLED = Plan(tabs=36, deployments=2, rollbacks=1, longest_phases=4, settles=True)
BAR = Plan(tabs=10_000, deployments=20, rollbacks=5, longest_phases=40)
NAMES = [f"b{number}" for number in range(BAR.deployments + 1)]


def faults_of(outcome: Outcome) -> dict[str, int]:
    """What has to be 0."""
    return {name: getattr(outcome, name) for name in ("missing", "mixed", "without_page", "complaints")}


NOTHING = {"missing": 0, "mixed": 0, "without_page": 0, "complaints": 0}


async def tabs(builds: Sequence[Build], plan: Plan, *overrides: str, outlives_hosts: bool = True) -> Outcome:
    """Pages are cached for a minute, unless tabs are closed before a host loses their build: then none outlives it."""
    async with serving(builds, *overrides, page="max-age=60" if outlives_hosts else "no-cache") as world:
        outcome = await Visits(world, plan, outlives_hosts).run(builds)
    print(overrides, outcome)
    return outcome


async def test_a_few_tabs_keep_their_files_behind_a_cache() -> None:
    outcome = await tabs(tiny_builds(NAMES[:5], prefix="/_v"), SMALL, CACHED, *IDS)
    assert faults_of(outcome) == NOTHING
    assert 0 < outcome.on_canary < outcome.tabs == SMALL.tabs


async def test_without_skew_the_same_tabs_lose_files() -> None:
    """So that the tests here cannot pass by finding nothing."""
    outcome = await tabs(tiny_builds(NAMES[:5]), SMALL, CACHED)
    assert outcome.missing >= SMALL.tabs // 3
    assert outcome.mixed >= SMALL.tabs // 3


@pytest.mark.parametrize("settings", [(), (CACHED,)], ids=["on Lambda", "behind a cache"])
async def test_a_few_tabs_keep_their_files_by_a_query(settings: tuple[str, ...]) -> None:
    outcome = await tabs(tiny_builds(NAMES[:5], query="dpl"), SMALL, *settings, *QUERY)
    assert faults_of(outcome) == NOTHING


@pytest.mark.parametrize("settings", [(), (CACHED,)], ids=["on Lambda", "behind a cache"])
async def test_a_few_tabs_of_a_site_that_changes_nothing_keep_their_files(settings: tuple[str, ...]) -> None:
    """Of the two versions that are up; files without a hash in their name are those of the visitor's version."""
    outcome = await tabs(tiny_builds(NAMES[:5]), SETTLED, *settings, *FALLBACK, outlives_hosts=False)
    assert faults_of(outcome) == {**NOTHING, "mixed": outcome.mixed}
    without = await tabs(tiny_builds(NAMES[:5]), SETTLED, *settings, outlives_hosts=False)
    assert without.missing > 0


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Build]]:
    """Real builds by Vite: with the id in the path, and as Vite does it by default."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not on PATH: it installs Vite, which makes the builds")
    directory = tmp_path_factory.mktemp("site") / "sources"
    shutil.copytree(SOURCES, directory, ignore=shutil.ignore_patterns("node_modules"))
    install = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    done = subprocess.run(install, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot install Vite: {done.stderr.strip()[-300:]}")
    for name, prefix in (("ids", "/_v"), ("plain", "")):
        command = ("node", "build.mjs", str(directory / name), prefix, *NAMES)
        subprocess.run(command, cwd=directory, capture_output=True, check=True)
    return {kind: [read_build(directory / kind / name) for name in NAMES] for kind in ("ids", "plain")}


@pytest.mark.parametrize("settings", [(CACHED,), ()], ids=["behind a cache", "on Lambda"])
async def test_all_tabs_keep_the_files_of_real_builds(
    bundled: dict[str, list[Build]], settings: tuple[str, ...]
) -> None:
    outcome = await tabs(bundled["ids"], BAR, *settings, *IDS)
    assert faults_of(outcome) == NOTHING
    assert outcome.tabs == BAR.tabs
    assert outcome.on_canary > BAR.tabs // 5


async def test_without_skew_tabs_lose_files_of_real_builds(bundled: dict[str, list[Build]]) -> None:
    outcome = await tabs(bundled["plain"], BAR, CACHED)
    assert outcome.missing > BAR.tabs // 2
    assert outcome.mixed > BAR.tabs // 2


async def test_a_fallback_keeps_the_files_of_real_builds_while_both_versions_are_up(
    bundled: dict[str, list[Build]],
) -> None:
    outcome = await tabs(bundled["plain"], BAR, CACHED, *FALLBACK, outlives_hosts=False)
    assert (outcome.tabs, outcome.missing, outcome.without_page, outcome.complaints) == (BAR.tabs, 0, 0, 0)
