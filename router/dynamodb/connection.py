"""A kept-alive HTTP/1.1 connection with a total deadline for every exchange.

http.client has neither: its time-outs are per read, and it costs 19 ms to import. See docs/adr/0002.
"""

from __future__ import annotations

import select
import time
from binascii import crc32

from router.dynamodb.opening import ExchangeError, socket_failure
from router.dynamodb.response_head import Head, HeadError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

MAX_BODY_BYTES = 1_048_576
"""More than DynamoDB's largest item (400 KB) in JSON; a longer body is rejected."""
MAX_HEAD_BYTES = 65_536


class Connection:
    """A connected socket that carries one exchange after the other.

    After a failed exchange the connection has to be closed: the next bytes could be a late response.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._poll = select.poll()
        self._poll.register(connected, select.POLLIN)
        self._last_request_id = b""
        self._responses = 0
        self.is_reusable = False

    @property
    def is_certain(self) -> bool:
        """True unless the last response may belong to an earlier request: the first one and one with an ID do not.

        DynamoDB gives every response an ID. Other servers' are told apart by their items, and only {} has none.
        """
        return self._responses == 1 or self._last_request_id != b""

    def exchange(self, request: bytes, until: float) -> tuple[int, bytes]:
        """Send one request, return status and body of one whole response before `until` (time.monotonic).

        ExchangeError otherwise. `is_reusable` says afterwards whether the connection may carry another exchange.
        """
        self.is_reusable = False
        try:
            self._limit(until)
            self._socket.sendall(request)
            head, body, has_more = self._read(until)
        except OSError as error:
            raise ExchangeError(socket_failure(error)) from error
        except HeadError as error:
            raise ExchangeError("garbage") from error
        self._check(head, body)
        self.is_reusable = not (head.is_last or has_more)
        return head.status, body

    def is_idle(self) -> bool:
        """True while nothing has come since the last response: neither bytes nor the end of the stream.

        Session tickets (RFC 8446 §4.6.1) are neither: TLS takes them out of what has come.
        """
        pending = getattr(self._socket, "pending", None)  # bytes that TLS has decrypted already
        if pending is not None and pending() > 0:
            return False
        if not self._poll.poll(0):
            return True
        if pending is None:
            return False
        try:
            self._socket.settimeout(0)
            self._socket.recv(1)
        except OSError as error:
            return type(error).__name__ == "SSLWantReadError"
        return False

    def close(self) -> None:
        """Close the socket. Failures are ignored: nobody can do more about them."""
        try:
            self._socket.close()
        except OSError:
            return

    def _check(self, head: Head, body: bytes) -> None:
        """ExchangeError where DynamoDB's checksum is not the body's, or where the last response comes a second time."""
        if head.crc32 and head.crc32 != b"%d" % crc32(body):
            raise ExchangeError("wrong-checksum")
        if head.request_id and head.request_id == self._last_request_id:
            raise ExchangeError("garbage")
        self._last_request_id = head.request_id
        self._responses += 1

    def _limit(self, until: float) -> None:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)

    def _receive(self, until: float) -> bytes:
        self._limit(until)
        received = self._socket.recv(65_536)
        if not received:
            raise ConnectionResetError
        return received

    def _read(self, until: float) -> tuple[Head, bytes, bool]:
        """Head, body, and True where more bytes came than belong to them."""
        head, received = self._read_head(until)
        if not 0 <= head.length <= MAX_BODY_BYTES:
            raise HeadError("no length, or too long")
        chunks = [received]
        missing = head.length - len(received)
        while missing > 0:
            chunks.append(self._receive(until))
            missing -= len(chunks[-1])
        return head, b"".join(chunks)[: head.length], missing < 0

    def _read_head(self, until: float) -> tuple[Head, bytes]:
        """The final head and the bytes after it; interim ones (1xx, RFC 9110 §15.2) have no body and are skipped."""
        received, budget = b"", MAX_HEAD_BYTES
        while True:
            end = received.find(b"\r\n\r\n")
            if end < 0:
                if len(received) > budget:
                    raise HeadError("too long")
                received += self._receive(until)
                continue
            head, received = Head(received[:end]), received[end + 4 :]
            if head.status >= 200:
                return head, received
            budget -= end
            if head.status == 101 or budget <= 0:
                raise HeadError("another protocol, or no end of interim responses")
