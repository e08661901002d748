"""Resources of an exported state: https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_export/."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from pulumi_state.values import Properties, StateError, expect_shape, open_properties

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
CACHE_POLICY = "aws:cloudfront/cachePolicy:CachePolicy"
ORIGIN_REQUEST_POLICY = "aws:cloudfront/originRequestPolicy:OriginRequestPolicy"
FUNCTION = "aws:cloudfront/function:Function"
STACK = "pulumi:pulumi:Stack"

VERSIONS = (3, 4)
"""Version 4 adds "features" beside the deployment; its resources are those of version 3."""
_OLD_VERSIONS = (1, 2)
_NOT_A_STATE = "not a state of `pulumi stack export`"


@dataclass(frozen=True)
class Resource:
    """One resource; `name` is its Pulumi name, `label` adds the type for messages.

    `is_living`: it is not a component, and neither replaced nor deleted and still to be created again.
    """

    type: str
    urn: str
    id: str
    is_living: bool
    entry: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2] or self.id or self.type

    @property
    def label(self) -> str:
        return f"{self.type.rpartition(':')[2]} {self.name}"

    @cached_property
    def properties(self) -> Properties:
        return self.open(self.label)

    def open(self, label: str) -> Properties:
        """The outputs, or where there are none the inputs, under another label than the resource's own."""
        values: Any = self.entry.get("outputs") or self.entry.get("inputs")
        if values and not isinstance(values, dict):
            raise StateError(f"{label}: its properties are not an object")
        return open_properties(cast("dict[str, Any]", values or {}), label)

    def require(self, name: str) -> Any:
        value = self.properties.get(name)
        if value is None or value == "":
            raise StateError(f"{self.label}: the state has no {name}")
        return value


def parse_state(text: str) -> dict[str, Any]:
    """The state in the text of a file. Errors: StateError."""
    try:
        state = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise StateError(f"{_NOT_A_STATE}: it {where if text.strip() else 'is empty'}") from None
    except RecursionError:
        raise StateError(f"{_NOT_A_STATE}: it is JSON that nests too deeply") from None
    except ValueError as error:  # a number of thousands of digits
        raise StateError(f"{_NOT_A_STATE}: it is JSON with a bad value: {error}") from None
    if not isinstance(state, dict):
        raise StateError(f"{_NOT_A_STATE}: must be a JSON object")
    found = cast("dict[str, Any]", state)
    read_entries(found)
    return found


def read_entries(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The resources as the state has them, each with a urn and a type. Errors: StateError."""
    entries: object = _read_deployment(state).get("resources") or []
    if not isinstance(entries, list) or not all(
        isinstance(one, dict) and "urn" in one and "type" in one for one in cast("list[object]", entries)
    ):
        raise StateError(f"{_NOT_A_STATE}: every resource needs a urn and a type")
    return cast("list[dict[str, Any]]", entries)


def _read_deployment(state: Mapping[str, Any]) -> dict[str, Any]:
    deployment, version = state.get("deployment"), state.get("version")
    is_object = isinstance(deployment, dict)
    if version in VERSIONS and is_object:
        return cast("dict[str, Any]", deployment)
    is_old = is_object and version in _OLD_VERSIONS
    hint = f"; version {version} is of an old CLI: import it with a new one, and export it again" if is_old else ""
    raise StateError(f"{_NOT_A_STATE}: needs version {' or '.join(map(str, VERSIONS))} and a deployment{hint}")


def read_resources(state: Mapping[str, Any]) -> list[Resource]:
    """All resources, in the state's order. Errors: StateError."""
    return [_resource(entry) for entry in read_entries(state)]


def living_resources(state: Mapping[str, Any], resource_type: str) -> list[Resource]:
    """The living resources of a type, in the state's order. Errors: StateError."""
    found = [_resource(entry) for entry in read_entries(state) if entry["type"] == resource_type]
    return [resource for resource in found if resource.is_living]


@expect_shape("the stack's outputs", StateError)
def stack_outputs(state: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs of the stack as they stand; {} where it was never updated to the end."""
    found = [entry for entry in read_entries(state) if entry["type"] == STACK]
    return dict(found[0].get("outputs") or {}) if found else {}


@expect_shape("a pending operation", StateError)
def pending_operations(state: Mapping[str, Any]) -> list[tuple[Resource, str]]:
    """The resources whose update was cut off, each with the operation, such as "creating"."""
    pending: list[Any] = _read_deployment(state).get("pending_operations") or []
    return [(_resource(one["resource"]), str(one.get("type") or "unknown")) for one in pending]


def _resource(entry: Mapping[str, Any]) -> Resource:
    is_living = entry.get("custom", True) and not (entry.get("delete") or entry.get("pendingReplacement"))
    return Resource(str(entry["type"]), str(entry.get("urn") or ""), str(entry.get("id") or ""), bool(is_living), entry)
