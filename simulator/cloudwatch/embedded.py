"""Metrics in log lines, read as CloudWatch Logs does ("Specification: Embedded metric format")."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

MAX_METRICS, MAX_VALUES, MAX_DIMENSIONS = 100, 100, 30
MAX_NAME_CHARACTERS = 255
MAX_VALUE = 2**360
"""CloudWatch refuses what is larger ("MetricDatum", CloudWatch API reference)."""
MAX_LINE_BYTES = 1_048_576
"""Of an event in CloudWatch Logs ("CloudWatch Logs quotas")."""

Dimensions = tuple[tuple[str, str], ...]
"""Names and values, in order of the names."""


@dataclass(frozen=True)
class Datum:
    """The values of one metric for one set of dimensions; `at_ms` in milliseconds since 1970."""

    namespace: str
    dimensions: Dimensions
    name: str
    unit: str
    at_ms: int
    values: tuple[float, ...]


class _InvalidError(ValueError):
    """A document that breaks the specification: nothing is extracted from the line."""


def read_line(line: str) -> tuple[Datum, ...]:
    """Every metric of a line; none in a line that is no such document, or one with any fault.

    Lambda may put metadata before the document, and nothing after it.
    """
    start = line.find("{")
    if start < 0 or '"_aws"' not in line or len(line.encode("utf-8", "replace")) > MAX_LINE_BYTES:
        return ()
    try:
        return tuple(_read(json.loads(line[start:], parse_constant=_refuse)))
    except (ValueError, RecursionError):
        return ()


def _read(document: object) -> Iterator[Datum]:
    root = _object(document)
    metadata = _object(root.get("_aws"))
    at_ms = metadata.get("Timestamp")
    if not isinstance(at_ms, int) or isinstance(at_ms, bool):
        raise _InvalidError
    found: list[Datum] = []
    for entry in _array(metadata.get("CloudWatchMetrics")):
        directive = _object(entry)
        namespace, definitions = _name(directive.get("Namespace")), _array(directive.get("Metrics"))
        if len(definitions) > MAX_METRICS:
            raise _InvalidError
        metrics = [_metric(root, definition) for definition in definitions]
        sets = [_dimensions(root, names) for names in _array(directive.get("Dimensions"))]
        if not sets:
            raise _InvalidError
        found += [Datum(namespace, one, name, unit, at_ms, values) for one in sets for name, unit, values in metrics]
    yield from found


def _metric(root: Mapping[str, Any], definition: object) -> tuple[str, str, tuple[float, ...]]:
    """Name, unit and values."""
    members = _object(definition)
    name, unit = _name(members.get("Name")), members.get("Unit", "None")
    target = root.get(name)
    values = cast("list[object]", target) if isinstance(target, list) else [target]
    if not isinstance(unit, str) or not 0 < len(values) <= MAX_VALUES:
        raise _InvalidError
    return name, unit, tuple(_number(value) for value in values)


def _dimensions(root: Mapping[str, Any], names: object) -> Dimensions:
    found = {_name(name): root.get(_name(name)) for name in _array(names)}
    if len(found) > MAX_DIMENSIONS or not all(isinstance(value, str) and value for value in found.values()):
        raise _InvalidError
    return tuple(sorted(cast("dict[str, str]", found).items()))


def _object(value: object) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    raise _InvalidError


def _array(value: object) -> list[object]:
    if isinstance(value, list):
        return cast("list[object]", value)
    raise _InvalidError


def _name(value: object) -> str:
    if isinstance(value, str) and 0 < len(value) <= MAX_NAME_CHARACTERS:
        return value
    raise _InvalidError


def _number(value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MAX_VALUE:
        return float(value)
    raise _InvalidError


def _refuse(_: str) -> None:
    """Reject NaN and Infinity, which are not JSON."""
    raise _InvalidError
