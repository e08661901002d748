"""A small HTTP/1.1 server on the loopback address that can also drop a connection the way a broken peer does."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import h11

HOST = "127.0.0.1"
_CHUNK_BYTES = 65_536
_MAX_BODY_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One request: header names in lower case, the last value of a repeated name, the body whole."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; Content-Length is added."""

    status: int
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Reset:
    """Instead of an answer: these bytes as they stand, then a TCP RST."""

    sent: bytes = b""


Handler = Callable[[Request], Awaitable[Response | Reset]]


class LoopbackServer:
    """Serves one handler on one port of 127.0.0.1 in the running event loop, over TLS where a context is given.

    Used where an ASGI server is in the way: one tiny server per worker process, and faults below HTTP.
    """

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        self._handler, self._tls = handler, tls
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def address(self) -> str:
        """`127.0.0.1:port`, known once listening."""
        return f"{HOST}:{self.port}"

    async def listen(self, port: int = 0) -> None:
        """Accept connections; port 0 takes a free one. OSError when the port is taken."""
        self._server = await asyncio.start_server(self._accept, HOST, port or self.port, backlog=512, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Stop listening and drop what is connected: "connection refused". `listen()` takes the same port."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self.drop_connections()

    async def drop_connections(self) -> None:
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    close = refuse

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        try:
            while (request := await _read_request(connection, reader, writer)) is not None:
                answer = await self._handler(request)
                if isinstance(answer, Reset):
                    _reset(writer, answer.sent)
                    return
                writer.write(_encode(connection, answer))
                await writer.drain()
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    return
                connection.start_next_cycle()
        except (ConnectionError, h11.ProtocolError):
            pass  # the client is gone or does not speak HTTP: nothing is owed to it
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            with contextlib.suppress(ConnectionError):
                writer.close()


async def _read_request(
    connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Request | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                writer.write(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            connection.receive_data(await reader.read(_CHUNK_BYTES))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > _MAX_BODY_BYTES:
                return None
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
            return Request(head.method.decode(), head.target.decode("latin-1"), headers, bytes(body))
        else:  # ConnectionClosed or PAUSED
            return None


def _encode(connection: h11.Connection, answer: Response) -> bytes:
    headers = [*answer.headers, ("Content-Length", str(len(answer.body)))]
    head = connection.send(h11.Response(status_code=answer.status, headers=headers)) or b""
    body = connection.send(h11.Data(data=answer.body)) or b""
    return head + body + (connection.send(h11.EndOfMessage()) or b"")


def _reset(writer: asyncio.StreamWriter, sent: bytes) -> None:
    if sent:
        writer.write(sent)
    opened: socket.socket = writer.get_extra_info("socket")
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
