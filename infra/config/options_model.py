"""A strategy's Options dataclass as a pydantic model, made from its fields."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import ValidationError, ValidatorFunctionWrapHandler, WrapValidator, create_model

from infra.config.base_model import Number, Section, Text, Whole, section_name
from infra.config.errors import format_value, raise_errors, setting_error
from strategies.registry import load

_COERCED = {int: Whole, float: Number, str: Text}
_WORDS = {
    str: "text",
    tuple: "a list",
    dict: "an object",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


@cache
def options_model(strategy: str) -> type[Section]:
    """Return the Options dataclass as a section, in which strings from `pulumi config set` become numbers."""
    return _as_section(load(strategy).Options, section_name(strategy))


def _as_section(options: type, name: str) -> type[Section]:
    hints = get_type_hints(options)
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(options):
        default = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        fields[field.name] = (_as_field(hints[field.name]), ... if default is dataclasses.MISSING else default)
    return create_model(name, __base__=Section, **fields)


def _as_field(hint: Any) -> Any:
    """Return the type for config: str, int and float with their coercion, a union as one choice, a record as a
    section."""
    if get_origin(hint) in (Union, types.UnionType):
        return Annotated[hint, WrapValidator(_report_once(hint))]
    if hint in _COERCED:
        return _COERCED[hint]
    if dataclasses.is_dataclass(hint):
        record: Any = hint
        return _as_section(record, record.__name__)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin not in (tuple, dict):
        return hint
    container: Any = origin
    return container[tuple(argument if argument is ... else _as_field(argument) for argument in arguments)]


def _report_once(hint: Any) -> Callable[[Any, ValidatorFunctionWrapHandler], Any]:
    """Report one error for a value that fits no part of a union; pydantic reports one for each part."""
    expected = " or ".join(_WORDS.get(get_origin(part) or part, str(part)) for part in get_args(hint))

    def validate(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValidationError:
            raise_errors([setting_error(f"is {format_value(value)}: expected {expected}", value=value)])
            raise

    return validate
