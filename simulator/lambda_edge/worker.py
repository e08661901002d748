"""One worker process: an execution environment that serves one invocation at a time and is frozen in between."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulator.cpu_share import CpuLimiter, CpuQuota
from simulator.lambda_edge.environment import peak_mb, worker_environment
from simulator.lambda_edge.function import FunctionCode
from simulator.lambda_edge.keeper import Keeper
from simulator.lambda_edge.runtime_api import Answer, Job, RuntimeApi
from simulator.lambda_edge.worker_log import WorkerLog

INIT_TIMEOUT_SECONDS = 10.0
"""The time limit of the init phase ("Understanding the Lambda execution environment lifecycle")."""
_MEMORY_CHECK_SECONDS = 0.1


class InitError(Exception):
    """The worker never asked for its first invocation."""


class InvocationError(Exception):
    """The worker did not answer: kind is timeout, exit or out-of-memory."""

    def __init__(self, kind: str, message: str, duration_ms: float, max_memory_mb: int) -> None:
        super().__init__(message)
        self.kind, self.duration_ms, self.max_memory_mb = kind, duration_ms, max_memory_mb


class WorkerGoneError(Exception):
    """The worker ended between invocations; the event was not handed out and may go to another."""


@dataclass(frozen=True)
class Launch:
    """Settings of workers: their view of the file system, and the endpoints that stand in for AWS.

    With a limiter, each has `cpu_share` of a core, in init as well.
    """

    python: Path
    runtime_directory: Path
    keeper: Keeper
    extra_paths: Sequence[Path] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    is_frozen_when_idle: bool = True
    init_timeout_seconds: float = INIT_TIMEOUT_SECONDS
    origins: Mapping[str, str] = field(default_factory=dict[str, str])
    limiter: CpuLimiter | None = None
    cpu_share: float = 1.0


class Worker:
    """`start`, then `invoke` one at a time, then `kill`. What it prints goes to `on_line`, which may be replaced."""

    def __init__(self, function: FunctionCode, region: str, launch: Launch, on_line: Callable[[str], None]) -> None:
        self._function, self._region, self._launch = function, region, launch
        self.on_line = on_line
        self._api = RuntimeApi(function, self._freeze, self._thaw)
        self._log: WorkerLog | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._exited: asyncio.Task[int] | None = None
        self._is_frozen = False
        self._quota: CpuQuota | None = None
        self.init_duration_ms = 0.0

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self, task_root: Path) -> None:
        """Start the process and wait until its modules are imported; InitError otherwise (the process is then gone)."""
        started = time.perf_counter()
        address = await self._api.listen()
        self._log = WorkerLog(self._emit)
        paths = (task_root, self._launch.runtime_directory)
        environment = worker_environment(
            self._function, self._region, address, paths, self._launch.extra_paths, self._launch.environment
        )
        if self._launch.origins:
            environment["SIMULATED_ORIGINS"] = json.dumps(dict(self._launch.origins))
        if self._launch.limiter is not None:
            self._quota = self._launch.limiter.quota(self._launch.cpu_share)
        # -S, -s, -P: nothing of this environment on sys.path; -B: /var/task cannot be written to.
        self._process = await asyncio.create_subprocess_exec(
            *(str(self._launch.python), "-S", "-s", "-P", "-B", "-X", "utf8"),
            *("-m", "local_network" if self._launch.origins else "awslambdaric", self._function.handler),
            cwd=task_root,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self._log.write_end,
            stderr=self._log.write_end,
            start_new_session=True,
        )
        if self._quota is not None:
            self._quota.hold(self._process.pid)
        self._launch.keeper.watch(self._process.pid)
        self._log.close_write_end()
        self._exited = asyncio.create_task(self._process.wait())
        await self._wait_until_ready(self._exited)
        self.init_duration_ms = (time.perf_counter() - started) * 1000

    async def invoke(self, job: Job) -> Answer:
        """The runtime's answer, after every line printed before it; InvocationError or WorkerGoneError otherwise."""
        if self._exited is None or self._log is None or not self.is_alive:
            raise WorkerGoneError
        submitted = time.perf_counter()
        self._api.submit(job)
        end = submitted + self._function.timeout_seconds
        while not job.answer.done():
            wait = min(_MEMORY_CHECK_SECONDS, max(0.0, end - time.perf_counter()))
            await asyncio.wait((job.answer, self._exited), timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            if not job.answer.done():
                await self._check(job, submitted, end)
        self._log.drain()
        if peak_mb(self.pid) > self._function.memory_mb:
            raise await self._out_of_memory(submitted)
        return job.answer.result()

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    @property
    def max_memory_mb(self) -> int:
        return peak_mb(self.pid)

    async def kill(self) -> None:
        """End the process group at once and take what it had printed."""
        if self._process is not None and self._exited is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._exited
            self._launch.keeper.forget(self._process.pid)
        if self._quota is not None:
            await asyncio.to_thread(self._quota.close)
            self._quota = None
        if self._log is not None:
            self._log.close()
        await self._api.close()

    async def _wait_until_ready(self, exited: asyncio.Task[int]) -> None:
        ready = asyncio.create_task(self._api.is_ready.wait())
        limit = self._launch.init_timeout_seconds
        await asyncio.wait((ready, exited), timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            return
        ready.cancel()
        message = f"Init timed out after {limit:.2f} seconds"
        if exited.done():
            message = f"Runtime exited with error: {_exit_text(exited.result())}"
        await self.kill()
        raise InitError(self._api.init_error or message)

    async def _check(self, job: Job, submitted: float, end: float) -> None:
        if self._exited is not None and self._exited.done():
            if job.handed_out_at is None:
                raise WorkerGoneError
            status = _exit_text(self._exited.result())
            raise await self._failure("exit", f"Runtime exited with error: {status}", submitted)
        if self.max_memory_mb > self._function.memory_mb:
            raise await self._out_of_memory(submitted)
        if time.perf_counter() >= end:
            limit = self._function.timeout_seconds
            raise await self._failure("timeout", f"Task timed out after {limit:.2f} seconds", submitted)

    async def _out_of_memory(self, submitted: float) -> InvocationError:
        return await self._failure("out-of-memory", "Runtime exited with error: signal: killed", submitted)

    async def _failure(self, kind: str, message: str, submitted: float) -> InvocationError:
        duration_ms = (time.perf_counter() - submitted) * 1000
        max_memory_mb = self.max_memory_mb
        await self.kill()
        return InvocationError(kind, message, duration_ms, max_memory_mb)

    def _emit(self, line: str) -> None:
        self.on_line(line)

    def _freeze(self) -> None:
        if self._launch.is_frozen_when_idle and self._process is not None and self.is_alive:
            self._stop_or_go(signal.SIGSTOP)
            self._is_frozen = True

    def _thaw(self) -> None:
        if self._is_frozen:
            self._stop_or_go(signal.SIGCONT)
            self._is_frozen = False

    def _stop_or_go(self, number: signal.Signals) -> None:
        """Tell whoever enforces the quota, where there is one: it must not let go on what is frozen."""
        if self._quota is not None:
            (self._quota.freeze if number == signal.SIGSTOP else self._quota.thaw)()
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def _exit_text(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal: {signal.strsignal(-status) or -status}".lower()
    except ValueError:
        return f"signal: {-status}"
