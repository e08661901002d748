"""The components for any Pulumi program: settings as inputs, plain or as Outputs; resources and typed outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from infra.config.base_model import validate
from infra.config.errors import SettingsError
from infra.edge_router import EdgeRouter
from infra.naming.resource_names import length_errors
from infra.program import build
from infra.settings.model import Settings
from infra.settings.stack import Stack

INPUTS = "inputs."
"""Begins the name of a setting in messages, as Pulumi's SDKs call what a program gives to a component."""
NAME_PREFIX = "namePrefix"
"""The one input that is no setting of a stack file."""


class InputsError(SettingsError, pulumi.RunError):
    """Invalid inputs of a component, each by its property path; a program ends with them without a traceback."""


def create_edge_router(
    name: str, inputs: Mapping[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions | None = None
) -> EdgeRouter:
    """Create what the program creates for a stack file with these settings; InputsError with every mistake."""
    given = {key: value for key, value in inputs.items() if key != NAME_PREFIX}
    prefix = inputs.get(NAME_PREFIX) or f"{pulumi.get_project()}-{pulumi.get_stack()}-{name}"
    try:
        settings = validate(Settings, given, INPUTS)
        stack = Stack(pulumi.get_project(), pulumi.get_stack(), settings, name, str(prefix), INPUTS)
        if errors := length_errors(stack.short_names()):
            raise SettingsError(errors)
    except SettingsError as error:
        raise InputsError(error.errors) from None
    return EdgeRouter(name, build(stack), opts)
