"""Properties of a resource in a state: secrets in plain text opened; who needs one that is sealed is told its name."""

from __future__ import annotations

import json
from collections.abc import ItemsView, ValuesView
from typing import Any

from simulator.cloudfront.http.errors import StateError

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  the mark that Pulumi puts on secret values, no secret itself
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SEALED = "is an encrypted secret: export the state with `pulumi stack export --show-secrets`"
_NOT_KNOWN = "is not known yet: deploy the stack, then export its state"


class _Hidden:
    """A value that the state keeps back."""

    def __init__(self, path: str, how: str) -> None:
        self.path, self.how = path, how


class Properties(dict[str, Any]):
    """A dict whose hidden values nobody minds but who reads them: StateError names the property."""

    def __init__(self, label: str, values: dict[str, Any]) -> None:
        super().__init__(values)
        self._label = label

    def __getitem__(self, key: str) -> Any:
        return self._seen(super().__getitem__(key))

    def get(self, key: str, default: Any = None) -> Any:
        return self._seen(super().get(key, default))

    def values(self) -> ValuesView[Any]:
        return {key: self[key] for key in self}.values()

    def items(self) -> ItemsView[str, Any]:
        return {key: self[key] for key in self}.items()

    def _seen(self, value: Any) -> Any:
        if isinstance(value, _Hidden):
            raise StateError(f"{self._label}: {value.path} {value.how}")
        return value


def open_properties(properties: dict[str, Any], label: str) -> Properties:
    """The properties of a resource that messages call `label`."""
    return Properties(label, {key: _open(value, key, label) for key, value in properties.items()})


def _open(value: Any, path: str, label: str) -> Any:
    if isinstance(value, list):
        items = [_open(item, f"{path}[{index}]", label) for index, item in enumerate(value)]
        return next((item for item in items if isinstance(item, _Hidden)), items)
    if not isinstance(value, dict):
        return _Hidden(path, _NOT_KNOWN) if value == _UNKNOWN else value
    if value.get(_SIGNATURE) != _SECRET:
        return Properties(label, {key: _open(item, f"{path}.{key}", label) for key, item in value.items()})
    if "value" in value:
        return _open(value["value"], path, label)
    try:
        return _open(json.loads(value["plaintext"]), path, label)
    except (KeyError, TypeError, ValueError):
        return _Hidden(path, _SEALED)
