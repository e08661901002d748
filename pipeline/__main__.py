"""The pipeline's Pulumi program: settings in, the pipeline wired, outputs exported."""

import sys
from pathlib import Path

import pulumi

# Pulumi puts the folder of the program first, and the packages are in the one above.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from infra.config.errors import SettingsError
from infra.project_settings import read_settings
from pipeline.delivery import Pipeline
from pipeline.settings import PipelineSettings, check_names

try:
    settings = read_settings(PipelineSettings)
    prefix = f"{settings.project}-{pulumi.get_stack()}"
    check_names(settings, prefix)
except SettingsError as error:
    raise pulumi.RunError(str(error)) from None
for name, value in Pipeline("pipeline", prefix, settings).outputs.items():
    pulumi.export(name, value)
