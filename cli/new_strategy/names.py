"""The names of a strategy: in config, as a module, as a class and as a section."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass

import strategies
from cli.output.errors import UsageError
from infra.config.base_model import section_name
from infra.settings.model import CoreSettings
from strategies.registry import STRATEGIES

MAX_CHARACTERS = 30
"""The line of the registry, which has the name three times, stays below 120 characters."""

RESERVED = ("base", "canary-function", "options", "registry", "signing")
"""Modules in strategies/ that are not strategies."""

_KEBAB_CASE = re.compile(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*")


@dataclass(frozen=True)
class StrategyNames:
    """`by-country`, and what follows from it."""

    name: str

    @property
    def module(self) -> str:
        """`by_country`."""
        return self.name.replace("-", "_")

    @property
    def section(self) -> str:
        """`byCountry`."""
        return section_name(self.name)

    @property
    def class_name(self) -> str:
        """`ByCountry`."""
        return self.section[0].upper() + self.section[1:]

    @property
    def title(self) -> str:
        """`By country`."""
        return self.name.replace("-", " ").capitalize()


def name_strategy(name: str) -> StrategyNames:
    """The names of a new strategy; UsageError where the name cannot be one, or is taken."""
    if len(name) > MAX_CHARACTERS or not _KEBAB_CASE.fullmatch(name):
        raise UsageError(
            f"NAME is {name!r}: allowed are up to {MAX_CHARACTERS} characters in kebab-case, that is words of a-z and"
            " 0-9 that begin with a letter, with - between them, such as by-country"
        )
    names = StrategyNames(name)
    if name in STRATEGIES:
        raise UsageError(f"NAME is {name!r}, which is a strategy already: {', '.join(sorted(STRATEGIES))}")
    if name in RESERVED:
        raise UsageError(
            f"NAME is {name!r}, which is reserved: strategies/{names.module}.py is part of what strategies are made of;"
            " take another name"
        )
    if names.section in set(CoreSettings.keys()):
        raise UsageError(f"NAME is {name!r}, but {names.section} is a key of the config already: take two words")
    if keyword.iskeyword(names.module) or names.class_name in _imported_names():
        raise UsageError(f"NAME is {name!r}, which is a word of the strategies' code: take two words")
    return names


def _imported_names() -> set[str]:
    """Names that the new file uses itself."""
    return {"Options", *(name for name in vars(strategies) if name[0].isupper())}
