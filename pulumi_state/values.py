"""Values of a state: secrets in plain text are opened; encrypted and unknown ones are errors for their readers only."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Generator, ItemsView, ValuesView
from typing import Any, Final, cast

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The key that marks an object as a special value (pulumi sdk/go/common/resource/sig)."""
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  the mark of a secret, no secret itself
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value, of any type, that is known after the update."""

_ENCRYPTED = "is an encrypted secret: export the state with `pulumi stack export --show-secrets`"
NOT_KNOWN = "is not known yet: deploy the stack, then export its state"
_SHAPE_ERRORS = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)


class StateError(ValueError):
    """A state that cannot be read, or that has what its reader does not handle. The message names the resource."""


@contextlib.contextmanager
def expect_shape(what: str, kind: type[Exception]) -> Generator[None]:
    """Inside, or around a function, raise what a reader of `what` trips over as an error of this kind."""
    try:
        yield
    except kind:
        raise
    except StateError as error:  # it says what is wrong
        raise kind(str(error)) from error
    except _SHAPE_ERRORS as error:
        found = f"{type(error).__name__}: {error}"
        raise kind(f"{what} of the state is not of the shape that `pulumi stack export` writes ({found})") from error


def objects_in(value: object) -> list[dict[str, Any]]:
    """Return the objects in a list; none for what is not a list."""
    listed = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", one) for one in listed if isinstance(one, dict)]


class Hidden:
    """An encrypted or unknown value. `path` is the property, `how` the reason and what shows the value."""

    def __init__(self, path: str, how: str) -> None:
        self.path, self.how = path, how

    def __repr__(self) -> str:
        return f"[{self.path} {self.how}]"


class Properties(dict[str, Any]):
    """An object of a state, without nulls. Reading a hidden value is a StateError that names the property."""

    def __init__(self, label: str, values: dict[str, Any]) -> None:
        super().__init__(values)
        self._label = label

    def __getitem__(self, key: str) -> Any:
        return self._visible(super().__getitem__(key))

    def get(self, key: str, default: Any = None) -> Any:
        return self._visible(super().get(key, default))

    def values(self) -> ValuesView[Any]:  # type: ignore[override]  dict has views of its own
        return {key: self[key] for key in self}.values()

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        return {key: self[key] for key in self}.items()

    def unguard(self) -> dict[str, Any]:
        """A copy in which a hidden value is its Hidden."""
        return {key: _unguard(value) for key, value in super().items()}

    def _visible(self, value: object) -> Any:
        """The value; a list is hidden where one of its items is."""
        if isinstance(value, Hidden):
            raise StateError(f"{self._label}: {value.path} {value.how}")
        for item in cast("list[Any]", value) if isinstance(value, list) else ():
            self._visible(item)
        return cast("Any", value)


def _unguard(value: Any) -> Any:
    if isinstance(value, list):
        return [_unguard(item) for item in cast("list[Any]", value)]
    return value.unguard() if isinstance(value, Properties) else value


def open_properties(properties: dict[str, Any], label: str) -> Properties:
    """The properties of a resource that messages call `label`."""
    opened = {key: _open(value, key, label) for key, value in properties.items() if value is not None}
    return Properties(label, opened)


def _open(value: Any, path: str, label: str) -> Any:
    if isinstance(value, list):
        return [_open(item, f"{path}[{index}]", label) for index, item in enumerate(cast("list[Any]", value))]
    if not isinstance(value, dict):
        return Hidden(path, NOT_KNOWN) if value == UNKNOWN else value
    given = cast("dict[str, Any]", value)
    if given.get(SIGNATURE) != SECRET:
        opened = {key: _open(item, f"{path}.{key}", label) for key, item in given.items() if item is not None}
        return Properties(label, opened)
    if "value" in given:
        return _open(given["value"], path, label)
    try:
        return _open(json.loads(given["plaintext"]), path, label)
    except (KeyError, TypeError, ValueError):
        return Hidden(path, _ENCRYPTED)
