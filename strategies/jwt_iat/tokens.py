"""The places of a token in a request: a header, a cookie, or a cookie in chunks, in the spellings of libraries."""

from __future__ import annotations

from router.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from router.model.request import Request

MAX_TOKEN_BYTES = 8_192
MAX_CHUNKS = 16
"""The most cookies that one token is joined from."""
_MAX_ENCODED_CHARACTERS = 3 * MAX_TOKEN_BYTES
"""A token of the allowed size with every character percent-encoded; a longer value is not decoded."""


@record
class TokenPlaces:
    """The places to look at, in order: the header, the cookie; "" for one that is not looked at."""

    header: str
    cookie: str
    is_chunked: bool

    def find(self, request: Request) -> str:
        """The first candidate with three segments, else the first of all, or "": an opaque token hides no other."""
        first = self._in_header(request) if self.header else ""
        if not self.cookie or _has_three_segments(first):
            return first
        second = self._in_cookie(request)
        return second if _has_three_segments(second) else first or second

    def _in_header(self, request: Request) -> str:
        """The header's token, or "". Authorization takes Bearer tokens only (RFC 6750)."""
        value = (request.header(self.header) or "").strip(" \t")
        scheme, _, rest = value.partition(" ")
        if scheme.lower() == "bearer":
            return rest.lstrip(" ")
        return "" if self.header.lower() == "authorization" else value

    def _in_cookie(self, request: Request) -> str:
        """The cookie's token, or "": percent-decoded, without quotes and without the Bearer scheme."""
        value = request.cookie(self.cookie)
        if value is None and self.is_chunked:
            value = _join_chunks(request, self.cookie)
        return _unwrap(value or "")


def chunk_names(cookie: str) -> tuple[str, ...]:
    """`name.0`, `name.1` and so on, as Auth.js and Auth0 write a value that is too long for one cookie."""
    return tuple(f"{cookie}.{index}" for index in range(MAX_CHUNKS))


def _join_chunks(request: Request, cookie: str) -> str:
    """The chunks up to the first that is missing."""
    chunks: list[str] = []
    for name in chunk_names(cookie):
        chunk = request.cookie(name)
        if chunk is None:
            break
        chunks.append(chunk)
    return "".join(chunks)


def _unwrap(value: str) -> str:
    if "%" in value and len(value) <= _MAX_ENCODED_CHARACTERS:
        from urllib.parse import unquote  # here, for 2 ms that a plain token need not pay

        value = unquote(value).strip(" \t")
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
    scheme, space, rest = value.partition(" ")
    return rest.strip(" ") if space and scheme.lower() == "bearer" else value


def _has_three_segments(token: str) -> bool:
    return token.count(".") == 2
