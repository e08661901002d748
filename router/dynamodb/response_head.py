"""Status line and headers of an HTTP/1.1 response, by the letter: its end is never a guess."""

from __future__ import annotations

MAX_LENGTH_DIGITS = 10
"""Of a Content-Length: int() takes long over more, and from 4,300 on raises an error of its own."""

_TOKEN = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The characters of a field's name (RFC 9110 §5.6.2)."""
_READ = frozenset(
    {b"content-length", b"x-amz-crc32", b"x-amzn-requestid", b"connection", b"transfer-encoding", b"content-encoding"}
)


class HeadError(ValueError):
    """A head that is not HTTP/1.1, or that leaves the end of its response uncertain."""


class Head:
    """The fields that count of the bytes before an empty line; HeadError where they break RFC 9112 §4, §5 or §6.3.

    `length` is -1 without a Content-Length. `crc32` is DynamoDB's checksum of the body, `request_id` its request ID;
    both are b"" where there is none.
    """

    __slots__ = ("crc32", "is_last", "length", "request_id", "status")

    def __init__(self, head: bytes) -> None:
        first, *lines = head.split(b"\r\n")
        self.status = _status(first)
        self.length = -1
        self.crc32 = self.request_id = b""
        self.is_last = first.startswith(b"HTTP/1.0")
        if head.count(b"\r") != len(lines) or head.count(b"\n") != len(lines) or b"\0" in head:
            raise HeadError("a line's end, or NUL, within a line")
        for line in lines:
            name, colon, value = line.partition(b":")
            if not colon or not name or name.translate(None, _TOKEN):  # a space after it (§5.1), a folded line (§5.2)
                raise HeadError("no field")
            name = name.lower()
            if name in _READ:
                self._take(name, value.strip(b" \t"))

    def _take(self, name: bytes, value: bytes) -> None:
        if name == b"content-length":
            self._take_length(value)
        elif name == b"x-amz-crc32":
            if self.crc32 not in {b"", value}:
                raise HeadError("two checksums")
            self.crc32 = value
        elif name == b"x-amzn-requestid":
            self.request_id = value
        elif name == b"connection":
            self.is_last |= b"close" in value.lower()
        elif value.lower() != b"identity" or name == b"transfer-encoding":
            raise HeadError("a coding that nobody asked for")

    def _take_length(self, value: bytes) -> None:
        """Several equal ones count as one; different ones, or other than digits, leave no certain end (§6.3)."""
        for part in value.split(b","):
            digits = part.strip(b" \t")
            if not digits.isdigit() or len(digits) > MAX_LENGTH_DIGITS or self.length not in {-1, int(digits)}:
                raise HeadError("no certain length")
            self.length = int(digits)


def _status(line: bytes) -> int:
    """The status code of a status line (§4); many servers leave out the reason phrase with the space before it."""
    version, _, rest = line.partition(b" ")
    digits, _, _ = rest.partition(b" ")
    if version not in {b"HTTP/1.1", b"HTTP/1.0"} or len(digits) != 3 or not digits.isdigit() or digits < b"100":
        raise HeadError("no status line")
    return int(digits)
