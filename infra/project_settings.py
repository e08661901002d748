"""The settings of the Pulumi projects beside the main one, pipeline/ and demo/hosts/."""

from __future__ import annotations

import json
import os
from collections.abc import Container, Mapping
from typing import cast

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret
from pydantic import ValidationError

from infra.config.base_model import Model
from infra.config.errors import SettingsError, format_errors
from infra.config.provider import missing_region_error


def read_settings(model: type[Model]) -> Model:
    """Read the selected stack's settings while its program runs; SettingsError with every mistake."""
    config = {key: str(value) for key, value in CONFIG.get().items()}
    if text := missing_region_error(config, os.environ):
        raise SettingsError([text])
    return parse_settings(model, config, pulumi.get_project(), [key for key in config if is_config_secret(key)])


def parse_settings(
    model: type[Model], config: Mapping[str, str], project: str, secret_keys: Container[str] = ()
) -> Model:
    """Parse a config as the engine gives it to a program; SettingsError with every mistake.

    `secret_keys` are the full keys whose values no message may show.
    """
    prefix = f"{project}:"
    raw = {key.removeprefix(prefix): _decode(value) for key, value in config.items() if key.startswith(prefix)}
    secrets = {key for key in raw if f"{prefix}{key}" in secret_keys}
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise SettingsError(format_errors(error, project, raw, secrets)) from None


def _decode(value: str) -> object:
    """Decode objects and lists, which come as JSON; anything else is for its field to validate."""
    if value[:1] in ("{", "["):
        try:
            return cast("object", json.loads(value))
        except (ValueError, RecursionError):
            return value
    return value
