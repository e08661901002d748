"""One look at a rollout: what there is, what it should be, and at most one write between the two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from controller.analysis import judgement
from controller.analysis.plan import PAUSE, ROLL_BACK
from controller.analysis.sample import CANARY, STABLE, Samples
from controller.rollout.state import RUNNING, Rollout
from controller.rollout.store import ConflictError, Items, MalformedError, Store
from controller.sources.sources import Alarms, KeyValues, Metrics, Notifier, UnreadableError
from controller.window import Timing, Window, windows


@dataclass(frozen=True)
class Outcome:
    """What a look did.

    `kind`: none, over, malformed, conflict, unchanged, measured, or what the rollout became: running (its percentage
    rose), paused, succeeded, rolled-back, ended. `failures` are those that changed nothing: of notices and key values.
    """

    kind: str
    reason: str
    rollout: Rollout | None = None
    failures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Controller:
    """Everything that a look needs; `clock` gives seconds since 1970."""

    store: Store
    metrics: Metrics
    alarms: Alarms
    notifier: Notifier
    clock: Callable[[], float]
    timing: Timing = field(default_factory=Timing)
    key_values: KeyValues | None = None

    def reconcile(self) -> Outcome:
        """StoreError where the table does not answer; every other trouble is part of the outcome."""
        try:
            items = self.store.read()
        except MalformedError as error:
            return Outcome("malformed", f"nothing done: {error}")
        rollout = items.rollout
        if rollout is None:
            return self._synced(items, Outcome("none", "no rollout was ever started"))
        if not rollout.is_standing:
            return self._synced(items, Outcome("over", rollout.reason, rollout))
        now = int(self.clock())
        following = self._following(rollout, items, now)
        if following.is_same_as(rollout):
            return self._synced(items, Outcome("unchanged", rollout.reason, rollout))
        try:
            written = self.store.write(replace(following, updated_at=now), items)
        except ConflictError as error:
            # What the other one wrote is not known here: the next run brings the key values up to it.
            return Outcome("conflict", f"nothing done: {error}")
        return self._synced(written, self._told(rollout, written.rollout or following))

    def _following(self, rollout: Rollout, items: Items, now: int) -> Rollout:
        """What the rollout should be now."""
        config = items.config
        if config.release != rollout.release:
            return rollout.ended(f"the release in config is {config.release} now", now)
        if config.pin != "none":
            return replace(rollout.noted(f"waits: pin is {config.pin} in config"), waits_for_pin=True)
        if rollout.waits_for_pin:
            return rollout.restarted(now).noted("the pin is gone: the step begins anew")
        return self._watched(rollout, now)

    def _watched(self, rollout: Rollout, now: int) -> Rollout:
        """By its alarms and figures. What cannot be read does not keep the rest from rolling back."""
        troubles: list[str] = []
        try:
            if ringing := self.alarms.ringing(rollout.plan.alarms):
                return rollout.rolled_back(f"in ALARM: {', '.join(ringing)}", now)
        except UnreadableError as error:
            troubles.append(str(error))
        try:
            rollout = self._measured(rollout, now)
        except UnreadableError as error:
            troubles.append(str(error))
        if failed := {name: test for name, test in rollout.tests.items() if test.has_failed}:
            return rollout.rolled_back(judgement.said(failed, rollout.samples), now)
        return _inconclusive(rollout, "; ".join(troubles), now) if troubles else _decided(rollout, now)

    def _measured(self, rollout: Rollout, now: int) -> Rollout:
        """With the samples up to now, and tested where there are enough; as it was where there is nothing new."""
        plan, found = rollout.plan, None
        for window in windows(rollout.step_started_at, plan.interval_seconds, now, self.timing):
            if window.end <= rollout.measured_until:
                return rollout
            found = window, self.metrics.samples(window.start, window.end)
            if not judgement.lacking(found[1], plan):
                break
        return _with_samples(rollout, *found, self.timing) if found else rollout

    def _told(self, before: Rollout, written: Rollout) -> Outcome:
        """People are told after the write that won, so once; a crash in between tells nobody."""
        is_news = (before.state, before.canary_percent) != (written.state, written.canary_percent)
        outcome = Outcome(written.state if is_news else "measured", written.reason, written)
        if not is_news:
            return outcome
        try:
            self.notifier.tell(written)
        except Exception as error:  # noqa: BLE001  the rollout stands whatever becomes of the notice
            return replace(outcome, failures=(f"notice: {type(error).__name__}: {error}",))
        return outcome

    def _synced(self, items: Items, outcome: Outcome) -> Outcome:
        """Whatever else was done: the key values follow what is in force, also where an earlier run failed to."""
        if self.key_values is None:
            return outcome
        try:
            self.key_values.sync(items.live)
        except Exception as error:  # noqa: BLE001  the next run tries again
            return replace(outcome, failures=(*outcome.failures, f"key values: {type(error).__name__}: {error}"))
        return outcome


def _with_samples(rollout: Rollout, window: Window, samples: Samples, timing: Timing) -> Rollout:
    measured = replace(rollout, samples=dict(samples), measured_until=window.end, tests={})
    if judgement.lacking(samples, rollout.plan):
        return measured
    look, periods = rollout.looks + 1, (window.end - window.start) / timing.period_seconds
    return replace(measured, looks=look, tests=judgement.judge(samples, rollout.plan, look, periods))


def _decided(rollout: Rollout, now: int) -> Rollout:
    """No test has failed."""
    if rollout.state != RUNNING:
        return rollout
    if not rollout.measured_until:
        return rollout.noted("waits for the first minute of figures")
    lacking = judgement.lacking(rollout.samples, rollout.plan)
    if not lacking:
        return _good(rollout, judgement.said(rollout.tests, rollout.samples), now)
    if rollout.canary_percent >= 100 and judgement.has_enough(rollout.samples, CANARY, rollout.plan):
        return _good(rollout, f"alarms only, for nobody new is on {STABLE}: {lacking}", now)
    if not _is_due(rollout, now):
        return rollout.noted(f"waits: {lacking}")
    return _inconclusive(rollout, f"{lacking} at the end of the interval", now)


def _good(rollout: Rollout, reason: str, now: int) -> Rollout:
    """Go on where the interval is over."""
    if not _is_due(rollout, now):
        return rollout.noted(reason)
    if rollout.step + 1 < len(rollout.plan.steps):
        return rollout.at_step(rollout.step + 1, now, f"step {rollout.step + 1} was good: {reason}")
    return rollout.succeeded(f"all steps were good; the last: {reason}", now)


def _inconclusive(rollout: Rollout, reason: str, now: int) -> Rollout:
    """There is nothing to judge by, which the plan decides about."""
    if rollout.state != RUNNING:
        return rollout
    if rollout.plan.on_inconclusive == PAUSE:
        return rollout.paused(f"inconclusive: {reason}", now)
    if rollout.plan.on_inconclusive == ROLL_BACK and _is_due(rollout, now):
        return rollout.rolled_back(f"inconclusive: {reason}", now)
    return rollout.noted(f"waits, inconclusive: {reason}")


def _is_due(rollout: Rollout, now: int) -> bool:
    return now >= rollout.interval_started_at + rollout.plan.interval_seconds
