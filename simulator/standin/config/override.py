"""An override of one setting: KEY=VALUE as text, or a list or an object that takes the place of what is there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from simulator.standin.config.passphrase import is_sealed
from simulator.standin.config.property_path import parse_path, parse_value, set_at
from simulator.standin.model.errors import StackConfigError


@dataclass(frozen=True)
class Setting:
    """A list or an object, as a stack's file has it, at `key`, a path as in KEY=VALUE."""

    key: str
    value: Sequence[object] | Mapping[str, object]

    def __str__(self) -> str:
        return f"{self.key}={json.dumps(self.value, ensure_ascii=False, default=str)}"


Override = str | Setting


def override_config(config: dict[str, object], override: Override, project: str) -> tuple[str, dict[str, object]]:
    """The key one override sets, and `config` with it.

    Errors: StackConfigError names the override.
    """
    key, value = _split(override)
    namespace, colon, rest = key.partition(":")
    if not colon or "[" in namespace or "." in namespace:
        namespace, rest = project, key
    try:
        path = parse_path(rest)
        if not path or not isinstance(path[0], str) or not path[0]:
            raise ValueError("the path must start with a name")
        full = f"{namespace}:{path[0]}"
        if len(path) == 1:
            return full, {**config, full: value}
        # As the CLI has it, a plain value at the top gives way to the object or list the path asks for.
        held = config.get(full)
        root = None if is_sealed(held) or not isinstance(held, (dict, list)) else cast("object", held)
        inside = parse_value(value) if isinstance(value, str) else value
        return full, {**config, full: set_at(root, path[1:], inside, [path[0]])}
    except ValueError as error:
        # Without the value, which may be a secret.
        raise StackConfigError(f"--set {key}: {error}") from None


def _split(override: Override) -> tuple[str, object]:
    """Return key and value; a text has them at the first "=" outside of quotes. StackConfigError where it has none."""
    if isinstance(override, Setting):
        return override.key, override.value
    is_quoted = False
    for index, character in enumerate(override):
        if character == '"' and override[index - 1 : index] != "\\":
            is_quoted = not is_quoted
        if character == "=" and not is_quoted:
            return override[:index], override[index + 1 :]
    raise StackConfigError(f"--set {override}: must be KEY=VALUE")
