"""The applications behind the edge, as real processes on loopback ports."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from simulator.lambda_edge.keeper import Keeper

PROJECT = Path(__file__).parents[2]
START_SECONDS = 30.0
STOP_SECONDS = 5.0
POLL_SECONDS = 0.05
TAIL_BYTES = 2_000
MAX_LINE_BYTES = 1_048_576
"""Of an event in CloudWatch Logs ("CloudWatch Logs quotas")."""
REGION = "us-east-1"
"""Of an application whose environment has no AWS_REGION."""
OnLine = Callable[[str, str], None]
"""Called with (Region, line)."""


def _ignore(_region: str, _line: str) -> None: ...


class ApplicationError(Exception):
    """An application that does not start or does not answer; the message has its name and its last output."""


@dataclass(frozen=True)
class Application:
    """One ASGI application to run with uvicorn; `health` is a path that answers below 500 when it is ready.

    `name` is what it stands for: a domain, or domain:port.
    """

    name: str
    module: str
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    health: str = "/"


class Applications:
    """Starts applications and stops them again. `keeper` ends them should this process be killed.

    `on_line` gets the lines that they write to standard output, as a log would.
    """

    def __init__(self, keeper: Keeper, start_seconds: float = START_SECONDS, on_line: OnLine = _ignore) -> None:
        self._keeper, self._on_line = keeper, on_line
        self._start_seconds = start_seconds
        self._running: dict[str, _Running] = {}
        self._replaced: list[_Running] = []
        self._down: dict[str, Application] = {}
        """Applications that `bring_up` starts, by name."""

    @property
    def urls(self) -> dict[str, str]:
        return {name: running.url for name, running in self._running.items()}

    async def start(self, applications: Sequence[Application]) -> None:
        """Have these running, each of them answering; ApplicationError otherwise.

        One that runs as it should stays as it is, and one that was taken down stays down: `bring_up` starts it as it is
        here. What they replace goes on until `stop_replaced`.
        """
        started: list[_Running] = []
        try:
            for application in applications:
                if not self._stays(application):
                    started.append(await self._spawn(application))
            await asyncio.gather(*(running.ready(self._start_seconds) for running in started))
        except BaseException:
            await self._end(started)
            raise
        before = self._running
        kept_or_new = before | {running.application.name: running for running in started}
        self._running = {application.name: kept_or_new[application.name] for application in applications}
        self._replaced += [running for name, running in before.items() if self._running.get(name) is not running]
        self._down = {application.name: application for application in applications if application.name in self._down}

    async def stop_replaced(self) -> None:
        """End what an earlier `start` wanted and the last one did not."""
        replaced = self._replaced
        self._replaced = []
        await self._end(replaced)

    async def stop(self) -> None:
        running = self._running
        self._running = {}
        self._down.clear()
        await self._end(running.values())
        await self.stop_replaced()

    async def take_down(self, name: str) -> None:
        """End an application; nothing listens at its address until `bring_up`. KeyError for an unknown name."""
        running = self._running[name]
        self._down[name] = running.application
        await self._end([running])

    async def bring_up(self, name: str) -> None:
        """Start what was taken down, at the same address; nothing where the last `start` had no such one.

        ApplicationError.
        """
        if name not in self._down:
            return
        port = int(self._running[name].url.rpartition(":")[2])
        running = await self._spawn(self._down[name], port)
        self._running[name] = running
        del self._down[name]
        await running.ready(self._start_seconds)

    def _stays(self, application: Application) -> bool:
        running = self._running.get(application.name)
        is_right = running is not None and running.application == application and running.is_alive
        return is_right or application.name in self._down

    async def _spawn(self, application: Application, port: int = 0) -> _Running:
        port = port or free_port()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "uvicorn", application.module, "--host", "127.0.0.1", "--port", str(port)),
            *("--log-level", "warning", "--no-access-log"),
            cwd=PROJECT,
            env=_own_environment() | {"PYTHONUNBUFFERED": "1"} | dict(application.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=MAX_LINE_BYTES,
            start_new_session=True,  # Ctrl-C in the terminal must not end it before its time
        )
        self._keeper.watch(process.pid)
        return _Running(application, process, f"http://127.0.0.1:{port}", self._on_line)

    async def _end(self, ended: Collection[_Running]) -> None:
        await asyncio.gather(*(running.end() for running in ended))
        for running in ended:
            self._keeper.forget(running.pid)


class _Running:
    """One application's process, its URL, and the end of what it wrote to standard error."""

    def __init__(
        self, application: Application, process: asyncio.subprocess.Process, url: str, on_line: OnLine
    ) -> None:
        self.application, self.url = application, url
        self._process, self._on_line = process, on_line
        self._tail = b""
        # All the time: a full pipe would stop it.
        self._reading = asyncio.create_task(self._read())
        self._reading_lines = asyncio.create_task(self._read_lines())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ready(self, seconds: float) -> None:
        name = self.application.name
        try:
            async with asyncio.timeout(seconds), httpx.AsyncClient(trust_env=False, timeout=2) as client:
                while self.is_alive and not await self._answers(client):
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            where = f"{self.url}{self.application.health}"
            raise ApplicationError(
                f"{name} did not answer at {where} within {seconds:g} s{self._last_output()}"
            ) from None
        if not self.is_alive:
            await self._reading
            raise ApplicationError(f"{name} ended with exit code {self._process.returncode}{self._last_output()}")

    async def end(self) -> None:
        if self.is_alive:
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await asyncio.gather(self._reading, self._reading_lines)

    async def _answers(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(self.url + self.application.health)).status_code < 500
        except httpx.TransportError:
            return False

    def _last_output(self) -> str:
        text = self._tail.decode(errors="replace").strip()
        return f": {text}" if text else ""

    async def _read(self) -> None:
        assert self._process.stderr is not None  # it is a pipe
        while chunk := await self._process.stderr.read(65_536):
            self._tail = (self._tail + chunk)[-TAIL_BYTES:]

    async def _read_lines(self) -> None:
        assert self._process.stdout is not None  # it is a pipe
        region = self.application.environment.get("AWS_REGION", REGION)
        while True:
            try:
                line = await self._process.stdout.readline()
            except ValueError:  # a longer line than CloudWatch Logs takes; it was dropped
                continue
            if not line:
                return
            self._on_line(region, line.decode(errors="replace").rstrip())


def _own_environment() -> dict[str, str]:
    """This process's environment without any AWS setting of the developer's."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT", "TMPDIR") if name in os.environ}


def free_port() -> int:
    """A port on the loopback address that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
