"""Runs that stop before and after every call, over one world; each write is held against what had been proven.

A run is the real controller, or a command, in a greenlet: the test decides when it goes on, and how the call ends. What
a write may do is decided here, by what this run has been told and by what is in the table, not by the controller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError
from greenlet import greenlet

from controller.analysis.plan import Plan, Timing
from controller.analysis.same_minutes import Measured
from controller.analysis.sample import Sample
from controller.gates.decision import Answer
from controller.gates.settings import Gates
from controller.reconcile import Controller, Outcome
from controller.rollout import transitions
from controller.rollout.events import Announcement
from controller.rollout.state import Rollout
from controller.rollout.store import ConflictError, Items, StoreError, parse_items
from controller.rollout.transitions import TransitionError
from controller.sources.cloudwatch import UnreadableError
from controller.sources.key_values import CloudFrontKeyValues, store_text
from controller.sources.webhooks import question_id

BEGIN = 1_800_000_000
ALARM = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors"
PERSON = "alice"
ERROR, LOST, STALE = "error", "lost", "stale"
"""A call fails, succeeds with a response that is lost, or reads what was there before the last write."""
PER_MINUTE = 1_000
MINUTE = 60
HOUR = 3_600
TRAFFIC: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "healthy": {"stable": (PER_MINUTE, 10), "canary": (PER_MINUTE, 10)},
    "failing": {"stable": (PER_MINUTE, 10), "canary": (PER_MINUTE, 500)},
    "few": {"stable": (PER_MINUTE, 10), "canary": (20, 0)},
    "none": {},
}
"""Requests and errors of a minute, by version."""


class Killed(BaseException):
    """What a run gets where it is killed: nothing of the controller may catch it."""


class BrokenError(AssertionError):
    """Something that must never happen."""


def require(condition: object, text: str) -> None:
    if not condition:
        raise BrokenError(text)


@dataclass
class Seen:
    """What a run has been told, and what it has written."""

    now: int = 0
    served: list[tuple[int, int, Mapping[str, Sample]]] = field(default_factory=list)
    in_alarm: Sequence[str] | None = None
    answer: Answer | None = None
    asked: str = ""
    gates: Gates = field(default_factory=Gates)
    is_disturbed: bool = False


class World:
    """Table, metrics, alarms, webhook, key values and channels, and what has been proven so far."""

    def __init__(self, gates: Gates) -> None:
        self.now, self.gates = BEGIN, gates
        self.release, self.pin, self.percent, self.config_revision = "a", "none", 0, 1
        self.rollout: Rollout | None = None
        self.minutes: dict[int, str] = {}
        self.late_seconds = 0
        self.is_ringing = False
        self.answer = Answer("proceed")
        self.value: str | None = None
        self.etag = 1
        self.items = self.former_items = self._read()
        self.live = self.items.live
        self.lives: list[str] = [store_text(self.live)]
        self.allowed = 0.0
        self.withdrawn: tuple[int, int] | None = None
        self.replaced = 0
        """The start of a rollout that was over when the config changed: it counts no more."""
        self.events: dict[tuple[int, int], int] = {}
        self.delivered: dict[str, set[tuple[int, int]]] = {"mail": set(), "bus": set()}
        self.approved: set[tuple[int, int, int]] = set()
        self.asked: dict[str, int] = {}
        self.windows: dict[tuple[int, int], tuple[int, int]] = {}
        self.former: dict[int, Rollout] = {}

    # What is there

    @property
    def config_item(self) -> dict[str, Any]:
        return {
            "scope": {"S": "edge"},
            "item": {"S": "config"},
            "canaryPercent": {"N": str(self.percent)},
            "pin": {"S": self.pin},
            "release": {"S": self.release},
            "revision": {"S": str(self.config_revision)},
        }

    def _read(self) -> Items:
        items = parse_items([self.config_item])
        return items if self.rollout is None else items.with_rollout(self.rollout)

    def configure(self, **changes: Any) -> None:
        """What `pulumi up` writes."""
        self.former_items = self.items
        for name, value in changes.items():
            setattr(self, name, value)
        self.config_revision += 1
        if self.rollout is not None and self.rollout.state in ("succeeded", "rolled-back", "ended"):
            self.replaced = self.rollout.started_at
        self.allowed = max(self.allowed, self.percent)
        self._keep_live()

    def _keep_live(self) -> None:
        self.items = self._read()
        self.live = self.items.live
        self.lives.append(store_text(self.live))

    def samples(self, start: int, end: int) -> dict[str, Sample]:
        sums = {"stable": Sample(), "canary": Sample()}
        for minute in range(start, end, MINUTE):
            if minute >= self.now - self.late_seconds:
                continue
            for version, (requests, errors) in TRAFFIC[self.minutes.get(minute, "none")].items():
                sums[version] += Sample(requests, requests, errors, requests, requests * 4.0, requests * 16.5)
        return sums

    def pass_time(self, minutes: int, traffic: str) -> None:
        for _ in range(minutes):
            self.minutes[self.now // MINUTE * MINUTE] = traffic
            self.now += MINUTE

    # Writes

    def write(self, rollout: Rollout, read: Items, seen: Seen | None) -> Items:
        """Write on the conditions of the real table, and hold it against what was proven. `seen` is a controller's."""
        there = self.items
        revision = (self.rollout.revision if self.rollout else 0, there.config_revision)
        if revision != (read.rollout.revision if read.rollout else 0, read.config_revision):
            raise ConflictError("another process wrote at the same time")
        written = read.next_revision(rollout)
        require(written.reason, "there is no reason")
        if seen is None:
            self._by_command(self.rollout, written)
        else:
            self._by_controller(self.rollout, written, seen)
        for former in read.former(written):
            self.former[former.started_at] = former
        self.former_items, self.rollout = there, written
        for news in written.pending:
            self.events[news.started_at, news.event.sequence] = news.event.at
        is_new = there.rollout is not None and there.rollout.is_active
        if written.state == "rolled-back" and is_new and written.release == self.release:
            self.withdrawn = (written.started_at, self.config_revision)
        self._keep_live()
        self.check()
        return self.items

    def _by_command(self, before: Rollout | None, written: Rollout) -> None:
        if before is None or before.started_at != written.started_at:
            first = written.plan.steps[written.step]
            self.allowed = max(first, self.percent, self.allowed if self.is_in_force else 0)
            self.withdrawn = None
        elif written.state == "succeeded":
            self.allowed = 100
        if before is not None and written.gate.approved_at and not before.gate.approved_at:
            self.approved.add((written.started_at, written.step, written.interval_started_at))

    @property
    def is_in_force(self) -> bool:
        return self.live.percent_from == "rollout"

    def _by_controller(self, before: Rollout | None, written: Rollout, seen: Seen) -> None:
        require(before is not None and before.started_at == written.started_at, "the controller started a rollout")
        assert before is not None
        step = (before.started_at, before.step_started_at)
        if before.state not in ("running", "paused"):
            require((before.state, before.canary_percent) == (written.state, written.canary_percent), "it was over")
        if written.samples != before.samples and written.samples:
            start, end, samples = seen.served[-1]
            require(samples == written.samples, "samples that were not measured")
            require(start >= before.step_started_at, "samples of another step")
            self.windows[step] = (start, end)
        if written.canary_percent > before.canary_percent or written.state == "succeeded" != before.state:
            self._proven(before, written, seen)
            self.allowed = max(self.allowed, written.canary_percent)

    def _proven(self, before: Rollout, written: Rollout, seen: Seen) -> None:
        plan = before.plan
        is_end = written.state == "succeeded"
        require(before.state == "running", "a step was taken that was not running")
        require((before.release, self.pin) == (self.release, "none"), "a step was taken against the config")
        if is_end:
            require(before.step + 1 == len(plan.steps), "it succeeded before its last step")
        else:
            require(written.step == before.step + 1, "a step was left out")
            require(written.canary_percent == plan.steps[written.step], "another percentage than the step's")
        require(seen.now >= before.interval_started_at + plan.interval_seconds, "a step was taken too early")
        require(seen.in_alarm == (), "a step was taken without looking at the alarms, or during one")
        fresh = [samples for start, _, samples in seen.served if start >= before.step_started_at]
        samples = fresh[-1] if fresh else before.samples
        canary, stable = samples.get("canary", Sample()), samples.get("stable", Sample())
        require(canary.trials >= plan.minimum_requests, "a step was taken with too few requests of the canary")
        alone = before.canary_percent == 100
        require(stable.trials >= plan.minimum_requests or alone, "a step was taken with too few requests of stable")
        require(canary.error_rate <= 0.03, "a step was taken with a canary that fails")
        self._open(before, seen, is_end=is_end)

    def _open(self, before: Rollout, seen: Seen, *, is_end: bool) -> None:
        gates = seen.gates
        if not is_end:
            require(not gates.freeze, "a step was taken while frozen")
            target = before.plan.steps[before.step + 1]
            given = (before.started_at, before.step, before.interval_started_at)
            require(target not in gates.approval or given in self.approved, "a step was taken without its approval")
        policy = gates.webhook
        if policy.attempts:
            is_asked = seen.answer is not None and seen.answer.decision == "proceed"
            is_exhausted = policy.on_failure == "proceed" and before.gate.attempts >= policy.attempts
            require(is_asked or is_exhausted, "a step was taken without the webhook's answer")
            if is_asked:
                asked = question_id("stack", replace(before, gate=replace(before.gate, is_end=is_end)))
                require(seen.asked == asked, "the webhook was asked about another step")

    def check(self) -> None:
        """What holds at every moment."""
        live = self.live
        require(live.percent <= max(self.allowed, self.percent), "the percentage is above what was proven")
        if self.rollout is not None and self.rollout.started_at == self.replaced:
            require(live.percent_from != "rollout", "a rollout that the config has replaced is in force again")
        if self.withdrawn is not None and self.rollout is not None and self.pin == "none":
            started_at, revision = self.withdrawn
            if (self.rollout.started_at, self.config_revision) == (started_at, revision):
                require(live.is_withdrawn, "a rollback was lost")


