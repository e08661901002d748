"""A rollout: where it stands, and the changes it can go through. Pure; store.py keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from controller.analysis.judgement import Test
from controller.analysis.plan import Plan
from controller.analysis.sample import Sample

RUNNING, PAUSED, SUCCEEDED, ROLLED_BACK, ENDED = "running", "paused", "succeeded", "rolled-back", "ended"
STANDING = frozenset({RUNNING, PAUSED})
"""States of a rollout that is under way; the others are its end."""
STATES = STANDING | {SUCCEEDED, ROLLED_BACK, ENDED}
MAX_EVENTS = 30
"""A plan has at most 20 steps; an item at most 400 KB."""


@dataclass(frozen=True)
class Event:
    """One change of state or percentage; `at` in seconds since 1970."""

    at: int
    state: str
    canary_percent: float
    reason: str


@dataclass(frozen=True)
class Rollout:
    """A rollout as the control table has it. Times in seconds since 1970.

    `revision` is that of the item as it was read, 0 for one never written; `config_revision` that of the config
    item it was last seen with. The window of a step begins at `step_started_at` and was last read up to
    `measured_until`; its interval begins at `interval_started_at`, which is later where the rollout was resumed.
    `looks` counts the step's tests. `waits_for_pin`: a pin is in force, so that nothing is measured. `samples` and
    `tests` are the last ones, `reason` says why it stands where it stands.
    """

    plan: Plan
    release: str
    state: str
    canary_percent: float
    step: int
    started_at: int
    step_started_at: int
    interval_started_at: int
    reason: str
    config_revision: str = ""
    revision: int = 0
    looks: int = 0
    updated_at: int = 0
    measured_until: int = 0
    waits_for_pin: bool = False
    samples: Mapping[str, Sample] = field(default_factory=dict[str, Sample])
    tests: Mapping[str, Test] = field(default_factory=dict[str, Test])
    history: tuple[Event, ...] = ()

    @property
    def is_standing(self) -> bool:
        """It is under way: running or paused."""
        return self.state in STANDING

    @property
    def said(self) -> str:
        """`step 3 of 5, 25 %`."""
        return f"step {self.step + 1} of {len(self.plan.steps)}, {self.canary_percent:g} %"

    def is_same_as(self, other: Rollout) -> bool:
        """Whether writing the other one would tell nothing new."""
        return replace(self, updated_at=0, revision=0) == replace(other, updated_at=0, revision=0)

    def noted(self, reason: str) -> Rollout:
        """The same, for another reason. A paused one keeps the reason that it was paused for."""
        return replace(self, reason=reason) if self.state == RUNNING else self

    def at_step(self, step: int, now: int, reason: str) -> Rollout:
        """Running at this step, from now on."""
        percent = self.plan.steps[step]
        return replace(self, step=step, looks=0)._changed(RUNNING, percent, reason, now).restarted(now)

    def restarted(self, now: int) -> Rollout:
        """The step anew: what was measured before is not of it. Its looks go on counting."""
        anew = replace(self, step_started_at=now, interval_started_at=now, measured_until=0, samples={}, tests={})
        return replace(anew, waits_for_pin=False)

    def paused(self, reason: str, now: int) -> Rollout:
        """Where it is, until somebody resumes it; still watched."""
        return self._changed(PAUSED, self.canary_percent, reason, now)

    def resumed(self, reason: str, now: int) -> Rollout:
        """Running again: the step's interval begins anew, its window does not."""
        return replace(self._changed(RUNNING, self.canary_percent, reason, now), interval_started_at=now)

    def succeeded(self, reason: str, now: int, canary_percent: float | None = None) -> Rollout:
        """Over; the percentage stays."""
        return self._changed(SUCCEEDED, self.canary_percent if canary_percent is None else canary_percent, reason, now)

    def rolled_back(self, reason: str, now: int) -> Rollout:
        """Over: nobody new on the canary, and who was there is sent back, for the edge withdraws it."""
        return self._changed(ROLLED_BACK, 0, reason, now)

    def ended(self, reason: str, now: int) -> Rollout:
        """Over, with nothing left in force."""
        return self._changed(ENDED, self.canary_percent, reason, now)

    def _changed(self, state: str, canary_percent: float, reason: str, now: int) -> Rollout:
        event = Event(now, state, canary_percent, reason)
        history = (*self.history, event)[-MAX_EVENTS:]
        return replace(self, state=state, canary_percent=canary_percent, reason=reason, history=history)
