"""A value inside an attribute: in a map, in JSON text, or in bytes that hold JSON or MessagePack."""

from __future__ import annotations

import json
from binascii import a2b_base64

from router.model.record import is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_DEPTH = 16
MAX_CHARACTERS = 65_536
"""A longer document is not parsed: it would take milliseconds of the deadline."""

_LENGTHS = {
    **dict.fromkeys((0xC4, 0xC5, 0xC6), "bin"),
    **dict.fromkeys((0xC7, 0xC8, 0xC9), "ext"),
    **dict.fromkeys((0xD9, 0xDA, 0xDB), "str"),
    **dict.fromkeys((0xDC, 0xDD), "list"),
    **dict.fromkeys((0xDE, 0xDF), "map"),
}
"""Formats of MessagePack that are followed by their length."""
_LENGTH_BYTES = {0xC4: 1, 0xC7: 1, 0xD9: 1, 0xC5: 2, 0xC8: 2, 0xDA: 2, 0xDC: 2, 0xDE: 2}
"""The bytes of that length; 4 for all others."""
_FIXED = {0xCA: 4, 0xCB: 8, 0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17}
"""Formats with so many bytes that are of no interest here: floats and extensions."""


def read_code(attribute: object, path: Sequence[str]) -> str | None:
    """The text or whole number at the path as text; None for anything else."""
    try:
        return _code(_walk(attribute, path))
    except (ValueError, IndexError, RecursionError):
        return None


def _walk(attribute: object, path: Sequence[str]) -> object:
    """The value at the path: attributes of maps as far as they go, then the document in one of them."""
    for index, name in enumerate(path):
        inner = attribute.get("M") if is_object(attribute) else None
        if not is_object(inner):
            document = _document(attribute)
            for rest in path[index:]:
                document = document.get(rest) if is_object(document) else None
            return document
        attribute = inner.get(name)
    return attribute.get("S", attribute.get("N")) if is_object(attribute) else None


def _document(attribute: object) -> object:
    """Parse the content of an attribute of type S or B; ValueError for what cannot be parsed."""
    if not is_object(attribute):
        return None
    kind = "S" if "S" in attribute else "B"
    text = attribute.get(kind)
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        return None
    if kind == "S":
        return json.loads(text)
    data = a2b_base64(text, strict_mode=True)
    return json.loads(data) if data[:1] == b"{" else _unpack(data, 0, MAX_DEPTH)[0]


def _code(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def _unpack(data: bytes, at: int, depth: int) -> tuple[object, int]:
    """The MessagePack value at a place, and the place after it; None for types of no interest (msgpack.org/spec).

    ValueError or IndexError where the bytes are anything else or end too soon.
    """
    if depth < 0:
        raise ValueError("nested too deeply")
    head, at = data[at], at + 1
    if head < 0x80 or head >= 0xE0:
        return (head if head < 0x80 else head - 0x100), at
    if head < 0xC0:
        kind = "str" if head >= 0xA0 else "list" if head >= 0x90 else "map"
        return _content(data, at, kind, head & (0x1F if kind == "str" else 0x0F), depth)
    if head in _LENGTHS:
        size = _LENGTH_BYTES.get(head, 4)
        return _content(data, at + size, _LENGTHS[head], int.from_bytes(_slice(data, at, size), "big"), depth)
    if 0xCC <= head <= 0xD3:
        size = 1 << (head & 3)
        return int.from_bytes(_slice(data, at, size), "big", signed=head >= 0xD0), at + size
    if head in _FIXED:
        return None, at + _FIXED[head]
    if head == 0xC1:
        raise ValueError("no format of MessagePack")
    return None, at  # nil, false, true


def _content(data: bytes, at: int, kind: str, length: int, depth: int) -> tuple[object, int]:
    if kind == "str":
        return _slice(data, at, length).decode(), at + length
    if kind in ("bin", "ext"):
        return None, at + length + (kind == "ext")
    found: dict[object, object] = {}
    for _ in range(length):
        name: object = None
        if kind == "map":
            name, at = _unpack(data, at, depth - 1)
        value, at = _unpack(data, at, depth - 1)
        if isinstance(name, str):
            found[name] = value
    return (found if kind == "map" else None), at


def _slice(data: bytes, at: int, length: int) -> bytes:
    if at + length > len(data):
        raise ValueError("ends too soon")
    return data[at : at + length]
