"""Object types and enums of the schema, from the tables of keys that the pages of the documentation have as well."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

from docs.generate.allowed import is_required
from docs.generate.docstrings import summary
from docs.generate.keys import Key, section_in, tables
from infra.config.base_model import section_name
from infra.config.options_model import options_model
from infra.settings.model import Settings
from strategies.registry import STRATEGIES, load

from .properties import PACKAGE, Property, for_readers_elsewhere

LEFT_OUT = frozenset({"demo"})
"""Settings of the program in this repository only: parts of the demonstration, which a project of their own has now."""


class Types:
    """The types of the package: `found` by token, and the settings as a whole, an object type of their own."""

    def __init__(self, deferrable: Collection[tuple[str, ...]]) -> None:
        self._deferrable = deferrable
        self._enums: dict[str, list[str]] = {}
        self.found: dict[str, dict[str, Any]] = {}
        of_all = [key for key in tables()["settings"] if key.names[0] not in LEFT_OUT]
        self.settings = self._object([*of_all, *map(_section_key, STRATEGIES)], "")
        for name, words in self._enums.items():
            values = [{"name": _pascal_case(word), "value": word} for word in words]
            self.found[f"{PACKAGE}:index:{name}"] = {"type": "string", "enum": values}

    def _object(self, keys: list[Key], owner: str) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        for key in keys:
            one = Property(key, self._deferrable)
            properties[one.name] = one.spec(self._enums, owner)
            if section_in(key.annotation) is not None:
                self._add(key, one.type_name(owner))
        required = [Property(key, self._deferrable).name for key in keys if _is_required(key)]
        return {"type": "object", "properties": properties, **({"required": required} if required else {})}

    def _add(self, key: Key, name: str) -> None:
        """Add the type of the object, of the items or of the values that a key has."""
        inner = [one for one in _all_keys() if _path(one)[:-1] == _path(key)]
        documented = _records().get(name) or section_in(key.annotation) or object
        described = {"description": describe(documented), **self._object(inner, name)}
        if self.found.setdefault(f"{PACKAGE}:index:{name}", described) != described:
            raise LookupError(f"two types are called {name}")


@cache
def _all_keys() -> list[Key]:
    """The keys below the sections."""
    return [key for name, keys in tables().items() if name not in ("settings", "pipeline") for key in keys]


def _section_key(strategy: str) -> Key:
    """The key of a strategy's section, which the table of all settings leaves to a page of its own."""
    what = describe(load(strategy).Options).rstrip(".")
    return Key(
        (section_name(strategy),), options_model(strategy), "none", f"Options of the strategy {strategy}: {what}."
    )


def _path(key: Key) -> tuple[str, ...]:
    return tuple(name for name in key.names if name != "*")


def _is_required(key: Key) -> bool:
    """True where the key cannot be left out whatever else the section has."""
    return key.default == "required" or (
        len(key.names) == 1 and section_in(key.annotation) is None and is_required(key, Settings)
    )


@cache
def _records() -> dict[str, type]:
    """The dataclasses whose docstrings the models of the strategies' sections do not have, by the name of the type."""
    options = {
        section_name(strategy)[:1].upper() + section_name(strategy)[1:]: load(strategy).Options
        for strategy in STRATEGIES
    }
    return options | {record.__name__: record for one in options.values() for record in _parts(one)}


def _parts(options: type) -> Iterator[type]:
    for hint in get_type_hints(options).values():
        yield from (part for part in get_args(hint) if dataclasses.is_dataclass(part) and isinstance(part, type))


def _pascal_case(word: str) -> str:
    """The name of a word, which languages spell in their own way."""
    return "".join(part[:1].upper() + part[1:] for part in re.split("[-_]", word))


def describe(documented: type) -> str:
    """Return the description of a type: the first paragraph of its docstring."""
    return for_readers_elsewhere(summary(documented))
