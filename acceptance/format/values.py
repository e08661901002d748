"""Values of a test file that several sections have: durations, status codes, and conditions on a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Self, cast

from jsonpath_ng import JSONPath
from jsonpath_ng.ext.parser import parse as parse_path
from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from infra.config.base_model import Section
from infra.config.errors import custom_error, format_value, raise_errors, setting_error
from infra.config.rules import one_of, rule

_DURATION = re.compile(r"([0-9]{1,7}(?:\.[0-9]{1,3})?)(ms|s|m|h)")
_UNIT_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600}
_STATUS = re.compile(r"[1-5](?:[0-9]{2}|xx)")
_CLASSES = ["1xx", "2xx", "3xx", "4xx", "5xx"]
_DURATION_SCHEMA = {"type": "string", "pattern": f"^{_DURATION.pattern}$"}


class Part(Section):
    """An object of a test file; a shorthand stands for one of its keys."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": False})


def _read_duration(value: object) -> object:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise custom_error(f"is {format_value(value)}: a duration such as 500ms, 5s, 10m or 1h")
    return float(found[1]) * _UNIT_SECONDS[found[2]]


Duration = Annotated[float, BeforeValidator(_read_duration), WithJsonSchema(_DURATION_SCHEMA)]
"""In seconds; a file has `500ms`, `5s`, `10m` or `1h`."""


def _read_offset(value: object) -> object:
    text = value.removeprefix("-") if isinstance(value, str) else ""
    if not _DURATION.fullmatch(text):
        raise custom_error(f"is {format_value(value)}: a duration from now on such as 10m, or before now such as -1h")
    seconds = cast("float", _read_duration(text))
    return -seconds if cast("str", value).startswith("-") else seconds


Offset = Annotated[
    float,
    BeforeValidator(_read_offset),
    WithJsonSchema({"type": "string", "pattern": f"^-?{_DURATION.pattern}$"}),
]
"""Seconds from now on, or before now: `10m`, `-1h`."""


def parse_time(text: str, now: float) -> float:
    """Return a time such as `2026-11-01T00:00:00Z` or `-60s` in seconds since 1970. ValueError."""
    with suppress(PydanticCustomError):
        return now + cast("float", _read_offset(text))
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found.timestamp()


def time_error(text: str) -> str:
    """Return the error in a time, "" where there is none."""
    with suppress(ValueError, OverflowError):
        parse_time(text, 0.0)
        return ""
    return f"is {format_value(text)}: a time such as 2026-11-01T00:00:00Z, or a duration before now such as -60s"


def _read_list(value: object) -> object:
    return cast("object", value) if isinstance(value, list) else [value]


def _one_or_more(item: Mapping[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]})


def _status_error(values: tuple[str, ...]) -> str:
    wrong = next((value for value in values if not _STATUS.fullmatch(value)), None)
    if wrong is None and values:
        return ""
    return f"is {format_value(wrong)}: a status code such as 200, a class such as 2xx, or a list of them"


Statuses = Annotated[
    tuple[str, ...],
    BeforeValidator(_read_list),
    rule(_status_error),
    _one_or_more(
        {"anyOf": [{"type": "integer", "minimum": 100, "maximum": 599}, {"enum": [f"{n}xx" for n in "12345"]}]}
    ),
]
"""Status codes and classes, one of which a response has."""
Words = Annotated[tuple[str, ...], BeforeValidator(_read_list), _one_or_more({"type": "string"})]
"""One text or a list of them."""


def choice(*allowed: str) -> tuple[Any, ...]:
    """Return what Annotated has for one of a few words; editors offer them."""
    return one_of(*allowed), Field(json_schema_extra={"enum": list(allowed)})


def pattern_error(value: str) -> str:
    """Return the error in a regular expression, "" where there is none."""
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        return f"is {format_value(value)}: not a regular expression: {error}"
    return ""


def json_path(text: str) -> JSONPath:
    """Parse a JSON path, such as `$.items[0].name`. ValueError."""
    try:
        return cast("Callable[[str], JSONPath]", parse_path)(text)
    except Exception as error:  # its operators raise what they like, of no class in common
        raise ValueError(str(error) or type(error).__name__) from error


class Condition(Part):
    """A condition on a text or a JSON value: a value alone stands for `equals`, a list for `oneOf`.

    Attributes:
        equals: The value, as it is.
        one_of: A list of values, one of which it is.
        contains: A part of the text, or an item of the list.
        matches: A regular expression (Python's `re`) that is found somewhere in it; `^` and `$` tie it to the ends.
        absent: `true`: it is not there at all.
    """

    equals: Any = None
    one_of: tuple[Any, ...] | None = None
    contains: Any = None
    matches: Annotated[str, rule(pattern_error)] | None = None
    absent: bool = False

    @model_validator(mode="before")
    @classmethod
    def _read_shorthand(cls, value: Any) -> Any:
        if isinstance(value, list):
            return {"oneOf": cast("Any", value)}
        if value is None:
            raise_errors([setting_error("is empty: a value, a list of values or a condition such as absent: true")])
        return cast("Any", value) if isinstance(value, dict) else {"equals": value}

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        given = self.model_fields_set
        if len(given) != 1 or (given == {"absent"} and not self.absent):
            names = ", ".join(self.keys())
            raise_errors([setting_error(f"has {len(given)} conditions: write one of {names} (absent: true only)")])
        return self

    @property
    def text(self) -> str:
        """The condition in words, such as `contains "max-age"`."""
        if self.absent:
            return "absent"
        if self.one_of is not None:
            return f"one of {', '.join(format_value(one) for one in self.one_of)}"
        if self.matches is not None:
            return f"matches {self.matches}"
        return (
            format_value(self.equals)
            if "equals" in self.model_fields_set
            else f"contains {format_value(self.contains)}"
        )
