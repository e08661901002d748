"""The generator's only imports from the project: the settings models and the CLI."""

from cli.main import app
from infra.config.base_model import Section
from infra.config.errors import describe
from infra.config.options_model import options_model
from infra.settings.model import Settings
from pipeline.settings import PipelineSettings
from strategies.registry import STRATEGIES, load, section_of

__all__ = [
    "STRATEGIES",
    "PipelineSettings",
    "Section",
    "Settings",
    "app",
    "describe",
    "load",
    "options_model",
    "section_of",
]
