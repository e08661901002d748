"""The engine is started, found, or missed with a clear message."""

import asyncio
import contextlib
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import httpx
import pytest

from simulator.dynamodb import EngineError, LocalDynamoDB
from simulator.loopback import LoopbackServer, Request, Response
from tests.ports import refusing_url
from tests.simulator.dynamodb.conftest import HOME, resource, state_of

pytestmark = pytest.mark.anyio


@pytest.mark.long
async def test_moto_is_started_and_stopped_with_it():
    async with LocalDynamoDB() as dynamodb:
        await dynamodb.create_tables(state_of(resource("sessions")))
        assert not dynamodb.has_shared_tables
        url = str(dynamodb.status()["engineUrl"])
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(url)


async def test_the_profile_of_the_shell_does_not_matter(monkeypatch: pytest.MonkeyPatch, engine_url: str):
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    async with LocalDynamoDB(engine_url) as dynamodb:
        assert dynamodb.endpoint_url.startswith("http://127.0.0.1:")


async def test_an_engine_that_is_not_there_is_named():
    with refusing_url() as url, pytest.raises(EngineError) as caught:
        await LocalDynamoDB(url).start()
    assert str(caught.value).startswith(f"DynamoDB engine at {url}: CreateTable in us-east-1: ")


async def test_a_server_that_is_not_dynamodb_is_named():
    async def hello(_: Request) -> Response:
        return Response(200, b"hello")

    server = LoopbackServer(hello)
    await server.listen()
    with pytest.raises(EngineError) as caught:
        await LocalDynamoDB(f"http://{server.address}").start()
    assert str(caught.value) == f"CreateTable in us-east-1: http://{server.address} is not DynamoDB: 'hello'"
    await server.close()


async def test_an_engine_that_dies_is_an_internal_server_error(tmp_path: Path):
    async def gone(_: Request) -> Response:
        return Response(200, b"{}")

    server = LoopbackServer(gone)
    await server.listen()
    async with (
        LocalDynamoDB(f"http://{server.address}", has_shared_tables=True) as dynamodb,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        await server.close()
        scope = f"Credential=A/20260101/{HOME}/dynamodb/aws4_request"
        headers = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Authorization": scope}
        answer = await client.post(dynamodb.endpoint_url, headers=headers, content="{}")
    assert answer.status_code == 500
    assert answer.json()["message"].startswith(f"DynamoDB engine at http://{server.address}: ListTables in us-east-1: ")


async def test_a_fixed_port_is_taken_or_said_to_be(engine_url: str):
    async with LocalDynamoDB(engine_url) as first:
        port = int(first.endpoint_url.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"):
            await LocalDynamoDB(engine_url, port=port).start()
    async with LocalDynamoDB(engine_url, port=port) as second:
        assert second.endpoint_url == f"http://127.0.0.1:{port}"


@pytest.mark.long
async def test_moto_ends_with_a_simulator_that_is_killed():
    script = """
        import asyncio
        from simulator.dynamodb import LocalDynamoDB
        async def main():
            dynamodb = LocalDynamoDB()
            await dynamodb.start()
            print(dynamodb.status()["engineUrl"], dynamodb._moto._process.pid, flush=True)
            await asyncio.sleep(60)
        asyncio.run(main())
        """
    simulator = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True)
    assert simulator.stdout is not None
    with simulator.stdout as lines:
        _, pid = lines.readline().split()
        os.kill(int(pid), 0)
        simulator.kill()
        simulator.wait()
    end = time.monotonic() + 20
    while _is_running(int(pid)) and time.monotonic() < end:
        await asyncio.sleep(0.02)
    assert not _is_running(int(pid))


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with contextlib.suppress(FileNotFoundError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return True
