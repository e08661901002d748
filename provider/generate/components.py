"""The components of the package: what each is, its inputs beside the settings, and its outputs with their types."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any, NotRequired, cast, get_args, get_origin, get_type_hints, is_typeddict

from docs.generate.docstrings import attributes
from infra.inputs.deferrable import DEFERRABLE
from infra.inputs.refused import ABOUT_THE_DISTRIBUTION, DISTRIBUTION_ID, NAME_PREFIX
from infra.outputs import CanaryRoutingOutputs, EdgeRouterOutputs, RoutingOutputs

from .properties import PACKAGE, PRIMITIVES, reference
from .types import Types, describe

_NAME_PREFIX = {
    NAME_PREFIX: {
        "description": "Begins the names of the resources at AWS. By default project, stack and the component's name.",
        "type": "string",
        "plain": True,
    }
}
_DISTRIBUTION_ID = {
    DISTRIBUTION_ID: {
        "description": "ID of the distribution, where it is known already: for alarms and policies of private origins.",
        "type": "string",
    }
}


@dataclass(frozen=True)
class Component:
    """A component. Its inputs are the settings but for those `without`, and those `besides`."""

    name: str
    description: str
    outputs: type
    besides: Mapping[str, Any] = field(default_factory=lambda: _NAME_PREFIX)
    without: Set[str] = frozenset()

    @property
    def token(self) -> str:
        """The type token."""
        return f"{PACKAGE}:index:{self.name}"

    def spec(self, types: Types) -> dict[str, Any]:
        """Return the component as a resource of the schema, and add the types of its outputs."""
        settings = types.settings["properties"]
        properties = {name: one for name, one in settings.items() if name not in self.without} | dict(self.besides)
        return {
            "isComponent": True,
            "description": self.description,
            "inputProperties": properties,
            "requiredInputs": types.settings["required"],
            **_outputs(self.outputs, types.found),
        }


EDGE_ROUTER = Component(
    "EdgeRouter",
    "A distribution of Amazon CloudFront whose requests a pluggable strategy sends to a stable or a canary origin: with"
    " the router on Lambda@Edge, tables, policies, and whatever else the settings ask for.",
    EdgeRouterOutputs,
)
CANARY_ROUTING = Component(
    "CanaryRouting",
    "The same routing for a distribution that the program defines itself: its origins, the functions' associations and"
    " the policies are outputs.",
    CanaryRoutingOutputs,
    besides=_NAME_PREFIX | _DISTRIBUTION_ID,
    without=frozenset(path for path in ABOUT_THE_DISTRIBUTION if "." not in path),
)


def deferrable() -> Set[tuple[str, ...]]:
    """Return the paths that may be Outputs which preview does not know."""
    return {tuple(path.split(".")) for path in DEFERRABLE}


def output_hints(record: type) -> dict[str, Any]:
    """Return the types of a TypedDict's keys, those that may be missing as NotRequired."""
    return get_type_hints(record, include_extras=True)


def meanings(record: type) -> dict[str, str]:
    """Return the meanings of a TypedDict's keys, which has no docstring of those that both components have."""
    known = attributes(RoutingOutputs) | attributes(record)
    return {name: known[name] for name in output_hints(record)}


def _outputs(record: type, types: dict[str, dict[str, Any]]) -> dict[str, Any]:
    texts, hints = meanings(record), output_hints(record)
    return {
        "properties": {name: {"description": texts[name], **_type(hint, types)} for name, hint in hints.items()},
        "required": [name for name, hint in hints.items() if get_origin(hint) is not NotRequired],
    }


def _type(hint: Any, types: dict[str, dict[str, Any]]) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is NotRequired:
        return _type(arguments[0], types)
    if origin is list:
        return {"type": "array", "items": _type(arguments[0], types)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _type(arguments[1], types)}
    if is_typeddict(hint):
        record = cast("type", hint)
        types[f"{PACKAGE}:index:{record.__name__}"] = {
            "description": describe(record),
            "type": "object",
            **_outputs(record, types),
        }
        return reference(record.__name__)
    return {"type": PRIMITIVES[hint]}
