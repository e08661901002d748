"""One HEAD request to one origin, with a deadline, that another thread can cancel."""

from __future__ import annotations

import socket
import threading
import time

from router.dynamodb.opening import ExchangeError, socket_failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl

    from router.model.decision import Origin

_MAX_HEAD_BYTES = 65_536


class Cancellation:
    """The socket of a probe, which another thread can shut down to end the probe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: socket.socket | None = None
        self.is_cancelled = False

    def hold(self, opened: socket.socket) -> None:
        """Cancel this socket from now on; ExchangeError where the probe is cancelled already."""
        with self._lock:
            self._held = opened
            if self.is_cancelled:
                raise ExchangeError("cancelled")

    def cancel(self) -> None:
        """End the probe: a call that blocks on its socket returns at once."""
        with self._lock:
            self.is_cancelled = True
            if self._held is not None:
                try:
                    # Not SSLSocket.shutdown: that takes the TLS object away from the thread that is using it.
                    socket.socket.shutdown(self._held, socket.SHUT_RDWR)
                except OSError:
                    return  # not connected yet, or closed already: its own deadline ends it

    def close(self) -> None:
        """Close the socket, if any. Under the lock, so that `cancel` never meets a reused descriptor."""
        with self._lock:
            if self._held is not None:
                self._held.close()
                self._held = None


class HeadProbe:
    """Sends `HEAD` as CloudFront would reach the origin: its domain, port, path and Host header; TLS is verified."""

    def __init__(self) -> None:
        self._context: ssl.SSLContext | None = None

    def prepare(self) -> None:
        """Load the trusted certificates now (tens of milliseconds) rather than within a probe's time."""
        import ssl  # 12 ms that plain-HTTP origins never pay

        self._context = ssl.create_default_context()

    def __call__(self, origin: Origin, path: str, timeout_seconds: float, cancellation: Cancellation) -> int:
        """Return the final status code; OSError or ExchangeError without one in time.

        Only name resolution can outlast the time-out: nothing interrupts it (getaddrinfo(3)).
        """
        until = time.monotonic() + timeout_seconds
        try:
            connected = self._connect(origin, until, cancellation)
            connected.sendall(_request(origin, path))
            return _read_status(connected, until)
        finally:
            cancellation.close()

    def _connect(self, origin: Origin, until: float, cancellation: Cancellation) -> socket.socket:
        connected = _connect_any(origin, until, cancellation)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if origin.protocol != "https":
            return connected
        if self._context is None:
            self.prepare()
        assert self._context is not None
        wrapped = self._context.wrap_socket(connected, server_hostname=_host(origin), do_handshake_on_connect=False)
        cancellation.hold(wrapped)
        wrapped.settimeout(_remaining(until))
        wrapped.do_handshake()
        return wrapped


def _connect_any(origin: Origin, until: float, cancellation: Cancellation) -> socket.socket:
    """A socket connected to the first address that accepts; each gets an equal share of the remaining time."""
    addresses = socket.getaddrinfo(origin.domain_name, origin.port, type=socket.SOCK_STREAM)
    failure: OSError = TimeoutError()
    for index, (family, kind, protocol, _, address) in enumerate(addresses):
        opened = socket.socket(family, kind, protocol)
        cancellation.hold(opened)
        opened.settimeout(_remaining(until) / (len(addresses) - index))
        try:
            opened.connect(address)
            return opened
        except OSError as error:
            cancellation.close()
            failure = error
    raise failure


def _remaining(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _host(origin: Origin) -> str:
    """The Host to send; a probe has no viewer, and sends the origin's own instead of the viewer's."""
    return origin.domain_name if origin.host_header in {"origin", "viewer"} else origin.host_header


def _request(origin: Origin, path: str) -> bytes:
    return (
        f"HEAD {origin.path}{path} HTTP/1.1\r\nHost: {_host(origin)}\r\n"
        "User-Agent: edge-router-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    ).encode()


def _read_status(connected: socket.socket, until: float) -> int:
    """The status code of the first response that is not interim (1xx, RFC 9110 §15.2)."""
    received = b""
    while True:
        head, end, rest = received.partition(b"\r\n\r\n")
        if end or b"\r\n" in head:
            status = _parse_status(head)
            if status >= 200:
                return status
        if end:
            received = rest
            continue
        connected.settimeout(_remaining(until))
        chunk = connected.recv(4_096)
        if not chunk or len(received) > _MAX_HEAD_BYTES:
            raise ExchangeError("garbage" if chunk else "reset")
        received += chunk


def _parse_status(head: bytes) -> int:
    digits = head[9:12]
    if not head.startswith(b"HTTP/1.") or not (digits.isdigit() and len(digits) == 3) or digits < b"100":
        raise ExchangeError("garbage")
    return int(digits)


def name_failure(error: Exception) -> str:
    """A probe's failure in one word, as in router.dynamodb.opening, or "tls"."""
    if isinstance(error, ExchangeError):
        return error.reason
    if type(error).__module__ == "ssl":
        return "tls"
    return socket_failure(error) if isinstance(error, OSError | UnicodeError) else "failed"
