"""The components for any Pulumi program: settings as inputs, plain or as Outputs; resources and typed outputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.settings import get_root_directory

from infra.canary_routing import DISTRIBUTION_ID, CanaryRouting, distribution_errors
from infra.edge_router import EdgeRouter
from infra.inputs.reading import START, InputsError, read_inputs
from infra.naming.resource_names import prefix_error

NAME_PREFIX = "namePrefix"
"""The input that is no setting of a stack file: the beginning of physical names."""


def create_edge_router(
    name: str, inputs: Mapping[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions | None = None
) -> EdgeRouter:
    """Create what the program creates for a stack file with these settings.

    Errors: InputsError with every mistake, at once or as soon as an Output is known; pulumi.RunError for a package that
    cannot be built and for a distribution that would leak.
    """
    given = dict(inputs)
    prefix = _prefix(given.pop(NAME_PREFIX, None))
    return EdgeRouter(name, read_inputs(name, prefix, given), project_directory(), opts)


def create_canary_routing(
    name: str, inputs: Mapping[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions | None = None
) -> CanaryRouting:
    """Create all but the distribution and what belongs to it, and reject the settings that are about those.

    The input distributionId is for alarms and policies, once the caller's distribution exists. Errors are as of
    create_edge_router.
    """
    given = dict(inputs)
    prefix, distribution_id = _prefix(given.pop(NAME_PREFIX, None)), given.pop(DISTRIBUTION_ID, None)
    values = read_inputs(name, prefix, given)
    if errors := [*distribution_errors(values.stack, is_known=distribution_id is not None)]:
        raise InputsError(errors)
    return CanaryRouting(name, values, project_directory(), distribution_id, opts)


def _prefix(given: object) -> str:
    """Return the input namePrefix, "" where there is none."""
    if given is None:
        return ""
    if not isinstance(given, str):
        raise InputsError([f"{START}{NAME_PREFIX} has to be plain text: resources are named after it"])
    if text := prefix_error(given):
        raise InputsError([f"{START}{NAME_PREFIX} {text}"])
    return given


def project_directory() -> Path:
    """Return the folder of the caller's program, where its engine runs: paths in its state are relative to it.

    Pulumi starts programs and their plugins there. The stand-in runs a program of any folder in a process of its own.
    """
    here, root = Path.cwd(), get_root_directory()
    return here if not root or here.is_relative_to(root) else Path(root)
