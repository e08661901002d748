"""Distance: a relay through which every byte takes half a round trip, and a connection a whole one before its first."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Generator

HOST = "127.0.0.1"
CHUNK_BYTES = 65_536


@contextlib.contextmanager
def at_distance(port: int, round_trip_ms: float) -> Generator[int]:
    """The port of a relay to `port`, which a thread of this process runs as long as the context lasts."""
    loop = asyncio.new_event_loop()
    relay = Relay(port, round_trip_ms / 1000)
    server = loop.run_until_complete(asyncio.start_server(relay.accept, HOST, backlog=512))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(relay.end())
        loop.close()


class Relay:
    """Passes on what it is sent, late. The kernel answers a connection at once: what comes over it waits longer."""

    def __init__(self, port: int, round_trip_seconds: float) -> None:
        self._port, self._round_trip_seconds = port, round_trip_seconds
        self._connections: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def end(self) -> None:
        """Drop all connections."""
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            await asyncio.sleep(self._round_trip_seconds)
            there, back = await asyncio.open_connection(HOST, self._port)
            writers.append(back)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(reader, back))
                group.create_task(self._pass_on(there, writer))
        except OSError:
            pass  # nobody listens there
        finally:
            for one in writers:
                one.close()
                with contextlib.suppress(OSError):
                    await one.wait_closed()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Bytes on their way do not hold up those that come after them."""
        on_their_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        clock = asyncio.get_running_loop().time
        async with asyncio.TaskGroup() as group:
            group.create_task(_deliver(on_their_way, writer))
            content = b" "
            while content:
                try:
                    content = await reader.read(CHUNK_BYTES)
                except ConnectionError:
                    content = b""
                on_their_way.put_nowait((clock() + self._round_trip_seconds / 2, content))


async def _deliver(on_their_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
    clock = asyncio.get_running_loop().time
    with contextlib.suppress(OSError):
        while True:
            due, content = await on_their_way.get()
            await asyncio.sleep(max(0.0, due - clock()))
            if not content:
                break
            writer.write(content)
            await writer.drain()
        writer.write_eof()
