"""Reads resources out of a state of the shape of `pulumi stack export`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from simulator.cloudfront.errors import StateError

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  the mark that Pulumi puts on secret values, no secret itself
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@dataclass(frozen=True)
class Resource:
    """One resource: `label` is what messages call it, `properties` its outputs with secrets opened."""

    type: str
    id: str
    label: str
    properties: dict[str, Any]

    def required(self, name: str) -> Any:
        value = self.properties.get(name)
        if value is None or value == "":
            raise StateError(f"{self.label}: the state has no {name}")
        return value


def resources(state: dict[str, Any], resource_type: str) -> list[Resource]:
    """All living resources of a type, in the state's order.

    Raises StateError where the state is no export, or a value in a resource of that type is an encrypted secret.
    """
    deployment = state.get("deployment")
    if not isinstance(deployment, dict) or not isinstance(deployment.get("resources", []), list):
        raise StateError('this is no state of `pulumi stack export`: there is no "deployment" with "resources"')
    entries = deployment.get("resources", [])
    return [_resource(entry) for entry in entries if entry.get("type") == resource_type and not entry.get("delete")]


def _resource(entry: dict[str, Any]) -> Resource:
    urn = str(entry.get("urn", ""))
    label = f"{entry['type'].rpartition(':')[2]} {urn.rpartition('::')[2] or entry.get('id', '?')}"
    properties = _opened(entry.get("outputs") or entry.get("inputs") or {}, label)
    return Resource(entry["type"], str(entry.get("id") or ""), label, properties)


def _opened(value: Any, label: str) -> Any:
    """The value with every secret replaced by its plaintext."""
    if isinstance(value, list):
        return [_opened(item, label) for item in value]
    if not isinstance(value, dict):
        return _known(value, label)
    if value.get(_SIGNATURE) != _SECRET:
        return {key: _opened(item, label) for key, item in value.items()}
    if "plaintext" in value:
        return json.loads(value["plaintext"])
    if "value" in value:
        return _opened(value["value"], label)
    raise StateError(
        f"{label}: the state holds an encrypted secret; export it with `pulumi stack export --show-secrets`"
    )


def _known(value: Any, label: str) -> Any:
    if value == _UNKNOWN:
        raise StateError(f"{label}: the state holds a value that is not known yet; deploy the stack, then export it")
    return value
