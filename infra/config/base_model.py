"""The base of all sections of the settings: camelCase keys, no unknown ones, and numbers from strings."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Container, Mapping
from typing import Annotated, Any, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from infra.config.errors import (
    SettingsError,
    errors_in,
    format_errors,
    format_value,
    raise_errors,
    setting_error,
    suggestion,
)

Model = TypeVar("Model", bound="Section")

_GO_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d\d)(\d\d) \S+")


class Section(BaseModel):
    """An object in the stack's config. Its keys are its fields in camelCase; any other is an error."""

    model_config = ConfigDict(
        alias_generator=to_camel, coerce_numbers_to_str=True, defer_build=True, extra="ignore", frozen=True
    )

    @model_validator(mode="wrap")
    @classmethod
    def _reject_unknown_keys(cls: type[Model], value: object, handler: ModelWrapValidatorHandler[Model]) -> Model:
        """Report unknown keys together with all other errors; pydantic's extra="forbid" makes no suggestion."""
        known = cls.keys()
        given = cast("dict[str, object]", value) if isinstance(value, dict) else {}
        errors = [
            setting_error(f"is an unknown key: {suggestion(key, known)}", key, value=found)
            for key, found in given.items()
            if key not in known
        ]
        try:
            section = handler(value)
        except ValidationError as error:
            raise_errors(errors + errors_in(error))
            raise
        raise_errors(errors)
        return section

    @classmethod
    def keys(cls) -> list[str]:
        """Return the keys as config spells them."""
        return [field.alias or name for name, field in cls.model_fields.items()]


def parse_settings(
    model: type[Model],
    config: Mapping[str, str],
    project: str,
    secret_keys: Container[str] = (),
    json_keys: Collection[str] | None = None,
) -> Model:
    """Parse a config as the engine gives it to a program; SettingsError with every mistake.

    `config` is "project:key" to a string, JSON where the value is an object. `secret_keys` are the full keys whose
    values no message may show, `json_keys` the keys at the top that may have objects or lists; None stands for all.
    """
    prefix = f"{project}:"
    own = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    raw = {key: decode_value(value) if json_keys is None or key in json_keys else value for key, value in own.items()}
    return validate(model, raw, prefix, {key for key in raw if f"{prefix}{key}" in secret_keys})


def validate(
    model: type[Model],
    raw: Mapping[str, object],
    start: str,
    secret_keys: Container[str] = (),
    context: Mapping[str, object] | None = None,
) -> Model:
    """Return the settings in an object; SettingsError with every mistake, each by its key after `start`.

    `secret_keys` are keys at the top whose values no message may show; `context` is for the model.
    """
    try:
        return model.model_validate(raw, context=context)
    except ValidationError as error:
        raise SettingsError(format_errors(error, start, raw, secret_keys)) from None


def decode_value(value: str) -> object:
    """Decode objects and lists, which come as JSON; leave anything else for its field to report."""
    if value[:1] in ("{", "["):
        try:
            return cast("object", json.loads(value))
        except (ValueError, RecursionError):
            return value
    return value


def _reject_booleans(value: Any) -> Any:
    """Reject true, which Python, and pydantic with it, counts as 1."""
    if isinstance(value, bool):
        raise_errors([setting_error(f"is {format_value(value)}: expected a number", value=value)])
    return value


def _to_rfc_3339(value: Any) -> Any:
    """Convert a YAML date without quotes, which arrives as Go prints a time."""
    found = _GO_TIME.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]}T{found[2]}{found[3]}:{found[4]}" if found else value


Whole = Annotated[int, BeforeValidator(_reject_booleans)]
Number = Annotated[float, BeforeValidator(_reject_booleans)]
Text = Annotated[str, BeforeValidator(_to_rfc_3339)]


def section_name(strategy: str) -> str:
    """The config section of a strategy: "sticky-session" has `stickySession`."""
    first, *rest = strategy.split("-")
    return first + "".join(word.title() for word in rest)
