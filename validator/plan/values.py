"""Readers of single values: each returns the value or raises ValueError, "is …: what is allowed"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

Read = TypeVar("Read")

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}")
"""RFC 9110 §5.6.2: names of headers and cookies."""
_VISIBLE = re.compile(r"[!-~]{1,4096}")


def text(value: object) -> str:
    """A string that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError("must be text" if not isinstance(value, str) else "is empty")
    return value


def token(value: object) -> str:
    """A name of a header, cookie, query parameter or version."""
    name = text(value)
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"has the name {name[:80]!r}: up to 256 letters, digits and !#$%&'*+.^_`|~-")
    return name


def secret(value: object) -> str:
    """A secret that a header can carry; the message never shows it."""
    if not isinstance(value, str) or not _VISIBLE.fullmatch(value):
        raise ValueError("has a secret that no header can carry: printable ASCII without spaces")
    return value


def whole(low: int, high: int) -> Callable[[object], int]:
    """A whole number in a range."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"is {value!r:.80}: a whole number from {low} to {high}")
        return value

    return read


def number(low: float, high: float) -> Callable[[object], float]:
    """A number in a range; NaN is in none."""

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise ValueError(f"is {value!r:.80}: a number from {low} to {high}")
        return float(value)

    return read


def listed(read: Callable[[object], Read]) -> Callable[[object], tuple[Read, ...]]:
    """A list of what another reader reads."""

    def read_all(value: object) -> tuple[Read, ...]:
        if not isinstance(value, (list, tuple)):
            raise ValueError("must be a list")
        return tuple(read(one) for one in cast("Sequence[object]", value))

    return read_all
