"""Pulumi.yaml: the project's name and runtime, and its config keys with types and defaults."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple, cast

from simulator.standin.config.yaml_file import load_yaml
from simulator.standin.model.errors import StackConfigError

_WHOLE = re.compile(r"[+-]?\d+")


class ConfigType(NamedTuple):
    """A declared type; `items` is the element type of an array."""

    name: str
    items: ConfigType | None = None

    def __str__(self) -> str:
        return f"array<{self.items}>" if self.items else self.name


class Declared(NamedTuple):
    """One key of `config:`; `default` None means that a stack has to set it."""

    type: ConfigType | None
    default: object
    is_secret: bool


class Project(NamedTuple):
    """The project that a stack's settings are read against; keys are namespaced. `runtime` is its language host."""

    name: str
    config: dict[str, Declared]
    runtime: str = ""


def read_project(path: Path) -> Project:
    """Pulumi.yaml, checked as the engine checks it. Errors: StackConfigError."""
    raw = load_yaml(path)
    name = raw.get("name")
    config: object = raw.get("config") or {}
    if not isinstance(name, str) or not isinstance(config, dict):
        raise StackConfigError(f"{path}: needs a name, and config must be an object")
    given = cast("dict[object, object]", config)
    declared = {full_key(str(key), name): _declare(str(key), value, path) for key, value in given.items()}
    runtime = raw.get("runtime")
    runtime = cast("dict[str, object]", runtime).get("name") if isinstance(runtime, dict) else runtime
    return Project(name, declared, str(runtime or ""))


def full_key(key: str, project: str) -> str:
    """A key with its namespace; the project's own may be left out."""
    namespace, colon, rest = key.partition(":")
    if not colon:
        return f"{project}:{key}"
    return f"{namespace}:{rest.removeprefix('config:')}"


def _declare(key: str, value: object, path: Path) -> Declared:
    if not isinstance(value, dict):
        return Declared(None, value, is_secret=False)
    kind = _type(value, key, path)
    default = value.get("default", value.get("value"))
    if kind and default is not None and not is_of_type(kind, default):
        raise StackConfigError(f"{path}: the default of {key} is not of type {kind}")
    return Declared(kind, default, is_secret=value.get("secret") is True)


def _type(value: dict[str, object], key: str, path: Path) -> ConfigType | None:
    name, items = value.get("type"), value.get("items")
    if name is None:
        return None
    if name not in ("string", "integer", "boolean", "array", "object"):
        raise StackConfigError(
            f"{path}: {key} has the type {name!r}: allowed are string, integer, boolean, array, object"
        )
    if name == "array" and not isinstance(items, dict):
        raise StackConfigError(f"{path}: {key} is an array and needs items with a type")
    return ConfigType(str(name), _type(items, key, path) if isinstance(items, dict) else None)


def is_of_type(kind: ConfigType, value: object) -> bool:
    """The engine's test (ValidateConfigValue): text that reads as a whole number or boolean is one."""
    if kind.name == "string":
        return isinstance(value, str)
    if kind.name == "integer":
        return _is_integer(value)
    if kind.name == "boolean":
        return isinstance(value, bool) or value in ("true", "false")
    if kind.name == "object":
        return isinstance(value, dict)
    return isinstance(value, list) and kind.items is not None and all(is_of_type(kind.items, item) for item in value)


def _is_integer(value: object) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, str):
        return _WHOLE.fullmatch(value) is not None
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
