"""The components of the package: what each is, its inputs beside the settings, and its outputs with their types."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from infra.inputs.deferrable import DEFERRABLE

from .properties import PACKAGE
from .types import Types

TEXT = {"type": "string"}
NAMED_TEXT = {"type": "object", "additionalProperties": TEXT}
LIST = {"type": "array", "items": TEXT}
NAME_PREFIX = {
    "namePrefix": {
        "description": "Begins the names of the resources at AWS. By default project, stack and the component's name.",
        "type": "string",
        "plain": True,
    }
}


@dataclass(frozen=True)
class Output:
    """An output: its type, what it is, and whether every component has it."""

    type: Mapping[str, Any]
    description: str
    is_always_there: bool = False


@dataclass(frozen=True)
class Component:
    """A component that has the settings as inputs, but for those `without`."""

    name: str
    description: str
    outputs: Mapping[str, Output]
    without: Set[str] = frozenset()

    @property
    def token(self) -> str:
        """The type token."""
        return f"{PACKAGE}:index:{self.name}"

    def spec(self, types: Types) -> dict[str, Any]:
        """Return the component as a resource of the schema."""
        properties = {
            name: one for name, one in types.settings["properties"].items() if name not in self.without
        } | NAME_PREFIX
        return {
            "isComponent": True,
            "description": self.description,
            "inputProperties": properties,
            "requiredInputs": [name for name in types.settings["required"] if name in properties],
            "properties": {name: {"description": one.description, **one.type} for name, one in self.outputs.items()},
            "required": [name for name, one in self.outputs.items() if one.is_always_there],
        }


_SETTINGS_OUTPUTS = {
    "strategy": Output(TEXT, "The strategy.", True),
    "canaryPercent": Output(
        {"type": "number"}, "The percentage of the settings; a rollout may have changed it since.", True
    ),
    "release": Output(TEXT, "The release of the settings.", True),
    "pin": Output(TEXT, "The pin of the settings.", True),
}
_PARTS_OUTPUTS = {
    "tableNames": Output(LIST, "Names of the strategies' tables at AWS.", True),
    "functionArn": Output(TEXT, "ARN of the router's version, for the trigger origin-request."),
    "functionVersion": Output(TEXT, "That version."),
    "viewerFunctionArn": Output(TEXT, "ARN of the CloudFront Function at viewer-request."),
    "rewritingFunctionArn": Output(TEXT, "ARN of the CloudFront Function at viewer-response."),
    "keyValueStoreArn": Output(TEXT, "ARN of the key-value store of the CloudFront Function."),
    "originPolicies": Output(
        NAMED_TEXT, "Policies in JSON that let CloudFront ask private origins, by bucket or function ARN."
    ),
    "controlTable": Output(TEXT, "Name of the control table, with `control: live`."),
    "controllerFunction": Output(TEXT, "Name of the rollout controller's function, with `rollout`."),
    "rolloutTopic": Output(TEXT, "ARN of the topic of rollouts, with `rollout`."),
    "validatorFunction": Output(TEXT, "Name of the validator's function, with `validator.function`."),
    "alarmTopic": Output(TEXT, "ARN of the topic of alarms, with `alarms`."),
}
EDGE_ROUTER = Component(
    "EdgeRouter",
    "A distribution of Amazon CloudFront whose requests a pluggable strategy sends to a stable or a canary origin: with"
    " the router on Lambda@Edge, tables, policies, and whatever else the settings ask for.",
    {
        "domain": Output(TEXT, "Domain name of the distribution.", True),
        "distributionId": Output(TEXT, "ID of the distribution.", True),
        "cachedPaths": Output(NAMED_TEXT, "Digests of what decides about the cached responses, by path.", True),
        **_PARTS_OUTPUTS,
        **_SETTINGS_OUTPUTS,
    },
)
CANARY_ROUTING = Component(
    "CanaryRouting",
    "The same routing for a distribution that the program defines itself: the function, its associations, policies and"
    " origins as outputs.",
    {**_PARTS_OUTPUTS, **_SETTINGS_OUTPUTS},
)


def deferrable() -> Set[tuple[str, ...]]:
    """Return the paths that may be Outputs which preview does not know."""
    return {tuple(path.split(".")) for path in DEFERRABLE}
