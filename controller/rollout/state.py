"""The state of a rollout, and its changes; without input or output, which store.py does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

from controller.analysis.comparison import TestResult
from controller.analysis.document import Document, FieldError, count, flag, number, one_of, read_list, read_map, text
from controller.analysis.own_metric import MetricSample
from controller.analysis.plan import Plan
from controller.analysis.sample import Sample
from controller.analysis.sample_ratio import SampleRatio
from controller.rollout.events import NONE, Announcement, Event
from controller.rollout.gate import Gate
from router.control.live import ENDED, PAUSED, ROLLED_BACK, RUNNING, STATES, SUCCEEDED

ACTIVE = RUNNING, PAUSED
MAX_EVENTS, MAX_EVENT_CHARACTERS = 30, 1_500
"""A plan has at most 20 steps; an item at most 400 KB. The router reads the item, too."""
TIMES = ("started_at", "step_started_at", "interval_started_at", "updated_at", "measured_until")


@dataclass(frozen=True)
class Rollout(Document):
    """A rollout as the control table has it. Times in seconds since 1970.

    `revision` is the item's, 0 before the first write; `config_revision` that of the config item read with it. A step's
    window begins at `step_started_at` and was last read up to `measured_until`; its interval begins at
    `interval_started_at`, later where the rollout was resumed. `analyses` counts the step's interim analyses,
    `restarts` how often it began again. `waits_for_pin`: a pin is in effect, so nothing is measured. `samples` and
    `tests` are the last ones, with `sample_ratio` by group and `metrics` by name; `reason` explains the state. `gate`
    is what the next step waits for, `pending` what is still to be announced, `changes` the number of events so far.
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
    analyses: int = 0
    updated_at: int = 0
    measured_until: int = 0
    waits_for_pin: bool = False
    samples: Mapping[str, Sample] = field(default_factory=dict[str, Sample])
    tests: Mapping[str, TestResult] = field(default_factory=dict[str, TestResult])
    history: tuple[Event, ...] = ()
    gate: Gate = field(default_factory=Gate)
    pending: tuple[Announcement, ...] = ()
    changes: int = 0
    sample_ratio: Mapping[str, SampleRatio] = field(default_factory=dict[str, SampleRatio])
    metrics: Mapping[str, MetricSample] = field(default_factory=dict[str, MetricSample])
    restarts: int = 0

    KEYS: ClassVar = {"analyses": "looks"}
    READERS: ClassVar = {
        "plan": Plan.from_json,
        **dict.fromkeys(("release", "reason", "config_revision"), text),
        "state": one_of(STATES),
        "canary_percent": number(0, 100),
        **dict.fromkeys(("step", "analyses", "changes", "restarts", *TIMES), count()),
        "revision": count(least=1),
        "waits_for_pin": flag,
        "samples": read_map(Sample.from_json),
        "tests": read_map(TestResult.from_json),
        "history": read_list(Event.from_json),
        "gate": Gate.from_json,
        "pending": read_list(Announcement.from_json),
        "sample_ratio": read_map(SampleRatio.from_json),
        "metrics": read_map(MetricSample.from_json),
    }
    ADDED: ClassVar = ("gate", "pending", "changes", "sample_ratio", "metrics", "restarts")

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Read the item's document. FieldError names the field that is missing or malformed."""
        rollout = super().from_json(document)
        if rollout.step >= len(rollout.plan.steps):
            raise FieldError("step is malformed")
        return rollout

    @property
    def is_active(self) -> bool:
        """True while running or paused."""
        return self.state in ACTIVE

    @property
    def progress(self) -> str:
        """`step 3 of 5, 25 %`."""
        return f"step {self.step + 1} of {len(self.plan.steps)}, {self.canary_percent:g} %"

    @property
    def is_last_step(self) -> bool:
        """True where the plan ends with this step."""
        return self.step + 1 == len(self.plan.steps)

    def equals(self, other: Rollout) -> bool:
        """Return True where only the time or the revision differs."""
        return replace(self, updated_at=0, revision=0) == replace(other, updated_at=0, revision=0)

    def stands_as(self, other: Rollout) -> bool:
        """Return True for the same state and step of the same rollout, whatever was measured or explained since."""
        names = "started_at", "state", "step", "canary_percent", "gate"
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def explain(self, reason: str) -> Rollout:
        """Return the rollout with another reason; a paused one keeps the reason of its pause."""
        return replace(self, reason=reason) if self.state == RUNNING else self

    def start_step(self, step: int, now: int, reason: str) -> Rollout:
        """Run at this step from now on."""
        percent = self.plan.steps[step]
        begun = replace(self, step=step, analyses=0, restarts=-1)._change(RUNNING, percent, reason, now)
        return begun.restart_step(now)

    def restart_step(self, now: int) -> Rollout:
        """Drop what was measured; the number of analyses goes on, and what they may spend with it."""
        again = replace(self, step_started_at=now, interval_started_at=now, measured_until=0, samples={}, tests={})
        return replace(again, waits_for_pin=False, gate=Gate(), sample_ratio={}, metrics={}, restarts=self.restarts + 1)

    def wait(self, gate: Gate, reason: str) -> Rollout:
        """Stay at the step until the gate opens."""
        return replace(self, gate=gate).explain(reason)

    def note(self, reason: str, now: int) -> Rollout:
        """Keep and announce something that people should know; state, percentage and gate stay."""
        return replace(self._change(self.state, self.canary_percent, reason, now), gate=self.gate)

    def approve(self, approved_by: str, now: int) -> Rollout:
        """Approve the step that waits."""
        gate = replace(self.gate, approved_by=approved_by, approved_at=now)
        return replace(self, gate=gate).note(f"{gate.step_text} approved by {approved_by}", now)

    def pause(self, reason: str, now: int) -> Rollout:
        """Stay at the step until a person resumes it; the analysis goes on."""
        return self._change(PAUSED, self.canary_percent, reason, now)

    def resume(self, reason: str, now: int) -> Rollout:
        """Run again: the step's interval begins again, and with it the sample ratio; its window does not."""
        again = self._change(RUNNING, self.canary_percent, reason, now)
        return replace(again, interval_started_at=now, sample_ratio={})

    def succeed(self, reason: str, now: int, canary_percent: float | None = None) -> Rollout:
        """End the rollout; the percentage stays, unless another one is given."""
        return self._change(SUCCEEDED, self.canary_percent if canary_percent is None else canary_percent, reason, now)

    def roll_back(self, reason: str, now: int) -> Rollout:
        """End at 0 %; the router then sends visitors of the canary to stable as well."""
        return self._change(ROLLED_BACK, 0, reason, now)

    def end(self, reason: str, now: int) -> Rollout:
        """End with no effect left."""
        return self._change(ENDED, self.canary_percent, reason, now)

    def make_room(self, release: str, now: int) -> Rollout:
        """Return the rollout as the start of another one leaves it: one that is active ends."""
        return self.end(f"a rollout of release {release} was started", now) if self.is_active else self

    def _change(self, state: str, canary_percent: float, reason: str, now: int) -> Rollout:
        number = self.changes + 1
        short = reason if len(reason) <= MAX_EVENT_CHARACTERS else f"{reason[: MAX_EVENT_CHARACTERS - 1]}…"
        event = Event(now, state, canary_percent, short, self.step, number)
        before = self.state if self.history else NONE
        news = Announcement(event, self.release, self.started_at, len(self.plan.steps), before, self.canary_percent)
        return replace(
            self,
            state=state,
            canary_percent=canary_percent,
            reason=reason,
            history=(*self.history, event)[-MAX_EVENTS:],
            pending=(*self.pending, news)[-MAX_EVENTS:],
            changes=number,
            gate=Gate(),
        )
