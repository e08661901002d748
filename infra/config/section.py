"""What all sections of the settings have in common: camelCase keys, no unknown ones, and numbers from strings."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from infra.config.errors import problem, problems_of, raise_problems, shown, suggestion

Model = TypeVar("Model", bound="Section")

_GO_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) ([+-]\d\d)(\d\d) \S+")


class Section(BaseModel):
    """An object in the stack's config. Its keys are its fields in camelCase; others are mistakes."""

    model_config = ConfigDict(alias_generator=to_camel, coerce_numbers_to_str=True, extra="ignore", frozen=True)

    @model_validator(mode="wrap")
    @classmethod
    def _know_all_keys(cls: type[Model], value: object, handler: ModelWrapValidatorHandler[Model]) -> Model:
        """Report unknown keys beside all other mistakes, where pydantic's extra="forbid" knows no did-you-mean."""
        known = cls.keys()
        given = cast("dict[str, object]", value) if isinstance(value, dict) else {}
        problems = [
            problem(f"is no key here: {suggestion(key, known)}", key, value=found)
            for key, found in given.items()
            if key not in known
        ]
        try:
            section = handler(value)
        except ValidationError as error:
            problems += problems_of(error)
            raise_problems(problems)
            raise
        raise_problems(problems)
        return section

    @classmethod
    def keys(cls) -> list[str]:
        """The keys as config spells them."""
        return [field.alias or name for name, field in cls.model_fields.items()]


def _refuse_booleans(value: Any) -> Any:
    """Python, and pydantic with it, counts true as 1."""
    if isinstance(value, bool):
        raise_problems([problem(f"is {shown(value)}: expected a number", value=value)])
    return value


def _unprint_time(value: Any) -> Any:
    """A YAML date that stands without quotes arrives as Go prints a time: back to RFC 3339."""
    found = _GO_TIME.fullmatch(value) if isinstance(value, str) else None
    return f"{found[1]}T{found[2]}{found[3]}:{found[4]}" if found else value


Whole = Annotated[int, BeforeValidator(_refuse_booleans)]
Number = Annotated[float, BeforeValidator(_refuse_booleans)]
Text = Annotated[str, BeforeValidator(_unprint_time)]
