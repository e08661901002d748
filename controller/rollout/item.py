"""The rollout item of the control table, in the format of DynamoDB's API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from controller.analysis.document import FieldError
from controller.rollout.events import iso_time
from controller.rollout.state import Rollout
from router.dynamodb.responses import parse_number

Item = dict[str, dict[str, Any]]
KEY = {"scope": {"S": "edge"}, "item": {"S": "rollout"}}
HISTORY = "history"
"""The scope of former rollouts: another one than the router's, whose query must not grow."""
SMALLEST = 1e-120
"""DynamoDB has no positive number below 1e-130 ("Data types")."""

_serialize = cast("Callable[[object], dict[str, Any]]", TypeSerializer().serialize)
_deserialize = cast("Callable[[object], object]", TypeDeserializer().deserialize)


def to_routed_item(rollout: Rollout) -> Item:
    """Return what the router reads of the item."""
    texts = {"state": rollout.state, "release": rollout.release, "configRevision": rollout.config_revision}
    numbers = {"canaryPercent": f"{rollout.canary_percent:g}", "revision": str(rollout.revision)}
    return {
        **KEY,
        **{name: {"S": text} for name, text in texts.items()},
        **{name: {"N": number} for name, number in numbers.items()},
    }


def to_item(rollout: Rollout) -> Item:
    """Return the item."""
    return KEY | {name: _serialize(_convert(value, _to_decimal)) for name, value in rollout.to_json().items()}


def to_history(rollout: Rollout) -> Item:
    """Return the item of a former rollout, by the time of its start, which sorts."""
    key = {"scope": {"S": HISTORY}, "item": {"S": iso_time(rollout.started_at)}}
    return to_item(replace(rollout, pending=())) | key


def from_item(item: Item) -> Rollout:
    """Read the item. FieldError names what is missing or malformed."""
    if _has_malformed_number(item):
        raise FieldError("a number is malformed")
    try:
        document = {name: _convert(_deserialize(value), _from_decimal) for name, value in item.items()}
    except (TypeError, AttributeError, ArithmeticError):
        raise FieldError("an attribute has an unknown type") from None
    return Rollout.from_json(document)


def to_document(rollout: Rollout) -> dict[str, Any]:
    """Return the item as plain JSON, for commands and logs."""
    return _convert(_convert(rollout.to_json(), _to_decimal), _from_decimal)


def _has_malformed_number(value: object) -> bool:
    """Find a number that DynamoDB would not write; boto3 accepts whatever Decimal does, such as `1_0`."""
    if isinstance(value, list):
        return any(map(_has_malformed_number, cast("list[object]", value)))
    if not isinstance(value, Mapping):
        return False
    attributes = cast("Mapping[str, object]", value)
    number = attributes.get("N")
    is_malformed = "N" in attributes and not isinstance(number, Mapping) and parse_number(number) is None
    return is_malformed or any(map(_has_malformed_number, attributes.values()))


def _convert(value: Any, convert: Callable[[Any], Any]) -> Any:
    """Return the document with `convert` applied to all that is neither a list nor a map."""
    if isinstance(value, Mapping):
        return {name: _convert(entry, convert) for name, entry in cast("Mapping[str, Any]", value).items()}
    return (
        [_convert(entry, convert) for entry in cast("list[Any]", value)] if isinstance(value, list) else convert(value)
    )


def _to_decimal(value: Any) -> Any:
    """Convert floats, which boto3 does not accept."""
    if not isinstance(value, float):
        return value
    return Decimal(repr(value)) if abs(value) >= SMALLEST else Decimal(0)


def _from_decimal(value: Any) -> Any:
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
