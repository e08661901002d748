"""Times for people and programs: ISO 8601, in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

TIME_NAMES = ("at", "measuredUntil")
TIME_ENDING = "At"


def iso_time(seconds: float) -> str:
    """`2026-11-21T12:00:00Z` of seconds since 1970."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def with_iso_times(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same, where `startedAt`, `at` and the like are seconds; None for 0, which is "not yet"."""
    return {name: _rewritten(name, value) for name, value in document.items()}


def _rewritten(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return with_iso_times(cast("Mapping[str, Any]", value))
    if isinstance(value, list):
        return [_rewritten("", one) for one in cast("list[Any]", value)]
    is_time = (name in TIME_NAMES or name.endswith(TIME_ENDING)) and isinstance(value, int | float)
    if not is_time or isinstance(value, bool):
        return value
    return iso_time(value) if value else None
