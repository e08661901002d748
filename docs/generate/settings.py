"""Renders the tables of settings."""

from __future__ import annotations

import re

from infra.settings.model import Settings
from pipeline.settings import PipelineSettings

from .allowed import allowed, is_required
from .keys import Key, tables
from .pages import code, table

COLUMNS = ["key", "type", "default", "allowed", "meaning"]

_MARKDOWN = re.compile(r"[\\`*_<\[\]]")


def settings_table(name: str) -> str:
    """Render the table of a section, a strategy or a project."""
    model = PipelineSettings if name == "pipeline" else Settings
    return table(COLUMNS, [_row(key, model) for key in tables()[name]])


def _row(key: Key, model: type[PipelineSettings] | type[Settings]) -> list[str]:
    default = "required" if key.default == "none" and is_required(key, model) else key.default
    return [code(key.path), key.type, default, _escape(allowed(key, model)), key.meaning]


def _escape(text: str) -> str:
    return _MARKDOWN.sub(lambda found: "&lt;" if found[0] == "<" else f"\\{found[0]}", text)
