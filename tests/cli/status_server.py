"""The status port of a local edge, without the edge."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from cli.stacks.running import ADDRESSES
from cli.stacks.workspace import Workspace
from simulator.cloudfront import AppServer, status_app


@contextlib.contextmanager
def serve_app(app: Any) -> Iterator[str]:
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


@contextlib.contextmanager
def local_stack(root: Path, name: str, status: Mapping[str, Any], **app: Any) -> Iterator[None]:
    """A stack that is up in a workspace, by its status port alone; `app` are arguments of `status_app`."""
    with serve_app(status_app(lambda: {"stack": name, **status}, **app)) as url:
        folder = Workspace(root).directory(name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ADDRESSES).write_text(json.dumps({"statusUrl": url}))
        yield
