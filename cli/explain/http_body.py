"""The body of an HTTP request in text form: the part after the empty line."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

from simulator.standin.config.text_file import decode_text

MAX_BODY_BYTES = 1024 * 1024
"""The most that an origin-request function receives ("Restrictions on Lambda@Edge", request body)."""
_END_OF_HEAD = re.compile(r"\r?\n[ \t]*\r?\n")
_END_OF_HEAD_BYTES = re.compile(_END_OF_HEAD.pattern.encode())
_BODY_ERRORS = "surrogateescape"
"""Carries bytes that are not UTF-8 through text and back."""
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\n]*)?\r?\n")


def decode_request(content: bytes) -> str:
    """Return the text of a request; its body may be any bytes. TextFileError if its headers are not UTF-8."""
    blank = len(content) - len(content.lstrip(b"\r\n"))
    found = _END_OF_HEAD_BYTES.search(content, blank)
    end = len(content) if found is None else found.end()
    return decode_text(content[:end]) + content[end:].decode("utf-8", _BODY_ERRORS)


def split_body(text: str) -> tuple[str, str]:
    """Return the headers and the body of a request; empty lines before them are ignored."""
    text = text.lstrip("\r\n")
    found = _END_OF_HEAD.search(text)
    return (text, "") if found is None else (text[: found.start()], text[found.end() :])


def read_body(rest: str, headers: Mapping[str, Sequence[Mapping[str, str]]]) -> dict[str, Any]:
    """Return the member `body` of an event, {} without a body. ValueError for malformed chunks.

    Content-Length and chunked encoding apply, else the body is the whole rest. Pasted text may have lost bytes: a
    rest shorter than Content-Length is taken as it is.
    """
    content = _content(rest.encode("utf-8", _BODY_ERRORS), headers)
    if not content:
        return {}
    data = base64.b64encode(content[:MAX_BODY_BYTES]).decode("ascii")
    is_truncated = len(content) > MAX_BODY_BYTES
    return {"body": {"action": "read-only", "data": data, "encoding": "base64", "inputTruncated": is_truncated}}


def _content(rest: bytes, headers: Mapping[str, Sequence[Mapping[str, str]]]) -> bytes:
    if "chunked" in _value(headers, "transfer-encoding").lower():
        return _decode_chunks(rest)
    length = _value(headers, "content-length").strip()
    return rest[: int(length)] if length.isascii() and length.isdigit() and len(length) < 16 else rest


def _value(headers: Mapping[str, Sequence[Mapping[str, str]]], name: str) -> str:
    return next((entry["value"] for entry in headers.get(name, ())), "")


def _decode_chunks(rest: bytes) -> bytes:
    """RFC 9112 §7.1, with LF line ends allowed; trailer fields are not part of the content."""
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
