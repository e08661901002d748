"""The components for any Pulumi program, from inputs that are plain or Outputs; the program's own from its config."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret
from pulumi.runtime.settings import get_root_directory

from infra.canary_routing import CanaryRouting
from infra.config.aws_regions import opt_in_warning
from infra.config.errors import SettingsError
from infra.config.provider import missing_region_error, provider_region
from infra.edge_router import EdgeRouter
from infra.inputs.deferrable import StackValues, apply
from infra.inputs.reading import InputsError, read_inputs
from infra.inputs.refused import (
    DISTRIBUTION_ID,
    NAME_PREFIX,
    check_distribution_id,
    check_prefix,
    distribution_errors,
)
from infra.naming.resource_names import OWN_COMPONENT
from infra.package.bundle import ROOT
from infra.settings.stack import Stack, load_stack, refuse_demo


def create_edge_router(
    name: str, inputs: Mapping[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions | None = None
) -> EdgeRouter:
    """Create what the program creates for a stack file with these settings.

    Errors: InputsError with every mistake, at once or as soon as an Output is known; pulumi.RunError for a package that
    cannot be built and for a distribution that would leak.
    """
    given = dict(inputs)
    prefix = check_prefix(given.pop(NAME_PREFIX, None))
    return EdgeRouter(name, read_inputs(name, prefix, given), project_directory(), opts)


def create_canary_routing(
    name: str, inputs: Mapping[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions | None = None
) -> CanaryRouting:
    """Create all but the distribution and what belongs to it, and reject the settings that are about those.

    The input distributionId is for alarms and policies, once the caller's distribution exists. Errors are as of
    create_edge_router.
    """
    given = dict(inputs)
    prefix, given_id = check_prefix(given.pop(NAME_PREFIX, None)), given.pop(DISTRIBUTION_ID, None)
    distribution_id = None if given_id is None else apply(given_id, check_distribution_id)
    values = read_inputs(name, prefix, given)
    if errors := [*distribution_errors(values.stack, is_known=distribution_id is not None)]:
        raise InputsError(errors)
    return CanaryRouting(name, values, project_directory(), distribution_id, opts)


def project_directory() -> Path:
    """Return the folder of the caller's program, where its engine runs: paths in its state are relative to it.

    Pulumi starts programs and their plugins there. The stand-in runs a program of any folder in a process of its own.
    """
    here, root = Path.cwd(), get_root_directory()
    return here if not root or here.is_relative_to(root) else Path(root)


def create_from_config(opts: pulumi.ResourceOptions | None = None) -> EdgeRouter:
    """Create the component with the selected stack's config as its inputs; pulumi.RunError with all errors."""
    config = {key: str(value) for key, value in CONFIG.get().items()}
    try:
        stack = _load_stack(config, [key for key in config if is_config_secret(key)])
        stack.reject_shared_aliases(ROOT)
        refuse_demo(stack)
        router = EdgeRouter(OWN_COMPONENT, StackValues.plain(stack), ROOT, opts)
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    if warning := opt_in_warning("aws:region", provider_region(config, os.environ)):
        pulumi.log.warn(warning)
    return router


def _load_stack(config: Mapping[str, str], secret_keys: Sequence[str]) -> Stack:
    """Load the selected stack; SettingsError with all errors, a provider without a Region among them."""
    text = missing_region_error(config, os.environ)
    errors = [text] if text else []
    try:
        stack = load_stack(config, pulumi.get_stack(), pulumi.get_project(), secret_keys)
    except SettingsError as error:
        raise SettingsError(errors + error.errors) from None
    if errors:
        raise SettingsError(errors)
    return stack
