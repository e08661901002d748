"""The changes of a rollout, and those that are still to be announced."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar

from controller.analysis.document import Document, count, number, one_of, read_list, text
from router.control.live import ENDED, PAUSED, ROLLED_BACK, RUNNING, STATES, SUCCEEDED

NONE = "none"
"""The state before a rollout's first."""
STATE_TEXTS = {
    RUNNING: "is running",
    PAUSED: "is paused",
    SUCCEEDED: "has succeeded",
    ROLLED_BACK: "was rolled back",
    ENDED: "has ended",
}
"""A state, as a sentence about a rollout ends."""


def iso_time(seconds: int) -> str:
    """Return `2026-11-28T14:00:00Z`."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True)
class Event(Document):
    """One change of state or percentage, or something that people should know; `at` in seconds since 1970.

    `step` is the index of the step then, `sequence` the event's number in its rollout, from 1 on; 0 in items of earlier
    versions.
    """

    at: int
    state: str
    canary_percent: float
    reason: str
    step: int = 0
    sequence: int = 0

    READERS: ClassVar = {
        "at": count(),
        "state": one_of(STATES),
        "canary_percent": number(0, 100),
        "reason": text,
        "step": count(),
        "sequence": count(),
    }
    ADDED: ClassVar = ("step", "sequence")


@dataclass(frozen=True)
class Announcement(Document):
    """An event that is to be announced, with what tells its rollout from others.

    It is written together with the change, and leaves the item when all channels have it: a run that ends in between
    leaves it to the next one. `told` are the channels that have it.
    """

    event: Event
    release: str
    started_at: int
    steps: int
    previous_state: str
    previous_percent: float
    told: tuple[str, ...] = ()

    READERS: ClassVar = {
        "event": Event.from_json,
        "release": text,
        "started_at": count(),
        "steps": count(),
        "previous_state": one_of((NONE, *STATES)),
        "previous_percent": number(0, 100),
        "told": read_list(text),
    }

    @property
    def progress(self) -> str:
        """`step 3 of 5, 25 %`."""
        return f"step {self.event.step + 1} of {self.steps}, {self.event.canary_percent:g} %"

    def is_told_to(self, channels: Iterable[str]) -> bool:
        """Return True where all of these channels have it."""
        return set(channels) <= set(self.told)

    def tell(self, channels: Collection[str]) -> Announcement:
        """Return it with these channels as told."""
        return replace(self, told=tuple(sorted({*self.told, *channels})))
