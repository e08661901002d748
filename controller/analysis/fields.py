"""Reading the fields of an item that somebody else may have written."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any, cast


class FieldError(ValueError):
    """A field that is missing or malformed; the text names it and quotes no value."""


class Fields:
    """The fields of one mapping; `prefix` is where it stands in the item."""

    def __init__(self, values: object, prefix: str = "") -> None:
        if not isinstance(values, Mapping):
            raise FieldError(f"{prefix.rstrip('.')} is malformed")
        self._values, self._prefix = cast("Mapping[str, Any]", values), prefix

    def malformed(self, name: str) -> FieldError:
        """The error for this field."""
        missing = "missing" if name not in self._values else "malformed"
        return FieldError(f"{self._prefix}{name} is {missing}")

    def text(self, name: str) -> str:
        return self.text_in(name, self._values.get(name))

    def text_in(self, name: str, value: object) -> str:
        """A value found in the field, as text."""
        if isinstance(value, str):
            return value
        raise self.malformed(name)

    def one_of(self, name: str, allowed: Container[str]) -> str:
        value = self.text(name)
        if value in allowed:
            return value
        raise self.malformed(name)

    def flag(self, name: str) -> bool:
        value = self._values.get(name)
        if isinstance(value, bool):
            return value
        raise self.malformed(name)

    def number(self, name: str, least: float, most: float) -> float:
        return self.number_in(name, self._values.get(name), least, most)

    def number_in(self, name: str, value: object, least: float, most: float) -> float:
        """A value found in the field, as a number within these limits."""
        if isinstance(value, (int, float)) and not isinstance(value, bool) and least <= value <= most:
            return value
        raise self.malformed(name)

    def count(self, name: str, least: int = 0) -> int:
        value = self._values.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        raise self.malformed(name)

    def entries(self, name: str) -> Sequence[object]:
        value = self._values.get(name)
        if isinstance(value, list):
            return cast("list[object]", value)
        raise self.malformed(name)

    def mapping(self, name: str) -> Mapping[str, Any]:
        value = self._values.get(name)
        if isinstance(value, Mapping):
            return cast("Mapping[str, Any]", value)
        raise self.malformed(name)
