"""Redaction of variables: their values may be secrets, and no output shows them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from functools import lru_cache

MIN_SECRET = 4
"""Shorter values stand for nothing in particular, and are in any text."""
_CUT = re.compile(r"(?:[%\\&][0-9A-Za-z#]{0,9})?…")
"""The end of a value that a message has cut, maybe within an escape."""


def redact(text: str, variables: Mapping[str, str]) -> str:
    """Replace the values of variables by their names, also where they are escaped, percent-encoded or cut off."""
    longest_first = sorted(variables.items(), key=lambda item: -len(item[1]))
    secrets = tuple((name, value) for name, value in longest_first if len(value) >= MIN_SECRET)
    if not secrets:
        return text
    text = _pattern(secrets).sub(lambda found: _name(secrets[(found.lastindex or 1) - 1][0]), text)
    for name, value in secrets if "…" in text else ():
        text = _redact_cut(text, name, value)
    return text


@lru_cache(maxsize=16)
def _pattern(secrets: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    """Return what finds any of the values, each as a group of its own."""
    return re.compile("|".join(f"({''.join(map(_forms, value))})" for _, value in secrets))


@lru_cache(maxsize=256)
def _character(character: str) -> re.Pattern[str]:
    return re.compile(_forms(character))


def _forms(character: str) -> str:
    """Return a pattern of a character as it is, as Python, JSON and HTML escape it, and percent-encoded."""
    escaped = {repr(character)[1:-1], json.dumps(character)[1:-1], html.escape(character)}
    if not character.isalnum():
        escaped.add(f"\\{character}")
    forms = [re.escape(form) for form in sorted({character, *escaped}, key=len, reverse=True)]
    # More than once, where a URL is in the query of another one.
    encoded = "".join(f"%(?:25)*(?i:{byte:02x})" for byte in character.encode("utf-8", "surrogateescape"))
    return f"(?:{'|'.join([encoded, *forms, *([re.escape('+')] if character == ' ' else [])])})"


def _redact_cut(text: str, name: str, value: str) -> str:
    for first in _character(value[0]).finditer(text):
        if end := _cut_end(text, first.start(), value):
            return f"{text[: first.start()]}{_name(name)}{_redact_cut(text[end:], name, value)}"
    return text


def _cut_end(text: str, start: int, value: str) -> int:
    """Return where the beginning of a value that begins at `start` is cut off; 0 where it is not."""
    position = start
    for count, character in enumerate(value):
        found = _character(character).match(text, position)
        if found is None:
            cut = _CUT.match(text, position)
            return cut.end() - 1 if cut and count >= MIN_SECRET else 0
        position = found.end()
    return 0


def _name(name: str) -> str:
    return f"${{{name}}}"
