"""Documents of the rollout item: dataclasses that are written as JSON, and read again with every field checked."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self, TypeVar, cast

Reader = Callable[[Any], Any]
"""Returns the value of a field; ValueError where it is malformed, FieldError where a field inside it is."""
Entry = TypeVar("Entry")


class FieldError(ValueError):
    """A field that is missing or malformed; the text has its path and quotes no value."""


@dataclass(frozen=True)
class Document:
    """Base of the dataclasses. `READERS` are by attribute; a key is the attribute in camelCase unless `KEYS` has it.

    `ADDED` are attributes that documents of an earlier version lack: the default then.
    """

    READERS: ClassVar[Mapping[str, Reader]] = {}
    KEYS: ClassVar[Mapping[str, str]] = {}
    ADDED: ClassVar[Container[str]] = ()

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Read an object; other keys are ignored."""
        values = _check(document, isinstance(document, Mapping))
        names = [name for name in cls.READERS if name not in cls.ADDED or cls._key(name) in values]
        return cls(**{name: _read(values, cls._key(name), cls.READERS[name]) for name in names})

    def to_json(self) -> dict[str, Any]:
        """Return the document as plain JSON."""
        return {self._key(field.name): _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def _key(cls, attribute: str) -> str:
        first, *others = attribute.split("_")
        return cls.KEYS.get(attribute, first + "".join(map(str.capitalize, others)))


def text(value: Any) -> str:
    """Read a string."""
    return _check(value, isinstance(value, str))


def flag(value: Any) -> bool:
    """Read a Boolean."""
    return _check(value, isinstance(value, bool))


def one_of(allowed: Container[str]) -> Callable[[Any], str]:
    """Make a reader of one of these strings."""
    return lambda value: _check(value, isinstance(value, str) and value in allowed)


def count(least: int = 0) -> Callable[[Any], int]:
    """Make a reader of integers from `least` on."""
    return lambda value: _check(value, type(value) is int and value >= least)


def number(least: float, most: float) -> Callable[[Any], float]:
    """Make a reader of numbers within these limits."""
    return lambda value: _check(value, type(value) in (int, float) and least <= value <= most)


def read_list(read: Callable[[Any], Entry]) -> Callable[[Any], tuple[Entry, ...]]:
    """Make a reader of lists."""
    return lambda value: tuple(map(read, _check(value, isinstance(value, list))))


def read_map(read: Callable[[Any], Entry]) -> Callable[[Any], dict[str, Entry]]:
    """Make a reader of objects whose keys are free."""
    return lambda value: {key: _read(value, key, read) for key in _check(value, isinstance(value, Mapping))}


def _read(values: Mapping[str, Any], key: str, read: Callable[[Any], Entry]) -> Entry:
    if key not in values:
        raise FieldError(f"{key} is missing")
    try:
        return read(values[key])
    except FieldError as error:
        raise FieldError(f"{key}.{error}") from None
    except ValueError:
        raise FieldError(f"{key} is malformed") from None


def _check(value: Any, is_valid: bool) -> Any:
    if not is_valid:
        raise ValueError
    return value


def _plain(value: object) -> Any:
    if isinstance(value, Document):
        return value.to_json()
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in cast("Mapping[str, object]", value).items()}
    return [_plain(entry) for entry in cast("tuple[object, ...]", value)] if isinstance(value, tuple) else value
