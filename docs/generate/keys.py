"""Keys of the config: path, type, default and meaning, read from the pydantic models and the strategies' options."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Union, cast, get_args, get_origin, get_type_hints

from pydantic.fields import FieldInfo

from infra.config.base_model import Section, section_name
from infra.config.options_model import options_model
from infra.settings.model import Settings
from pipeline.settings import PipelineSettings
from strategies.registry import STRATEGIES, load

from .docstrings import attributes

TYPES = {str: "text", int: "whole number", float: "number", bool: "true or false", object: "any"}


@dataclass(frozen=True)
class Key:
    """A key of the config. `names` end in "*" where a map has names of the user's choice, in 0 for items of a list."""

    names: tuple[str, ...]
    annotation: Any
    default: str
    meaning: str
    is_shown: bool = True
    """False for a value that no message and no representation may show."""

    @property
    def path(self) -> str:
        """The key as `pulumi config set --path` takes it, with `<name>` for the names of a map."""
        return ".".join(self.names).replace("*", "<name>")

    @property
    def type(self) -> str:
        """The type in words."""
        return describe(self.annotation)


@cache
def tables() -> dict[str, list[Key]]:
    """The tables of keys by the name of their block: one for each section, strategy and project."""
    found = {"settings": list(_keys(Settings, (), is_deep=False)), "pipeline": list(_keys(PipelineSettings, ()))}
    for field in Settings.model_fields.values():
        section = section_in(field.annotation)
        if section is not None:
            prefix = (str(field.alias), "*") if get_origin(field.annotation) is dict else (str(field.alias),)
            found[prefix[0]] = list(_keys(section, prefix))
    for strategy in STRATEGIES:
        model, name = options_model(strategy), section_name(strategy)
        found[name] = list(_keys(model, (name,), load(strategy).Options))
    return found


def _keys(
    model: type[Section], prefix: tuple[str, ...], documented: type | None = None, *, is_deep: bool = True
) -> Iterator[Key]:
    """`documented` is the class whose docstring has the meanings, where that is not the model itself."""
    meanings = attributes(documented or model)
    hints: dict[str, Any] = get_type_hints(documented) if documented else {}
    for name, field in model.model_fields.items():
        if field.annotation is object:  # a strategy's section, which has a page of its own
            continue
        names = (*prefix, str(field.alias))
        section = section_in(field.annotation)
        if name not in meanings:
            raise LookupError(
                f"{(documented or model).__name__}.{name} has no meaning: add it below Attributes: in the docstring"
            )
        yield Key(names, field.annotation, _default(field), meanings[name], field.repr)
        if section is not None and is_deep:
            is_map = get_origin(field.annotation) is dict
            inner = get_args(hints[name])[1] if is_map and documented else None
            yield from _keys(section, (*names, "*") if is_map else names, inner)


def section_in(annotation: Any) -> type[Section] | None:
    """The model of an object, of an optional object, or of the objects of a map."""
    found = [
        part for part in (annotation, *get_args(annotation)) if isinstance(part, type) and issubclass(part, Section)
    ]
    return found[0] if found else None


def describe(annotation: Any) -> str:
    """Put a type into words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return describe(arguments[0])
    if origin in (Union, types.UnionType):
        return " or ".join(describe(part) for part in arguments if part is not type(None))
    if origin is tuple:
        item = describe(arguments[0])
        return f"list of {item}s" if item.endswith("number") else f"list of {item}"
    if origin is dict:
        return f"map to {describe(arguments[1])}"
    return TYPES.get(annotation, "object")


def _default(field: FieldInfo) -> str:
    """The default in JSON as code; "required" and "none" in words."""
    if field.is_required():
        return "required"
    default: Any = field.get_default(call_default_factory=True)
    if isinstance(default, Section):
        return "see its keys"
    if default is None or default in ("", (), {}):
        return "none"
    if isinstance(default, tuple):
        items = cast("tuple[Any, ...]", default)
        return f"`[{', '.join(_plain(item) for item in items)}]`"
    return f"`{_plain(default)}`"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value).removesuffix(".0")
