"""The generator's only imports from the project: the settings models and the CLI."""

from infra.options_model import options_model
from infra.problems import words
from infra.section import Section
from infra.settings import Settings
from infra.settings_pipeline import PipelineSettings
from operations.main import app
from strategies.registry import STRATEGIES, load, section_of

__all__ = [
    "STRATEGIES",
    "PipelineSettings",
    "Section",
    "Settings",
    "app",
    "load",
    "options_model",
    "section_of",
    "words",
]
