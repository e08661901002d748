"""The settings of the Pulumi projects beside the main one, pipeline/ and demo/hosts/."""

from __future__ import annotations

import os

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from infra.config.base_model import Model, parse_settings
from infra.config.errors import SettingsError
from infra.config.provider import missing_region_error


def read_settings(model: type[Model]) -> Model:
    """Read the selected stack's settings while its program runs; SettingsError with every mistake."""
    config = {key: str(value) for key, value in CONFIG.get().items()}
    if text := missing_region_error(config, os.environ):
        raise SettingsError([text])
    return parse_settings(model, config, pulumi.get_project(), [key for key in config if is_config_secret(key)])
