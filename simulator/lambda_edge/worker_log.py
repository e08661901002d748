"""Reads what a worker prints, line by line, without ever making it wait for long."""

import asyncio
import os
from collections.abc import Callable

MAX_LINE_BYTES = 262_144
"""CloudWatch Logs cuts events here ("CloudWatch Logs quotas")."""
_CHUNK_BYTES = 65_536
_MAX_DRAIN_CHUNKS = 64


class WorkerLog:
    """The read end of the pipe that is the worker's stdout and stderr; every finished line goes to `on_line`."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._partial = b""
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        asyncio.get_running_loop().add_reader(self._read_end, self._read)

    def close_write_end(self) -> None:
        """Close this process's copy once the worker has its own."""
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1

    def drain(self) -> None:
        """Take everything already written: what the handler printed before its answer is in the pipe by then.

        Bounded, because a thread that prints for ever would never let it end.
        """
        for _ in range(_MAX_DRAIN_CHUNKS):
            if not self._read():
                break
        if self._partial:
            self._emit(self._partial)
            self._partial = b""

    def close(self) -> None:
        if self._read_end < 0:
            return
        self.close_write_end()
        self.drain()
        asyncio.get_running_loop().remove_reader(self._read_end)
        os.close(self._read_end)
        self._read_end = -1

    def _read(self) -> bool:
        if self._read_end < 0:
            return False
        try:
            chunk = os.read(self._read_end, _CHUNK_BYTES)
        except BlockingIOError:
            return False
        if not chunk:
            asyncio.get_running_loop().remove_reader(self._read_end)
            return False
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        for line in lines:
            self._emit(line)
        while len(self._partial) > MAX_LINE_BYTES:
            self._emit(self._partial[:MAX_LINE_BYTES])
            self._partial = self._partial[MAX_LINE_BYTES:]
        return True

    def _emit(self, line: bytes) -> None:
        # awslambdaric joins the lines of a traceback with \r so that they stay one log event.
        self._on_line(line.decode("utf-8", "replace").replace("\r", "\n"))