@dataclass
class Ended:
    """The end of a run: an outcome, an error that Lambda would count, a command that was rejected, or nothing."""

    outcome: Outcome | None = None
    error: Exception | None = None


class Run:
    """A controller's run or a command, stopped at a call. `fault` is what happens to the call where it stands."""

    def __init__(self, world: World, skew_seconds: int = 0) -> None:
        self.world, self.skew_seconds = world, skew_seconds
        self.seen = Seen(gates=world.gates)
        self.ended: Ended | None = None
        self.at = ""
        self.first_written: Rollout | None = None
        self._greenlet = greenlet(self._run)

    def go_on(self, fault: str = "") -> None:
        """Go on to the next call's beginning or end."""
        if fault:
            self.seen.is_disturbed = True
        self.ended = self._greenlet.switch(fault) or self.ended

    def finish(self) -> Ended:
        while self.ended is None:
            self.go_on()
        return self.ended

    def kill(self) -> None:
        """End it where it stands: nothing of what comes after happens."""
        if self._greenlet:  # it has begun, and not ended
            self._greenlet.throw(Killed)
        self.ended = self.ended or Ended()

    def _run(self, _: str) -> Ended:
        try:
            return self.body()
        except Killed:
            return Ended()
        except StoreError as error:
            return Ended(error=error)

    def body(self) -> Ended:
        controller = Controller(
            store=self,
            metrics=self,
            alarms=self,
            channels={"mail": Mail(self, "mail"), "bus": Mail(self, "bus")},
            clock=self.clock,
            timing=Timing(),
            key_values=CloudFrontKeyValues(Values(self), "arn"),
            gates=self.seen.gates,
            webhook=self if self.seen.gates.webhook.attempts else None,
        )
        return Ended(controller.reconcile())

    def clock(self) -> float:
        self.seen.now = self.world.now + self.skew_seconds
        return self.seen.now

    def call(self, name: str, operation: Callable[[], Any], error: Exception) -> Any:
        """One call to elsewhere: the test is asked before and after."""
        fault = self._stop(f"before {name}")
        if fault == ERROR:
            raise error
        result = self.world.former_items if fault == STALE else operation()
        if self._stop(f"after {name}") == LOST:
            raise error
        return result

    def _stop(self, at: str) -> str:
        self.at = at
        assert self._greenlet.parent is not None
        return self._greenlet.parent.switch(None)

    # What a controller asks and tells

    def read(self) -> Items:
        return self.call("read", lambda: self.world.items, StoreError("no answer"))

    def write(self, rollout: Rollout, read: Items) -> Items:
        def write() -> Items:
            found = self.world.write(rollout, read, self.seen)
            self.first_written = self.first_written or found.rollout
            return found

        return self.call("write", write, StoreError("no answer"))

    def measure(self, start: int, end: int, _: Plan) -> Measured:
        found = self.call("metrics", lambda: self.world.samples(start, end), UnreadableError("throttled"))
        self.seen.served.append((start, end, found))
        return Measured(found)

    def in_alarm(self, arns: Sequence[str]) -> Sequence[str]:
        self.seen.in_alarm = self.call(
            "alarms", lambda: tuple(arns) if self.world.is_ringing else (), UnreadableError("throttled")
        )
        return self.seen.in_alarm

    def ask(self, rollout: Rollout) -> Answer:
        identity = question_id("stack", rollout)
        self.seen.asked = identity
        self.world.asked[identity] = self.world.asked.get(identity, 0) + 1
        try:
            found = self.call("webhook", lambda: self.world.answer, ConnectionError())
        except ConnectionError:
            found = Answer("failed", "no answer")
        self.seen.answer = found
        return found


