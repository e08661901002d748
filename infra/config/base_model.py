"""The base of all sections of the settings: camelCase keys, no unknown ones, and numbers from strings."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from infra.config.errors import errors_in, format_value, raise_errors, setting_error, suggestion

Model = TypeVar("Model", bound="Section")

_GO_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d\d)(\d\d) \S+")


class Section(BaseModel):
    """An object in the stack's config. Its keys are its fields in camelCase; any other is an error."""

    model_config = ConfigDict(alias_generator=to_camel, coerce_numbers_to_str=True, extra="ignore", frozen=True)

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
