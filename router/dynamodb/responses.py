"""DynamoDB's responses: the items in them, checked against the request, and the numbers in items.

Sources of the numbers: RFC 8259 §6 for their form, and "Data types" (DynamoDB guide) for their limits.
"""

from __future__ import annotations

import json

from router.model.record import is_list, is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TypeGuard

    from router.model.decision import Item


class ReadError(Exception):
    """A failed read. `reason` is a word or two for the log: timeout, throttled, access-denied …"""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def failure_reason(error: Exception) -> str:
    """The reason of any failed read; of unforeseen errors the type alone: their text may hold a visitor's key."""
    return error.reason if isinstance(error, ReadError) else f"error:{type(error).__name__}"


_REASONS = {
    "ProvisionedThroughputExceededException": "throttled",
    "RequestLimitExceeded": "throttled",
    "ThrottlingException": "throttled",
    "ExpiredTokenException": "expired-credentials",
    "UnrecognizedClientException": "rejected-credentials",
    "InvalidSignatureException": "rejected-credentials",
    "AccessDeniedException": "access-denied",
    "ResourceNotFoundException": "no-such-table",
}
_NUMBER_CHARACTERS = frozenset("0123456789.eE+-")
_MAX_DIGITS = 38
_SMALLEST, _LARGEST = 1e-130, 1e126
_MAX_EXACT = 2**53
_TYPES = frozenset({"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"})


def parse_document(status: int, body: bytes) -> dict[str, Any]:
    """The JSON object of a successful response; ReadError otherwise."""
    try:
        document: object = json.loads(body.decode())
    except (ValueError, RecursionError):  # not UTF-8, not JSON, a number of 5,000 digits; too deep
        document = None
    if status != 200:
        kind = str(document.get("__type", "")).rpartition("#")[2] if is_object(document) else ""
        raise ReadError(_REASONS.get(kind, f"status-{status}"))
    if not is_object(document):
        raise ReadError("garbage")
    return document


def parse_item(document: Mapping[str, object], key: Mapping[str, object], attributes: Sequence[str]) -> Item | None:
    """These attributes (all, where empty) of the item in a response to GetItem; None where it is empty.

    ReadError for anything else, and for an item with another key.
    """
    if not document:
        return None
    item = document.get("Item")
    if not _is_item(item):
        raise ReadError("garbage")
    _check_key(item, key)
    return {name: item[name] for name in attributes if name in item} if attributes else item


def parse_items(document: Mapping[str, Any], key: Mapping[str, object]) -> list[Item]:
    """The items in a response to Query, which all have this partition key; ReadError otherwise."""
    items: object = document.get("Items")
    if "LastEvaluatedKey" in document:
        raise ReadError("too-many-items")
    if not is_list(items) or not all(_is_item(item) for item in items):
        raise ReadError("garbage")
    for item in items:
        _check_key(item, key)
    return items


def _check_key(item: Item, key: Mapping[str, object]) -> None:
    if any(item.get(name) != value for name, value in key.items()):
        raise ReadError("wrong-item")


def _is_item(value: object) -> TypeGuard[Item]:
    return is_object(value) and all(map(_is_attribute, value.values()))


def _is_attribute(value: object) -> bool:
    """True for one value of one type ("AttributeValue"); S and N, which are read here, have a string."""
    if not is_object(value) or len(value) != 1:
        return False
    ((kind, content),) = value.items()
    return kind in _TYPES and (kind not in {"S", "N"} or isinstance(content, str))


def parse_number(text: object) -> float | None:
    """The number in an attribute's "N"; None for a form that DynamoDB does not write (spaces, _, other digits)."""
    if not isinstance(text, str) or not _NUMBER_CHARACTERS.issuperset(text):
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
