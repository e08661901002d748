"""The execution environments of one function version in one Region, and the record of each invocation."""

import asyncio
import collections
from collections.abc import Callable
from pathlib import Path

from simulator.lambda_edge.function import FunctionCode
from simulator.lambda_edge.invocation import Invocation, InvocationRecord
from simulator.lambda_edge.runtime_api import Job
from simulator.lambda_edge.worker import InitError, InvocationError, Launch, Worker, WorkerGoneError

_MAX_ATTEMPTS = 3


class WorkerPool:
    """Reuses the worker that was idle last; starts another only when all are busy, up to `max_workers`, then queues."""

    def __init__(
        self,
        function: FunctionCode,
        region: str,
        launch: Launch,
        task_root: Path,
        on_line: Callable[[str], None],
        max_workers: int,
    ) -> None:
        self._function, self._region, self._launch, self._task_root = function, region, launch, task_root
        self._on_line = on_line
        self._slots = asyncio.Semaphore(max_workers)
        self._idle: list[Worker] = []
        self._workers: set[Worker] = set()
        self._counts: collections.Counter[str] = collections.Counter()
        self._errors: collections.Counter[str] = collections.Counter()
        self._max_memory_mb = 0

    async def invoke(self, event: bytes) -> Invocation:
        """One invocation on a free worker, or on a new one."""
        async with self._slots:
            record = InvocationRecord(self._function, Job(event), self._on_line)
            for _ in range(_MAX_ATTEMPTS):
                worker = self._idle.pop() if self._idle else None
                try:
                    invocation = await (self._warm(worker, record) if worker else self._cold(record))
                    break
                except WorkerGoneError:  # it ended while idle: the event was not handed out, another may have it
                    continue
            else:
                invocation = record.fail("exit", "Runtime exited before it took the event", 0.0, 0)
            self._count(invocation)
            return invocation

    def status(self) -> dict[str, object]:
        """Counts since the start, for people and for JSON."""
        return {
            "function": self._function.name,
            "version": self._function.version,
            "region": self._region,
            "workers": len(self._workers),
            "invocations": self._counts["invocations"],
            "coldStarts": self._counts["cold_starts"],
            "errors": dict(self._errors),
            "maxMemoryMb": self._max_memory_mb,
        }

    async def end_idle(self) -> None:
        while self._idle:
            await self._discard(self._idle.pop())

    async def close(self) -> None:
        for worker in tuple(self._workers):
            await self._discard(worker)

    async def _cold(self, record: InvocationRecord) -> Invocation:
        record.begin_init()
        worker = Worker(self._function, self._region, self._launch, record.print)
        self._workers.add(worker)
        try:
            await worker.start(self._task_root)
        except InitError as error:
            self._workers.discard(worker)
            return record.fail("init", str(error), 0.0, 0)
        except BaseException:
            await self._discard(worker)
            raise
        record.init_duration_ms = worker.init_duration_ms
        return await self._warm(worker, record)

    async def _warm(self, worker: Worker, record: InvocationRecord) -> Invocation:
        record.begin()
        worker.on_line = record.print
        try:
            answer = await worker.invoke(record.job)
        except InvocationError as error:
            self._workers.discard(worker)
            return record.fail(error.kind, str(error), error.duration_ms, error.max_memory_mb)
        except (WorkerGoneError, asyncio.CancelledError):
            await self._discard(worker)
            raise
        worker.on_line = self._on_line
        self._idle.append(worker)
        return record.answer(answer, worker.max_memory_mb)

    async def _discard(self, worker: Worker) -> None:
        self._workers.discard(worker)
        await worker.kill()

    def _count(self, invocation: Invocation) -> None:
        self._counts["invocations"] += 1
        self._counts["cold_starts"] += invocation.cold_start
        self._max_memory_mb = max(self._max_memory_mb, invocation.max_memory_mb)
        if invocation.error is not None:
            self._errors[invocation.error] += 1
