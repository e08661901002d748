"""DynamoDB's answers: what they hold, whether it is what was asked for, and why there is nothing, in a word or two."""

from __future__ import annotations

import json

from router.model.shapes import is_list, is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TypeGuard

    Item = dict[str, dict[str, object]]
    """An item in DynamoDB JSON: {"version": {"S": "2"}, "expiration": {"N": "1790000000"}}."""


class ReadError(Exception):
    """A read that brought no answer. `reason` is a word or two for the log: timeout, throttled, access-denied …"""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def reason_of_failure(error: Exception) -> str:
    """Of anything that reading raised; the type alone of what nobody foresaw, for its text may hold a visitor's key."""
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
_TYPES = frozenset({"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"})


def document_of(status: int, body: bytes) -> dict[str, Any]:
    """The JSON object of a successful answer, else ReadError."""
    try:
        document: object = json.loads(body.decode())
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, a number of 5,000 digits; too deep
        raise ReadError("garbage" if status == 200 else f"status-{status}") from error
    if not is_object(document):
        raise ReadError("garbage")
    if status != 200:
        kind = str(document.get("__type", "")).rpartition("#")[2]
        raise ReadError(_REASONS.get(kind, f"status-{status}"))
    return document


def item_in(document: Mapping[str, object], key: Mapping[str, object], attributes: Sequence[str]) -> Item | None:
    """These attributes (all, where empty) of the item in an answer of GetItem; None where it is empty.

    ReadError for anything else, and for an item that does not have this key.
    """
    if not document:
        return None
    item = document.get("Item")
    if not _is_item(item):
        raise ReadError("garbage")
    _check_key(item, key)
    return {name: item[name] for name in attributes if name in item} if attributes else item


def items_in(document: Mapping[str, Any], key: Mapping[str, object]) -> list[Item]:
    """The items in an answer of Query, which all have this partition key; ReadError otherwise."""
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
    """Whether it is one value of one type ("AttributeValue"); of texts and numbers, which are read here, as a text."""
    if not is_object(value) or len(value) != 1:
        return False
    ((kind, content),) = value.items()
    return kind in _TYPES and (kind not in {"S", "N"} or isinstance(content, str))
