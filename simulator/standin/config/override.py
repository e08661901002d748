"""An override of one setting: KEY=VALUE as text, or a list or an object that takes the place of what is there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.standin.model.errors import StackConfigError


@dataclass(frozen=True)
class Setting:
    """A list or an object, as a stack's file has it, at `key`, a path as in KEY=VALUE."""

    key: str
    value: Sequence[object] | Mapping[str, object]

    def __str__(self) -> str:
        return f"{self.key}={json.dumps(self.value, ensure_ascii=False, default=str)}"


Override = str | Setting


def split_override(override: Override) -> tuple[str, object]:
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
