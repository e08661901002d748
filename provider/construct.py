"""Builds components for programs in other languages: inputs as settings, and every mistake by its property."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pulumi
from pulumi.errors import InputPropertiesError, InputPropertyErrorDetails
from pulumi.output import Unknown
from pulumi.provider import ConstructResult, Provider

from infra.config.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA_FILE = Path(__file__).with_name("schema.json")
COMPONENTS = {
    "edge-router:index:EdgeRouter": "create_edge_router",
    "edge-router:index:CanaryRouting": "create_canary_routing",
}
"""The functions of infra.component by the type of what they create."""

_PROPERTY = re.compile(r'inputs(?:\.[\w-]+|\[\d+\]|\["(?:[^"\\]|\\.)*"\])*')


class ComponentProvider(Provider):
    """The components of infra.component. It keeps nothing of one Construct for the next."""

    def __init__(self) -> None:
        schema = SCHEMA_FILE.read_text(encoding="utf-8")
        super().__init__(json.loads(schema)["version"], schema)

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Mapping[str, Any],
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Build a component; InputPropertiesError with every mistake in its inputs."""
        from infra import component  # here, for it imports pulumi_aws, and most calls only ask for the schema

        if resource_type not in COMPONENTS:
            known = ", ".join(COMPONENTS)
            raise InputPropertiesError(f"{resource_type!r} is not a component of this package. Allowed: {known}", [])
        create = getattr(component, COMPONENTS[resource_type])
        settings = {key: with_outputs(value) for key, value in inputs.items()}
        try:
            made = create(name, settings, options)
        except (SettingsError, pulumi.RunError) as error:
            raise property_errors(error) from None
        return ConstructResult(made.urn, made.outputs)


def with_outputs(value: Any) -> Any:
    """Return an input with Outputs for what is unknown, as an engine sends it that knows no output values.

    Keys are in order: an object has none on its way here, and what is made of it has to be the same every time.
    """
    if isinstance(value, Unknown):
        return pulumi.Output.from_input(value)
    if isinstance(value, dict):
        return {key: with_outputs(item) for key, item in sorted(cast("dict[str, Any]", value).items())}
    if isinstance(value, list):
        return [with_outputs(item) for item in cast("list[Any]", value)]
    return value


def property_errors(error: Exception) -> InputPropertiesError:
    """Return the error as the engine prints it: what is wrong by property, and what belongs to none in the message."""
    lines = error.errors if isinstance(error, SettingsError) else []
    found = {line: _PROPERTY.match(line) for line in lines}
    details: list[InputPropertyErrorDetails] = [
        {"property_path": path[0], "reason": line.removeprefix(path[0]).strip()} for line, path in found.items() if path
    ]
    message = str(error)
    if details:
        heading = message.partition("\n")[0]
        message = "\n".join([heading, *(f"  {line}" for line, path in found.items() if not path)])
    return InputPropertiesError(message, details)
