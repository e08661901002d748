"""Pulumi's argument objects in the shape of a state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic.alias_generators import to_camel


def plain(value: object) -> Any:
    """Pulumi's argument objects as the engine records them: camelCase, and without what was not given."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in cast("Mapping[str, object]", value).items()}
    if isinstance(value, Sequence):
        return [plain(item) for item in cast("Sequence[object]", value)]
    return {to_camel(name): plain(item) for name, item in vars(value).items() if item is not None}
