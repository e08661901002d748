"""The plan of a sweep: orphaned functions, and versions that are neither new nor in use."""

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
"""A function that changed within this time may belong to a deployment in progress."""


@dataclass(frozen=True)
class Item:
    """A function or one version of it (None: the whole function), with its state and the reason.

    `since` is the time from which it was not needed, in ISO 8601.
    """

    function: str
    arn: str
    stack: str
    version: int | None
    since: str
    state: State = "to delete"
    detail: str = ""

    def with_state(self, state: State, detail: str = "") -> Item:
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
    """Return everything to delete now or later; `keep` overrides the tags."""
    return [item for function in functions for item in _items(function, now, keep or function.keep_versions)]


def _items(function: EdgeFunction, now: float, keep: int) -> Iterator[Item]:
    if function.is_orphaned:
        yield _plan_orphan(function, now)
        return
    for version, newer in zip(function.versions[:-keep], function.versions[1:], strict=False):
        if not version.distributions:
            # It was in use until the next one was published, at least.
            yield Item(function.name, version.arn, function.stack, version.number, newer.published)


def _plan_orphan(function: EdgeFunction, now: float) -> Item:
    item = Item(function.name, function.arn, function.stack, None, function.waiting_since)
    if users := {user: version.number for version in function.versions for user in version.distributions}:
        named = ", ".join(f"{user} (version {number})" for user, number in sorted(users.items()))
        return item.with_state("in use", f"by a distribution of no known stack: {named}; remove the association first")
    if now - _seconds(function.changed) < YOUNG_SECONDS:
        return item.with_state("waits", f"changed at {function.changed}: a deployment may be in progress")
    return item


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
