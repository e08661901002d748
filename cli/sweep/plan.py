"""What a sweep may take: functions that no stack has any more, and versions that are neither new nor in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from cli.sweep.finding import EdgeFunction

State = Literal["to delete", "deleted", "gone", "waits", "in use", "failed", "not tried"]
SETTLED: tuple[State, ...] = ("deleted", "gone")
WRONG: tuple[State, ...] = ("failed", "not tried")
YOUNG_SECONDS = 3600
"""A function that was changed so shortly ago may belong to a deployment that has only just begun."""


@dataclass(frozen=True)
class Item:
    """A function, or one version of it, and what became of it. `since` is ISO 8601: from when on it was not needed.

    `version` is None for a whole function; `detail` says what there is to know about the state.
    """

    function: str
    arn: str
    stack: str
    version: int | None
    since: str
    state: State = "to delete"
    detail: str = ""

    def become(self, state: State, detail: str = "") -> Item:
        return replace(self, state=state, detail=detail)

    def as_json(self) -> dict[str, object]:
        return {
            "function": self.function,
            "version": self.version,
            "arn": self.arn,
            "stack": self.stack,
            "state": self.state,
            "since": self.since,
            "detail": self.detail,
        }


def plan(functions: Iterable[EdgeFunction], now: float, keep: int | None = None) -> list[Item]:
    """Everything that could go; what may not go yet has a state that says so. `keep` is stronger than the tags."""
    return [item for function in functions for item in _items(function, now, keep or function.keep_versions)]


def _items(function: EdgeFunction, now: float, keep: int) -> Iterator[Item]:
    if function.is_left:
        yield _left(function, now)
        return
    for version, newer in zip(function.versions[:-keep], function.versions[1:], strict=False):
        if not version.distributions:
            # It had nothing more to do when the next one was published, at the earliest.
            yield Item(function.name, version.arn, function.stack, version.number, newer.published)


def _left(function: EdgeFunction, now: float) -> Item:
    item = Item(function.name, function.arn, function.stack, None, function.waiting_since)
    if users := {user: version.number for version in function.versions for user in version.distributions}:
        named = ", ".join(f"{user} (version {number})" for user, number in sorted(users.items()))
        return item.become("in use", f"by a distribution that no stack of ours has: {named}; take it off there first")
    if now - _seconds(function.changed) < YOUNG_SECONDS:
        return item.become("waits", f"changed at {function.changed}: a deployment may be under way")
    return item


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
