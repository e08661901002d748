"""The status port of a local edge, without the edge."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from queue import SimpleQueue
from threading import Thread
from typing import Any

from simulator.cloudfront import AppServer


@contextlib.contextmanager
def served(app: Any) -> Iterator[str]:
    """An application on a port of its own, from a thread; its URL."""

    async def serve(urls: SimpleQueue[str], loops: list[Any]) -> None:
        over = asyncio.Event()
        loops += [asyncio.get_running_loop(), over]
        async with AppServer(lambda _: app, [0]) as server:
            urls.put(f"http://{server.host}:{server.ports[0]}/")
            await over.wait()

    urls: SimpleQueue[str] = SimpleQueue()
    loops: list[Any] = []
    thread = Thread(target=lambda: asyncio.run(serve(urls, loops)))
    thread.start()
    yield urls.get(timeout=10)
    loops[0].call_soon_threadsafe(loops[1].set)
    thread.join()
