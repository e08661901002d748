"""One kept-alive HTTP/1.1 connection whose every exchange has a total deadline.

http.client has neither: its time-outs are per read, and it costs 19 ms to import. See docs/adr/0002.
"""

from __future__ import annotations

import socket
import threading
import time
from functools import cache

from router.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl

MAX_ANSWER_BYTES = 1_048_576
"""More than DynamoDB's largest item (400 KB) in JSON; a longer answer is refused."""


class ExchangeError(Exception):
    """No usable answer. `reason` is one of: dns, refused, reset, tls, timeout, unreachable, garbage."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@record
class Answer:
    """A status and a body; `is_reusable` tells whether the connection may carry another exchange."""

    status: int
    body: bytes
    is_reusable: bool


def open_socket(host: str, port: int, is_tls: bool, until: float) -> socket.socket:
    """A connected (and, for TLS, verified) socket before `until` (time.monotonic), or ExchangeError.

    Name resolution has no time-out of its own, so all of it runs in a thread that is left behind when time is up.
    """
    attempt = _Attempt(host, port, is_tls, until)
    attempt.start()
    attempt.join(max(0.0, until - time.monotonic()))
    return attempt.take()


class _Attempt(threading.Thread):
    def __init__(self, host: str, port: int, is_tls: bool, until: float) -> None:
        super().__init__(daemon=True)
        self._target_of = (host, port, is_tls)
        self._until = until
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._reason = "timeout"
        self._is_abandoned = False

    def run(self) -> None:
        try:
            opened = _connect(*self._target_of, self._until)
        except ExchangeError as error:
            self._reason = error.reason
            return
        with self._lock:
            if self._is_abandoned:
                opened.close()
            else:
                self._socket = opened

    def take(self) -> socket.socket:
        with self._lock:
            if self._socket is not None:
                return self._socket
            self._is_abandoned = True
            raise ExchangeError(self._reason)


def _connect(host: str, port: int, is_tls: bool, until: float) -> socket.socket:
    try:
        opened = socket.create_connection((host, port), timeout=max(0.001, until - time.monotonic()))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, UnicodeError) as error:
        raise ExchangeError(reason_of(error)) from error
    if not is_tls:
        return opened
    try:
        return _tls_context().wrap_socket(opened, server_hostname=host)
    except OSError as error:
        opened.close()
        raise ExchangeError("timeout" if isinstance(error, TimeoutError) else "tls") from error


@cache
def _tls_context() -> ssl.SSLContext:
    """One per process: loading the CA bundle costs tens of milliseconds."""
    import ssl  # here, for 12 ms that a plain-HTTP endpoint need not pay

    return ssl.create_default_context()


def reason_of(error: OSError | UnicodeError) -> str:
    """The kind of a socket error in one word."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, socket.gaierror | UnicodeError):
        return "dns"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, ConnectionError):
        return "reset"
    return "unreachable"


def exchange(connected: socket.socket, request: bytes, until: float) -> Answer:
    """Send one request, read one whole answer before `until` (time.monotonic), or ExchangeError."""
    try:
        _limit(connected, until)
        connected.sendall(request)
        return _read_answer(connected, until)
    except OSError as error:
        raise ExchangeError(reason_of(error)) from error


def _limit(connected: socket.socket, until: float) -> None:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connected.settimeout(left)


def _receive(connected: socket.socket, until: float) -> bytes:
    _limit(connected, until)
    received = connected.recv(65_536)
    if not received:
        raise ConnectionResetError
    return received


def _read_answer(connected: socket.socket, until: float) -> Answer:
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _receive(connected, until)
        if len(received) > MAX_ANSWER_BYTES:
            raise ExchangeError("garbage")
    status, length, is_reusable = _parse_head(received[:end])
    chunks = [received[end + 4 :]]
    missing = length - len(chunks[0])
    while missing > 0:
        chunks.append(_receive(connected, until))
        missing -= len(chunks[-1])
    return Answer(status, b"".join(chunks)[:length], is_reusable and missing == 0)


def _parse_head(head: bytes) -> tuple[int, int, bool]:
    first, *lines = head.split(b"\r\n")
    length = -1
    is_reusable = first.startswith(b"HTTP/1.1 ")
    for line in lines:
        name, _, value = line.partition(b":")
        name = name.strip().lower()
        if name == b"content-length" and value.strip().isdigit():
            length = int(value)
        elif name == b"connection" and value.strip().lower() == b"close":
            is_reusable = False
    if not first.startswith(b"HTTP/1.") or not first[9:12].isdigit() or not 0 <= length <= MAX_ANSWER_BYTES:
        raise ExchangeError("garbage")
    return int(first[9:12]), length, is_reusable
