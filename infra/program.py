"""The stack of a Pulumi run from its config; errors end the program without a traceback."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from infra.config.aws_regions import opt_in_warning
from infra.config.errors import SettingsError
from infra.config.provider import missing_region_error, provider_region
from infra.edge_router import EdgeRouter
from infra.inputs.values import StackValues
from infra.naming.resource_names import OWN_COMPONENT
from infra.package.bundle import ROOT
from infra.settings.stack import Stack, load_stack, refuse_demo


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
