"""The feed: documents that are read while somebody watches, and sent as server-sent events when they change."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

HEARTBEAT_SECONDS = 5.0
"""Without a change, an event says that the connection lives, and what time it is here."""


@dataclass(frozen=True)
class Job:
    """A document about a stack that is read again and again; `read` blocks, and runs in a thread.

    `seconds` returns the time until the next read.
    """

    event: str
    stack: str
    seconds: Callable[[], float]
    read: Callable[[], dict[str, Any]]


def frame(event: str, document: object) -> bytes:
    """Return a server-sent event; JSON has no line breaks of its own ("Server-sent events", HTML Living Standard)."""
    return f"event: {event}\ndata: {json.dumps(document)}\n\n".encode()


class Feed:
    """Sends the newest frame of every job to everybody who watches. Where nobody does, nothing is read.

    `clock` returns seconds since 1970.
    """

    def __init__(self, jobs: Sequence[Job], clock: Callable[[], float] = time.time) -> None:
        self._jobs, self._clock = jobs, clock
        self._frames: dict[int, tuple[int, bytes]] = {}
        self._watchers: set[asyncio.Event] = set()
        self._due: list[asyncio.Event] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._is_closed = False

    async def frames(self) -> AsyncGenerator[bytes]:
        """Yield what is known, then every change, until the feed is closed."""
        changed, sent = asyncio.Event(), dict[int, int]()
        with self._watching(changed):
            yield frame("time", self._clock())
            while not self._is_closed:
                changed.clear()
                for job, (number, content) in tuple(self._frames.items()):
                    if sent.get(job) != number:
                        sent[job] = number
                        yield content
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield frame("time", self._clock())

    def refresh(self, stack: str) -> None:
        """Read the documents of a stack now: it was changed."""
        for job, due in zip(self._jobs, self._due, strict=False):
            if job.stack == stack:
                due.set()

    def close(self) -> None:
        """End every stream, so that the server need not wait for them."""
        self._is_closed = True
        self._tell()

    @contextlib.contextmanager
    def _watching(self, changed: asyncio.Event) -> Generator[None]:
        if not self._watchers:
            self._due = [asyncio.Event() for _ in self._jobs]
            self._tasks = [asyncio.create_task(self._run(number)) for number in range(len(self._jobs))]
        self._watchers.add(changed)
        try:
            yield
        finally:
            self._watchers.remove(changed)
            if not self._watchers:
                for task in self._tasks:
                    task.cancel()
                self._tasks.clear()
                self._due.clear()

    async def _run(self, number: int) -> None:
        job, due, content = self._jobs[number], self._due[number], b""
        while True:
            due.clear()
            try:
                document = await asyncio.to_thread(job.read)
            except Exception as error:  # noqa: BLE001  the page says so, and the other documents go on
                document = {"problem": f"a bug in edge-router: {type(error).__name__}: {error}"}
            following = frame(job.event, {"stack": job.stack, **document})
            if following != content:
                content = following
                self._frames[number] = (self._frames.get(number, (0, b""))[0] + 1, content)
                self._tell()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(due.wait(), job.seconds())

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher.set()
