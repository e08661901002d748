"""The pipeline's stack as Pulumi gives it to the program in pipeline/; mistakes end it without a traceback."""

from __future__ import annotations

import os

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from infra.config.errors import SettingsError
from infra.config.provider import missing_region_error
from infra.naming.resource_names import Name, length_errors
from pipeline.delivery import Pipeline
from pipeline.settings import PipelineSettings, load_pipeline_settings


def pipeline() -> Pipeline:
    """The pipeline of the selected stack; pulumi.RunError says what is wrong."""
    config = {key: str(value) for key, value in CONFIG.get().items()}
    secret_keys = [key for key in config if is_config_secret(key)]
    try:
        if text := missing_region_error(config, os.environ):
            raise SettingsError([text])
        settings = load_pipeline_settings(config, pulumi.get_project(), secret_keys)
        prefix = f"{settings.project}-{pulumi.get_stack()}"
        refuse_long_names(settings, prefix)
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    return Pipeline("pipeline", prefix, settings)


def refuse_long_names(settings: PipelineSettings, prefix: str) -> None:
    """SettingsError for names that AWS would refuse."""
    names = [Name("bucket", f"{prefix}-{'1' * 12}"), Name("role", prefix)]
    names += [Name("role", f"{prefix}-{target.stack}") for target in (settings.staging, settings.prod)]
    problems = length_errors(names)
    if prefix != prefix.lower() or "_" in prefix:
        problems.append(
            f"the bucket of the artifacts would be called '{prefix}-<account>': S3 takes lower case, digits and -."
            " Rename the project or the stack"
        )
    if problems:
        raise SettingsError(problems)
