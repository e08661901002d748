"""What the controller asks and tells: metrics, alarms, people, and the store of the functions before the cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from controller.analysis.sample import Sample
from controller.rollout.state import Rollout
from router.control.live import Live


class UnreadableError(Exception):
    """Metrics or alarms that cannot be read now; the text names the Regions and why."""


class Metrics(Protocol):
    """Samples by version."""

    def samples(self, start: int, end: int) -> Mapping[str, Sample]:
        """What was measured from `start` until just before `end`; UnreadableError unless all Regions answered."""
        ...


class Alarms(Protocol):
    """Alarms by ARN."""

    def ringing(self, arns: Sequence[str]) -> Sequence[str]:
        """Those in state ALARM; UnreadableError where one cannot be read or is not there."""
        ...


class Notifier(Protocol):
    """People who want to know."""

    def tell(self, rollout: Rollout) -> None:
        """A rollout has changed its state or percentage; any exception is logged and changes nothing."""
        ...


class KeyValues(Protocol):
    """What the functions before the cache read in the place of the control table."""

    def sync(self, live: Live) -> bool:
        """Make the store say what is in force; whether it was written. After an exception the next run tries again."""
        ...
