"""A strategy's Options dataclass as a pydantic model, made from its fields."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import ValidationError, ValidatorFunctionWrapHandler, WrapValidator, create_model

from infra.config.errors import problem, raise_problems, shown
from infra.config.section import Number, Section, Text, Whole
from strategies.registry import load, section_of

_CHECKED = {int: Whole, float: Number, str: Text}
_SPELLED = {str: "text", dict: "an object", int: "a whole number", float: "a number", bool: "true or false"}


@cache
def options_model(strategy: str) -> type[Section]:
    """The Options dataclass as a section, so that strings from `pulumi config set` become numbers."""
    return _section_of(load(strategy).Options, section_of(strategy))


def _section_of(options: type, name: str) -> type[Section]:
    hints = get_type_hints(options)
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(options):
        default = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        fields[field.name] = (_checked(hints[field.name]), ... if default is dataclasses.MISSING else default)
    return create_model(name, __base__=Section, **fields)


def _checked(hint: Any) -> Any:
    """The type as config may have it: every str, int and float with its coercion, a union as one choice, a record as a
    section of its own."""
    if get_origin(hint) in (Union, types.UnionType):
        return Annotated[hint, WrapValidator(_one_message(hint))]
    if hint in _CHECKED:
        return _CHECKED[hint]
    if dataclasses.is_dataclass(hint):
        record: Any = hint
        return _section_of(record, record.__name__)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin not in (tuple, dict):
        return hint
    container: Any = origin
    return container[tuple(argument if argument is ... else _checked(argument) for argument in arguments)]


def _one_message(hint: Any) -> Callable[[Any, ValidatorFunctionWrapHandler], Any]:
    """One mistake for a value that fits no part of a union, where pydantic has one for each part."""
    expected = " or ".join(_SPELLED.get(get_origin(part) or part, str(part)) for part in get_args(hint))

    def validate(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValidationError:
            raise_problems([problem(f"is {shown(value)}: expected {expected}", value=value)])
            raise

    return validate