class Mail:
    """A channel that delivers, unless the test says otherwise."""

    def __init__(self, run: Run, name: str) -> None:
        self._run, self._name = run, name

    def send(self, news: Announcement, rollout: Rollout) -> None:
        def deliver() -> None:
            self._run.world.delivered[self._name].add((news.started_at, news.event.sequence))

        self._run.call(self._name, deliver, ConnectionError("down"))


class Values:
    """The key-value store's client."""

    def __init__(self, run: Run) -> None:
        self._run, self._world = run, run.world

    def describe_key_value_store(self, **_: str) -> dict[str, Any]:
        return self._run.call("etag", lambda: {"ETag": self._world.etag}, _error("ThrottlingException"))

    def get_key(self, **_: str) -> dict[str, Any]:
        def get() -> dict[str, Any]:
            if self._world.value is None:
                raise _error("ResourceNotFoundException")
            return {"Value": self._world.value}

        return self._run.call("value", get, _error("ThrottlingException"))

    def put_key(self, **given: Any) -> None:
        def put() -> None:
            if given["IfMatch"] != self._world.etag:
                raise _error("ConflictException")
            self._world.value = given["Value"]
            self._world.etag += 1

        self._run.call("put", put, _error("ThrottlingException"))


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "Call")


class Command(Run):
    """What a person does: it reads, and writes what the transition makes of it."""

    def __init__(self, world: World, transition: Callable[[Items, float], Rollout], skew_seconds: int = 0) -> None:
        super().__init__(world, skew_seconds)
        self._transition = transition

    def body(self) -> Ended:
        items = self.read()
        try:
            rollout = self._transition(items, self.clock())
        except TransitionError as error:
            return Ended(error=error)
        self.call("write", lambda: self.world.write(rollout, items, None), StoreError("no answer"))
        return Ended()


def approve(items: Items, now: float) -> Rollout:
    return transitions.approve(items, now, PERSON)


def reject(items: Items, now: float) -> Rollout:
    return transitions.reject(items, now, PERSON)
