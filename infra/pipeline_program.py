"""The pipeline's stack as Pulumi gives it to the program in pipeline/; mistakes end it without a traceback."""

from __future__ import annotations

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from infra.pipeline import Pipeline
from infra.problems import SettingsError
from infra.settings_pipeline import load_pipeline_settings


def pipeline() -> Pipeline:
    """The pipeline of the selected stack; pulumi.RunError says what is wrong."""
    config = {key: str(value) for key, value in CONFIG.get().items()}
    secret_keys = [key for key in config if is_config_secret(key)]
    try:
        settings = load_pipeline_settings(config, pulumi.get_project(), secret_keys)
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    return Pipeline("pipeline", f"{settings.project}-{pulumi.get_stack()}", settings)
