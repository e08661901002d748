"""Applications are real processes: started once, replaced when they change, and gone when they shall be."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import psutil
import pytest

from simulator.deployment.applications import Application, ApplicationError, Applications
from simulator.lambda_edge.keeper import Keeper

pytestmark = [pytest.mark.anyio, pytest.mark.long]
Pids = Callable[[], set[int]]


@pytest.fixture
async def applications(keeper: Keeper) -> AsyncIterator[Applications]:
    made = Applications(keeper, start_seconds=10)
    yield made
    await made.stop()


def echo(name: str = "a.example.com:443", **environment: str) -> Application:
    return Application(name, "demo.echo:app", {"NAME": "a", **environment})


def servers() -> set[int]:
    own = psutil.Process().children(recursive=True)
    return {process.pid for process in own if "uvicorn" in " ".join(process.cmdline())}


@pytest.fixture
def pids() -> Callable[[], set[int]]:
    """The applications' processes that this test started."""
    before = servers()
    return lambda: servers() - before


async def name_at(url: str) -> str:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(url)).json()["name"]


async def test_it_answers_once_started_and_no_process_is_left_by_stop(applications: Applications, pids: Pids):
    await applications.start([echo(), echo("b.example.com:443", NAME="b")])
    assert [await name_at(url) for url in applications.urls.values()] == ["a", "b"]
    assert len(pids()) == 2
    await applications.stop()
    assert pids() == set()
    assert applications.urls == {}


async def test_its_lines_are_handed_on_with_its_region(keeper: Keeper):
    lines: list[tuple[str, str]] = []
    applications = Applications(keeper, on_line=lambda region, line: lines.append((region, line)))
    module, regions = "tests.simulator.deployment.printing_app:app", {"AWS_REGION": "eu-west-1"}
    await applications.start([Application("a.example.com:443", module, regions, health="/ready")])
    await applications.stop()
    assert lines[0] == ("eu-west-1", "/ready was requested")


async def test_what_runs_as_it_should_stays(applications: Applications, pids: Pids):
    await applications.start([echo()])
    before, urls = pids(), applications.urls
    await applications.start([echo()])
    assert (pids(), applications.urls) == (before, urls)


async def test_a_changed_one_is_replaced_and_the_old_one_goes_on_until_told_to_end(
    applications: Applications, pids: Pids
):
    await applications.start([echo()])
    (old,) = applications.urls.values()
    await applications.start([echo(NAME="new")])
    (new,) = applications.urls.values()
    assert (await name_at(old), await name_at(new)) == ("a", "new")
    await applications.stop_replaced()
    assert len(pids()) == 1
    assert await name_at(new) == "new"


async def test_one_that_died_is_started_again(applications: Applications, pids: Pids):
    await applications.start([echo()])
    (pid,) = pids()
    process = psutil.Process(pid)
    process.kill()
    (running,) = applications._running.values()
    async with asyncio.timeout(20):
        while running.is_alive:
            await asyncio.sleep(0.01)
    await applications.start([echo()])
    assert [await name_at(url) for url in applications.urls.values()] == ["a"]


async def test_one_that_is_no_longer_wanted_ends(applications: Applications, pids: Pids):
    await applications.start([echo()])
    await applications.start([])
    await applications.stop_replaced()
    assert (pids(), applications.urls) == (set(), {})


async def test_one_that_is_down_stays_down_over_a_change_and_comes_up_as_changed(
    applications: Applications, pids: Pids
):
    await applications.start([echo()])
    urls = applications.urls
    await applications.take_down("a.example.com:443")
    await applications.start([echo(NAME="new")])
    await applications.stop_replaced()
    assert (pids(), applications.urls) == (set(), urls)
    await applications.bring_up("a.example.com:443")
    assert applications.urls == urls
    assert [await name_at(url) for url in urls.values()] == ["new"]
    await applications.start([echo(NAME="new")])
    assert len(pids()) == 1
    await applications.stop()
    assert pids() == set()


async def test_one_that_is_down_and_no_longer_wanted_is_not_brought_up(applications: Applications, pids: Pids):
    await applications.start([echo()])
    await applications.take_down("a.example.com:443")
    await applications.start([])
    await applications.bring_up("a.example.com:443")
    assert (pids(), applications.urls) == (set(), {})
    await applications.start([echo()])
    assert [await name_at(url) for url in applications.urls.values()] == ["a"]


async def test_a_change_that_fails_leaves_one_that_is_down_as_it_was(applications: Applications):
    await applications.start([echo()])
    await applications.take_down("a.example.com:443")
    with pytest.raises(ApplicationError):
        await applications.start([echo(NAME="new"), echo("b.example.com:443", STATUS="ok")])
    await applications.bring_up("a.example.com:443")
    assert [await name_at(url) for url in applications.urls.values()] == ["a"]


async def test_one_that_does_not_start_says_why_and_the_others_stay(applications: Applications, pids: Pids):
    await applications.start([echo()])
    before, urls = pids(), applications.urls
    with pytest.raises(ApplicationError) as failed:
        await applications.start([echo(), echo("b.example.com:443", STATUS="ok")])
    assert str(failed.value) == (
        'b.example.com:443 ended with exit code 1: STATUS is "ok"; a whole number from 200 to 599'
    )
    assert (pids(), applications.urls) == (before, urls)


async def test_one_that_only_fails_is_given_up_after_a_while(keeper: Keeper, pids: Pids):
    applications = Applications(keeper, start_seconds=2)
    with pytest.raises(ApplicationError, match=r"^a\.example\.com:443 did not answer at http://\S+/ within 2 s$"):
        await applications.start([echo(STATUS="503")])
    assert pids() == set()
