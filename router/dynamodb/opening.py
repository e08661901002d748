"""Opening a socket before a deadline, and a one-word reason for each kind of failure."""

from __future__ import annotations

import socket
import time
from _thread import allocate_lock, start_new_thread  # threading takes 3 ms of a cold start to load

from router.model.deadline import uninterrupted


class ExchangeError(Exception):
    """No usable response. `reason` is one of those in docs/logs.md: dns, refused, reset, timeout …"""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def open_socket(host: str, port: int, is_tls: bool, until: float) -> socket.socket:
    """A connected (and, for TLS, verified) socket before `until` (time.monotonic), or ExchangeError.

    Name resolution has no time-out of its own, so all of it runs in a thread, which is abandoned when time is up.
    """
    return start_opening(host, port, is_tls, until).take(until)


@uninterrupted
def start_opening(host: str, port: int, is_tls: bool, until: float) -> Opening:
    """The same in the background: `take` waits for the socket."""
    opening = Opening(host, port, is_tls, until)
    try:
        start_new_thread(opening.run, ())
    except RuntimeError as error:  # "can't start new thread"
        raise ExchangeError("no-thread") from error
    return opening


class Opening:
    """Opens a socket in a thread, for a caller that may have given up by then.

    The caller waits for a plain lock: an alarm in the wrong place within `Event.wait` leaves the event's lock taken.
    """

    def __init__(self, host: str, port: int, is_tls: bool, until: float) -> None:
        self._target_of = (host, port, is_tls, until)
        self._lock = allocate_lock()
        self._running = allocate_lock()
        self._running.acquire()
        self._opened: socket.socket | None = None
        self._reason = "timeout"
        self._is_abandoned = False

    def run(self) -> None:
        try:
            self._keep(_connect(*self._target_of))
        except ExchangeError as error:
            self._reason = error.reason
        except (OSError, UnicodeError) as error:
            self._reason = socket_failure(error)
        except Exception as error:  # noqa: BLE001  a thread has nobody to raise to
            self._reason = f"error:{type(error).__name__}"
        finally:
            self._running.release()

    def take(self, until: float) -> socket.socket:
        """The socket; ExchangeError where there is none in time, and a late one is closed."""
        try:
            self._running.acquire(timeout=max(0.0, until - time.monotonic()))
            with self._lock:
                if self._opened is not None:
                    return self._opened
            raise ExchangeError(self._reason)
        except BaseException:
            self._abandon()
            raise

    def _keep(self, opened: socket.socket) -> None:
        with self._lock:
            self._opened = opened
            if self._is_abandoned:
                opened.close()

    @uninterrupted
    def _abandon(self) -> None:
        with self._lock:
            self._is_abandoned = True
            if self._opened is not None:
                self._opened.close()


def _connect(name: str, port: int, is_tls: bool, until: float) -> socket.socket:
    host = name.encode("ascii")  # of bytes no codec for international names is loaded, which takes 2 ms

    def connect() -> socket.socket:
        left = max(0.001, until - time.monotonic())
        opened = socket.create_connection((host, port), timeout=left)  # type: ignore[arg-type]
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    if not is_tls:
        return connect()
    from router.dynamodb.trust import trust  # only with table or control: 12 ms that plain HTTP need not pay

    return trust().secure(connect, host)


def socket_failure(error: OSError | UnicodeError) -> str:
    """The kind of a socket error in one word."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, socket.gaierror | UnicodeError):
        return "dns"
    if type(error).__name__ in {"SSLEOFError", "SSLZeroReturnError"}:  # the end of a stream, beneath TLS
        return "reset"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, ConnectionError):
        return "reset"
    return "unreachable"
