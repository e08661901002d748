"""Workers are reused, multiplied only under concurrency, frozen in between, and never outlive the simulator."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tests.simulator.lambda_edge.conftest import ARN, Bench, write_package

pytestmark = pytest.mark.anyio
SHOW_PID = """
import os, time
count = 0
def handler(event, context):
    global count
    count += 1
    time.sleep(event.get("seconds", 0))
    return os.getpid(), count
"""
TICKS = """
import threading, time
def tick():
    with open({path!r}, "ab", buffering=0) as file:
        while True:
            file.write(b".")
            time.sleep(0.005)
threading.Thread(target=tick, daemon=True).start()
def handler(event, context):
    time.sleep(0.1)
"""


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with contextlib.suppress(FileNotFoundError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return True


@pytest.mark.long
async def test_requests_one_after_another_share_one_worker(bench: Bench):
    edge = bench.edge(SHOW_PID)
    answers = [(await edge.invoke(ARN, "eu-west-1", {})).payload for _ in range(30)]
    assert len({pid for pid, _ in answers}) == 1
    assert [count for _, count in answers] == list(range(1, 31))


@pytest.mark.long
async def test_every_region_has_its_own_worker(bench: Bench):
    edge = bench.edge(SHOW_PID)
    pids = {(await edge.invoke(ARN, region, {})).payload[0] for region in ("eu-west-1", "us-east-1", "eu-west-1")}
    assert len(pids) == 2
    assert [(row["region"], row["workers"]) for row in edge.status()] == [("eu-west-1", 1), ("us-east-1", 1)]


async def test_requests_at_once_get_more_workers_up_to_the_limit_and_then_queue(bench: Bench):
    edge = bench.edge(SHOW_PID, max_workers=2)
    started = time.perf_counter()
    answers = await asyncio.gather(*(edge.invoke(ARN, "eu-west-1", {"seconds": 0.15}) for _ in range(6)))
    elapsed = time.perf_counter() - started
    assert all(answer.error is None for answer in answers)
    assert len({answer.payload[0] for answer in answers}) == 2
    assert sum(answer.cold_start for answer in answers) == 2
    assert elapsed >= 0.45


async def test_a_thread_stands_still_between_invocations(bench: Bench, tmp_path: Path):
    ticks = tmp_path / "ticks"
    edge = bench.edge(TICKS.format(path=str(ticks)))
    await edge.invoke(ARN, "eu-west-1", {})
    before = -1
    async with asyncio.timeout(20):
        while before != ticks.stat().st_size:
            before = ticks.stat().st_size
            await asyncio.sleep(0.2)
    await edge.invoke(ARN, "eu-west-1", {})
    assert ticks.stat().st_size > before


@pytest.mark.long
async def test_without_freezing_a_thread_goes_on(bench: Bench, tmp_path: Path):
    ticks = tmp_path / "ticks"
    edge = bench.edge(TICKS.format(path=str(ticks)), freeze=False)
    await edge.invoke(ARN, "eu-west-1", {})
    after = ticks.stat().st_size
    async with asyncio.timeout(20):
        while ticks.stat().st_size < after + 20:
            await asyncio.sleep(0.02)


@pytest.mark.long
async def test_a_flood_of_output_neither_blocks_nor_is_lost(bench: Bench):
    edge = bench.edge(
        "def handler(event, context):\n    for n in range(30000):\n        print(n, 'x' * 50)\n    return 'done'\n"
    )
    invocation = await edge.invoke(ARN, "eu-west-1", {})
    assert invocation.payload == "done"
    printed = [line for _, _, line in bench.lines if line.endswith(" " + "x" * 50)]
    assert [int(line.split()[0]) for line in printed] == list(range(30000))
    assert len(invocation.log_lines) == 10_000


@pytest.mark.long
async def test_one_endless_line_is_cut(bench: Bench):
    edge = bench.edge("import os\ndef handler(event, context):\n    os.write(1, b'y' * 600_000)\n")
    lines = (await edge.invoke(ARN, "eu-west-1", {})).log_lines
    cut = [len(line) for line in lines if line.startswith("y")]
    assert sum(cut) == 600_000
    assert max(cut) <= 262_144


@pytest.mark.long
async def test_a_worker_that_died_while_idle_is_replaced_unnoticed(bench: Bench):
    edge = bench.edge(SHOW_PID)
    pid, _ = (await edge.invoke(ARN, "eu-west-1", {})).payload
    os.kill(pid, signal.SIGKILL)
    await asyncio.sleep(0.1)
    for _ in range(2):
        invocation = await edge.invoke(ARN, "eu-west-1", {})
        assert invocation.error is None
        assert invocation.payload[0] != pid
    assert edge.status()[0]["workers"] == 1


@pytest.mark.long
async def test_a_caller_that_goes_away_does_not_stop_the_invocation(bench: Bench):
    edge = bench.edge(SHOW_PID)
    caller = asyncio.create_task(edge.invoke(ARN, "eu-west-1", {"seconds": 0.2}))
    await asyncio.sleep(0.1)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    _, count = (await edge.invoke(ARN, "eu-west-1", {"seconds": 0.3})).payload
    async with asyncio.timeout(20):
        while edge.status()[0]["invocations"] != 2:
            await asyncio.sleep(0.01)
    assert count == 1  # the first is still with the other worker


async def test_closing_kills_workers_even_while_they_work(bench: Bench):
    edge = bench.edge(SHOW_PID)
    pid, _ = (await edge.invoke(ARN, "eu-west-1", {})).payload
    busy = asyncio.create_task(edge.invoke(ARN, "eu-west-1", {"seconds": 30}))
    await asyncio.sleep(0.05)
    await edge.close()
    assert not is_running(pid)
    with pytest.raises(asyncio.CancelledError):
        await busy
    with pytest.raises(RuntimeError, match=r"^this LambdaEdge is closed$"):
        await edge.invoke(ARN, "eu-west-1", {})


@pytest.mark.long_if(r"^30")
@pytest.mark.parametrize("seconds", [0, 30])
async def test_workers_and_files_go_with_a_simulator_that_is_killed(tmp_path: Path, seconds: int):
    write_package(
        tmp_path / "p.zip",
        """
        import os, time
        def handler(event, context):
            print(os.getpid(), os.getcwd())
            time.sleep(event["seconds"])
        """,
    )
    script = f"""
        import asyncio
        from pathlib import Path
        from simulator.lambda_edge import FunctionCode, LambdaEdge
        async def main():
            function = FunctionCode("a", "a", "1", Path({str(tmp_path / "p.zip")!r}), "app.handler", 60, 128)
            edge = LambdaEdge([function], {{}}, lambda _r, _f, line: print(line, flush=True))
            await edge.invoke("a", "eu-west-1", {{"seconds": {seconds}}})
            await asyncio.sleep(60)
        asyncio.run(main())
        """
    simulator = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True)
    assert simulator.stdout is not None
    with simulator.stdout as lines:
        number, _, task_root = next(line for line in lines if line[0].isdigit()).strip().partition(" ")
        pid, directory = int(number), Path(task_root).parent
        time.sleep(0.1)
        assert is_running(pid)
        simulator.kill()
        simulator.wait()
    end = time.monotonic() + 20
    while (is_running(pid) or directory.exists()) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_running(pid)
    assert not directory.exists()


@pytest.mark.long
async def test_without_the_native_client_the_same_things_happen(bench: Bench):
    source = """
        import runtime_client
        def handler(event, context):
            if event.get("fails"):
                raise ValueError("boom")
            return runtime_client.__file__, context.get_remaining_time_in_millis() > 4000
        """
    edge = bench.edge(source, uses_native_client=False)
    path, has_time = (await edge.invoke(ARN, "eu-west-1", {})).payload
    assert path.endswith("runtime_client.py")
    assert has_time
    failed = await edge.invoke(ARN, "eu-west-1", {"fails": True})
    assert (failed.error, failed.error_message) == ("unhandled", "ValueError: boom")
    assert edge.status()[0]["coldStarts"] == 1
