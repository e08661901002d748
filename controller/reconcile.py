"""The reconciliation of a rollout: read it, decide its next state, and write that at most once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from controller.analysis.comparison import analyze, describe, missing_requests
from controller.analysis.plan import PAUSE, ROLL_BACK, Plan, Timing, Window, windows
from controller.analysis.same_minutes import Measured
from controller.analysis.sample import CANARY, find_sample
from controller.further_checks import (
    SeriesSource,
    act_on_mismatch,
    add_warning,
    measure_further,
    mismatch,
    missing_metrics,
)
from controller.gates.decision import Webhook, apply_answer, is_asking, pass_gates
from controller.gates.settings import Gates
from controller.rollout.state import RUNNING, Rollout
from controller.rollout.store import ConflictError, Items, MalformedError, Store, StoreError
from controller.sources.cloudwatch import UnreadableError
from controller.sources.notifications import Channel, send_pending
from router.control.live import Live


class Metrics(Protocol):
    def measure(self, start: int, end: int, plan: Plan) -> Measured: ...


class Alarms(Protocol):
    def in_alarm(self, arns: Sequence[str]) -> Sequence[str]: ...


class KeyValues(Protocol):
    def sync(self, read_live: Callable[[], Live]) -> bool: ...


@dataclass(frozen=True)
class Outcome:
    """The result of a reconciliation.

    `kind`: none, over, malformed, conflict, unchanged, measured, or the new state: running (with a higher percentage),
    paused, succeeded, rolled-back, ended. `failures`, of announcements and key values, change nothing else.
    """

    kind: str
    reason: str
    rollout: Rollout | None = None
    failures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Controller:
    """The parts of a reconciliation; `clock` returns seconds since 1970.

    `channels` are told of every change, by name. `webhook` is asked where `gates` say so.
    """

    store: Store
    metrics: Metrics
    alarms: Alarms
    channels: Mapping[str, Channel]
    clock: Callable[[], float]
    timing: Timing = field(default_factory=Timing)
    key_values: KeyValues | None = None
    gates: Gates = field(default_factory=Gates)
    webhook: Webhook | None = None
    series: SeriesSource | None = None

    def reconcile(self) -> Outcome:
        """Reconcile once. StoreError where the table does not respond; all other errors are part of the outcome."""
        try:
            items = self.store.read()
        except MalformedError as error:
            return Outcome("malformed", f"nothing done: {error}")
        rollout = items.rollout
        if rollout is None:
            return self._sync(Outcome("none", "no rollout was ever started"))
        if not rollout.is_active:
            return self._finish(items, Outcome("over", rollout.reason, rollout))
        now = int(self.clock())
        following = self._next_state(rollout, items, now)
        if following.equals(rollout):
            return self._finish(items, Outcome("unchanged", rollout.reason, rollout))
        try:
            items = self._write(following, items, now)
            if self.webhook is not None and is_asking(rollout, following):
                items = self._ask(self.webhook, items)
        except ConflictError as error:
            # The other process's control is unknown here: the next run brings the key values up to date.
            return Outcome("conflict", f"nothing done: {error}")
        return self._finish(items, _outcome(rollout, items.rollout or following))

    def _write(self, rollout: Rollout, items: Items, now: int) -> Items:
        return self.store.write(replace(rollout, updated_at=now), items)

    def _ask(self, webhook: Webhook, items: Items) -> Items:
        """Ask the webhook, whose attempt has been written, and write what its answer means."""
        rollout = items.rollout
        if rollout is None:
            return items
        answer = webhook.ask(rollout)
        now = int(self.clock())
        answered = apply_answer(rollout, answer, now, self.gates)
        return self._write(add_warning(answered, mismatch(rollout)), items, now)

    def _finish(self, items: Items, outcome: Outcome) -> Outcome:
        """Bring the edge up to date, and then announce what is pending."""
        return self._announce(items, self._sync(outcome))

    def _next_state(self, rollout: Rollout, items: Items, now: int) -> Rollout:
        config = items.config
        if config.release != rollout.release:
            return rollout.end(f"the release in config is {config.release} now", now)
        if config.pin != "none":
            return replace(rollout.explain(f"waits: pin is {config.pin} in config"), waits_for_pin=True)
        if rollout.waits_for_pin:
            return rollout.restart_step(now).explain("the pin was removed: the step starts again")
        return self._check(rollout, now)

    def _check(self, rollout: Rollout, now: int) -> Rollout:
        """Check alarms and metrics. Where one cannot be read, the others can still roll back."""
        unreadable: list[str] = []
        try:
            if in_alarm := self.alarms.in_alarm(rollout.plan.alarms):
                return rollout.roll_back(f"in ALARM: {', '.join(in_alarm)}", now)
        except UnreadableError as error:
            unreadable.append(str(error))
        before = rollout
        try:
            rollout = self._measure(rollout, now)
            if self.series is not None and rollout is not before:
                rollout = measure_further(rollout, self.series, self.timing)
        except UnreadableError as error:
            unreadable.append(str(error))
            rollout = replace(rollout, measured_until=before.measured_until)  # a run in this minute reads all again
        if failed := {name: result for name, result in rollout.tests.items() if result.has_failed}:
            return rollout.roll_back(describe(failed, rollout.samples), now)
        if (stopped := act_on_mismatch(rollout, now)) is not rollout:
            return stopped
        warning = mismatch(rollout)
        following = (
            _inconclusive(rollout, "; ".join(unreadable), now) if unreadable else _decide(rollout, now, self.gates)
        )
        return add_warning(following, warning)

    def _measure(self, rollout: Rollout, now: int) -> Rollout:
        """Add the samples up to now and, where they are large enough, their tests; nothing without new minutes."""
        plan, found = rollout.plan, None
        for window in windows(rollout.step_started_at, plan.interval_seconds, now, self.timing):
            if window.end <= rollout.measured_until:
                return rollout
            found = window, self.metrics.measure(window.start, window.end, plan)
            if not missing_requests(found[1].samples, plan):
                break
        return _with_samples(rollout, *found, self.timing) if found else rollout

    def _announce(self, items: Items, outcome: Outcome) -> Outcome:
        """Send what is pending, also from commands and from runs that ended too early, and write what is left.

        A run that ends between the two sends it twice: at least once is what is promised.
        """
        rollout = items.rollout
        if rollout is None or not rollout.pending or not self.channels:
            return outcome
        left, failures = send_pending(rollout, self.channels, self.clock())
        outcome = replace(outcome, failures=(*outcome.failures, *failures))
        if left == rollout.pending:
            return outcome
        try:
            written = self.store.write(replace(rollout, pending=left), items)
        except StoreError as error:
            return replace(outcome, failures=(*outcome.failures, f"announced, but not written: {error}"))
        return replace(outcome, rollout=written.rollout)

    def _sync(self, outcome: Outcome) -> Outcome:
        """Bring the key values up to date, also where an earlier run failed to.

        The control is read anew: another process may have written a later one since this run has read it.
        """
        if self.key_values is None:
            return outcome
        try:
            self.key_values.sync(lambda: self.store.read().live)
        except Exception as error:  # noqa: BLE001  the next run tries again
            return replace(outcome, failures=(*outcome.failures, f"key values: {type(error).__name__}: {error}"))
        return outcome


def _outcome(before: Rollout, written: Rollout) -> Outcome:
    has_changed = (before.state, before.canary_percent) != (written.state, written.canary_percent)
    return Outcome(written.state if has_changed else "measured", written.reason, written)


def _with_samples(rollout: Rollout, window: Window, found: Measured, timing: Timing) -> Rollout:
    samples, reference = found.samples, rollout.plan.reference
    measured = replace(rollout, samples=dict(samples), measured_until=window.end, tests={}, metrics={})
    if missing_requests(samples, rollout.plan):
        return measured
    analysis, periods = rollout.analyses + 1, (window.end - window.start) / timing.period_seconds
    is_whole = window.start - rollout.step_started_at < timing.settle_seconds + timing.period_seconds
    matched = {**samples, reference: found.match_reference(reference)}
    tests = analyze(matched, rollout.plan, analysis, periods, rollout.restarts + 1 if is_whole else 0)
    return replace(measured, analyses=analysis, tests=tests)


def _decide(rollout: Rollout, now: int, gates: Gates) -> Rollout:
    """Return the next state where no test has failed."""
    if rollout.state != RUNNING:
        return rollout
    if not rollout.measured_until:
        return rollout.explain("waits for the first minute of metrics")
    requests, metrics = missing_requests(rollout.samples, rollout.plan), missing_metrics(rollout)
    missing = "; ".join(filter(None, (requests, metrics)))
    if not missing:
        return _pass(rollout, describe(rollout.tests, rollout.samples), now, gates)
    has_canary = find_sample(rollout.samples, CANARY).trials >= rollout.plan.minimum_requests
    if rollout.canary_percent >= 100 and has_canary and not metrics:
        reason = f"alarms only, because no new visitors go to {rollout.plan.reference}: {missing}"
        return _pass(rollout, reason, now, gates)
    if not _is_due(rollout, now):
        return rollout.explain(f"waits: {missing}")
    return _inconclusive(rollout, f"{missing} at the end of the interval", now)


def _pass(rollout: Rollout, reason: str, now: int, gates: Gates) -> Rollout:
    """Go on to the next step at the end of the interval, where the gates are open."""
    return pass_gates(rollout, reason, now, gates) if _is_due(rollout, now) else rollout.explain(reason)


def _inconclusive(rollout: Rollout, reason: str, now: int) -> Rollout:
    """Do what the plan says for too little data."""
    if rollout.state != RUNNING:
        return rollout
    if rollout.plan.on_inconclusive == PAUSE:
        return rollout.pause(f"inconclusive: {reason}", now)
    if rollout.plan.on_inconclusive == ROLL_BACK and _is_due(rollout, now):
        return rollout.roll_back(f"inconclusive: {reason}", now)
    return rollout.explain(f"waits, inconclusive: {reason}")


def _is_due(rollout: Rollout, now: int) -> bool:
    return now >= rollout.interval_started_at + rollout.plan.interval_seconds
