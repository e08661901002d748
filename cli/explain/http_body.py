"""The body of an HTTP request that was pasted as text: what stands behind the empty line."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

from simulator.standin import text_of

MAX_BODY_BYTES = 1024 * 1024
"""Of a body that an origin-request function sees ("Restrictions on Lambda@Edge", request body)."""
_END_OF_HEAD = re.compile(r"\r?\n[ \t]*\r?\n")
_END_OF_HEAD_BYTES = re.compile(_END_OF_HEAD.pattern.encode())
_BODY_ERRORS = "surrogateescape"
"""How bytes of a body that are no UTF-8 get through text, and back."""
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\n]*)?\r?\n")


def text_of_request(content: bytes) -> str:
    """The text of a request: its head is UTF-8, its body whatever it is. TextFileError for a head that is none."""
    blank = len(content) - len(content.lstrip(b"\r\n"))
    found = _END_OF_HEAD_BYTES.search(content, blank)
    end = len(content) if found is None else found.end()
    return text_of(content[:end]) + content[end:].decode("utf-8", _BODY_ERRORS)


def split_body(text: str) -> tuple[str, str]:
    """Head and body of a request; lines that are empty may come before the head."""
    text = text.lstrip("\r\n")
    found = _END_OF_HEAD.search(text)
    return (text, "") if found is None else (text[: found.start()], text[found.end() :])


def read_body(rest: str, headers: Mapping[str, Sequence[Mapping[str, str]]]) -> dict[str, Any]:
    """The member `body` of an event, {} where there is none. ValueError says what is wrong with chunks.

    With Content-Length so many bytes of the rest, chunked the chunks, else all of it. Text that was pasted may have
    lost bytes: a rest that is shorter is taken as it is.
    """
    content = _content(rest.encode("utf-8", _BODY_ERRORS), headers)
    if not content:
        return {}
    data = base64.b64encode(content[:MAX_BODY_BYTES]).decode("ascii")
    is_truncated = len(content) > MAX_BODY_BYTES
    return {"body": {"action": "read-only", "data": data, "encoding": "base64", "inputTruncated": is_truncated}}


def _content(rest: bytes, headers: Mapping[str, Sequence[Mapping[str, str]]]) -> bytes:
    if "chunked" in _value(headers, "transfer-encoding").lower():
        return _unchunked(rest)
    length = _value(headers, "content-length").strip()
    return rest[: int(length)] if length.isascii() and length.isdigit() and len(length) < 16 else rest


def _value(headers: Mapping[str, Sequence[Mapping[str, str]]], name: str) -> str:
    return next((entry["value"] for entry in headers.get(name, ())), "")


def _unchunked(rest: bytes) -> bytes:
    """RFC 9112 §7.1; line ends of the framing may be LF. Trailer fields are no part of the content."""
    content = bytearray()
    while True:
        size = _CHUNK_SIZE.match(rest)
        if size is None:
            raise ValueError("a chunk of the body has no size")
        length = int(size[1], 16)
        if not length:
            return bytes(content)
        chunk, rest = rest[size.end() : size.end() + length], rest[size.end() + length :]
        if len(chunk) < length:
            raise ValueError(f"a chunk of the body has {len(chunk)} bytes, and its size is {length}")
        content += chunk
        rest = rest.removeprefix(b"\r").removeprefix(b"\n")
