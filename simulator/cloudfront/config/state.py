"""Reads resources out of a state of the shape of `pulumi stack export`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.cloudfront.config.state_values import Properties, open_properties
from simulator.cloudfront.http.errors import StateError


@dataclass(frozen=True)
class Resource:
    """One resource: `label` is what messages call it, `properties` its outputs with secrets opened.

    What is sealed in them is a StateError for who reads it, and for nobody else.
    """

    type: str
    id: str
    label: str
    properties: Properties

    def required(self, name: str) -> Any:
        value = self.properties.get(name)
        if value is None or value == "":
            raise StateError(f"{self.label}: the state has no {name}")
        return value


def resources(state: dict[str, Any], resource_type: str) -> list[Resource]:
    """All living resources of a type, in the state's order.

    Components, and what is replaced or gone and not yet made anew, do not live. Raises StateError where the state is
    no export.
    """
    deployment = state.get("deployment")
    if not isinstance(deployment, dict) or not isinstance(deployment.get("resources", []), list):
        raise StateError('this is no state of `pulumi stack export`: there is no "deployment" with "resources"')
    entries = deployment.get("resources", [])
    return [_resource(entry) for entry in entries if entry.get("type") == resource_type and _lives(entry)]


def _lives(entry: dict[str, Any]) -> bool:
    return entry.get("custom", True) and not (entry.get("delete") or entry.get("pendingReplacement"))


def _resource(entry: dict[str, Any]) -> Resource:
    urn = str(entry.get("urn", ""))
    label = f"{entry['type'].rpartition(':')[2]} {urn.rpartition('::')[2] or entry.get('id', '?')}"
    properties = open_properties(entry.get("outputs") or entry.get("inputs") or {}, label)
    return Resource(entry["type"], str(entry.get("id") or ""), label, properties)
