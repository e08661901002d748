"""Times in ISO 8601, in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

TIME_NAMES = ("at", "measuredUntil")
TIME_ENDING = "At"


def iso_time(seconds: float) -> str:
    """Format seconds since 1970 as `2026-11-21T12:00:00Z`."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def with_iso_times(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with `startedAt`, `at` and the like as ISO times; None for 0, which means "not yet"."""
    return {name: _convert(name, value) for name, value in document.items()}


def _convert(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return with_iso_times(cast("Mapping[str, Any]", value))
    if isinstance(value, list):
        return [_convert("", one) for one in cast("list[Any]", value)]
    is_time = (name in TIME_NAMES or name.endswith(TIME_ENDING)) and isinstance(value, int | float)
    if not is_time or isinstance(value, bool):
        return value
    return iso_time(value) if value else None
