"""A rollout that is interrupted at any call: whatever meets whatever, it is never above what was proven.

`make interruptions` runs INTERLEAVINGS of them (50,000); a quick run a dozen.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from controller.analysis.plan import Plan
from controller.gates.decision import Answer
from controller.gates.settings import Gates, WebhookPolicy
from controller.gates.times import Times
from controller.rollout import transitions
from controller.rollout.item import from_item, to_item
from controller.sources.key_values import store_text
from tests.controller.interleaved import (
    ALARM,
    ERROR,
    HOUR,
    LOST,
    STALE,
    TRAFFIC,
    Command,
    Ended,
    Run,
    World,
    approve,
    reject,
    require,
)

INTERLEAVINGS = int(os.environ.get("INTERLEAVINGS", "12"))
SEED = int(os.environ.get("INTERLEAVINGS_SEED", "2026"))
STEPS = 12
MOST_RUNS = 3
PLAN = Plan(steps=(5, 25, 100), interval_seconds=240, alarms=(ALARM,))
GATES = (
    Gates(),
    Gates(),
    Gates(approval=(25, 100)),
    Gates(webhook=WebhookPolicy("gate", 2)),
    Gates(webhook=WebhookPolicy("gate", 2, on_failure="proceed")),
    Gates(approval=(100,), webhook=WebhookPolicy("gate", 3, on_failure="roll-back")),
    Gates(freeze=True),
    Gates(times=(Times(("fri",), "08:00", "08:10"), Times(("fri",), "08:20", "24:00"))),
)
ANSWERS = (Answer("proceed"), Answer("hold", "not yet"), Answer("roll-back", "bad"), Answer("failed", "HTTP 503"))
COMMANDS = {
    "pause": transitions.pause,
    "resume": transitions.resume,
    "promote": transitions.promote,
    "abort": transitions.abort,
    "approve": approve,
    "reject": reject,
}
CONFIGS = {"percent": 10}, {"percent": 0}, {"pin": "stable"}, {"pin": "none"}, {"pin": "none"}, {"release": "b"}
SKEWS = st.sampled_from((0, 0, 0, -60, 60, 31))


class Interruptions(RuleBasedStateMachine):
    """Runs and commands side by side, in every order, with every call failing, and killed at every one."""

    world: World
    runs: list[Run]

    @initialize(gates=st.integers(0, len(GATES) - 1), others=st.integers(0, 15), runs=st.integers(0, 2))
    def begin(self, gates: int, others: int, runs: int) -> None:
        """A rollout whose next step is due."""
        self.world, self.runs = World(GATES[gates]), []
        self.plan = Plan(**{**vars(PLAN), "on_inconclusive": ("wait", "wait", "pause", "roll-back")[others // 4]})
        self.command(transitions_start(self.plan), is_split=False, skew=0)
        for _ in range(runs):
            self.minutes_and_a_whole_run(5, "healthy")
        self.world.answer = ANSWERS[others % 4]
        self.world.pass_time(5, "healthy")

    # Time and runs

    @rule(minutes=st.sampled_from((1, 3, 5, 5)), traffic=st.sampled_from(("healthy",) * 5 + tuple(TRAFFIC)))
    def minutes_and_a_whole_run(self, minutes: int, traffic: str) -> None:
        self.world.pass_time(minutes, traffic)
        self.start_run(0)
        self.complete(self.runs.pop())

    @rule()
    def a_healthy_interval_and_a_whole_run(self) -> None:
        self.minutes_and_a_whole_run(5, "healthy")

    @rule(minutes=st.sampled_from((1, 3, 20)), traffic=st.sampled_from(sorted(TRAFFIC)))
    def minutes_only(self, minutes: int, traffic: str) -> None:
        self.world.pass_time(minutes, traffic)

    @precondition(lambda self: len(self.runs) < MOST_RUNS)
    @rule(skew=SKEWS, calls=st.integers(1, 24))
    def a_run_that_stops(self, skew: int, calls: int) -> None:
        self.start_run(skew)
        self.advance(self.runs[-1], calls)

    @precondition(lambda self: self.runs)
    @rule(which=st.integers(0, MOST_RUNS - 1), calls=st.integers(1, 12))
    def it_goes_on(self, which: int, calls: int) -> None:
        if calls < 10:
            self.advance(self.runs[which % len(self.runs)], calls)
        else:
            self.complete(self.runs.pop(which % len(self.runs)))

    @precondition(lambda self: self.runs)
    @rule(which=st.integers(0, MOST_RUNS - 1))
    def its_call_fails(self, which: int) -> None:
        run = self.runs[which % len(self.runs)]
        run.go_on(ERROR if run.at.startswith("before") else LOST)
        self.forget_ended()

    @precondition(lambda self: any(run.at == "before read" for run in self.runs))
    @rule()
    def its_read_is_stale(self) -> None:
        next(run for run in self.runs if run.at == "before read").go_on(STALE)
        self.forget_ended()

    @precondition(lambda self: self.runs)
    @rule(which=st.integers(0, MOST_RUNS - 1))
    def it_is_killed(self, which: int) -> None:
        self.runs.pop(which % len(self.runs)).kill()

    # People, the config, and everything around

    @rule(name=st.sampled_from(sorted(COMMANDS)), is_split=st.booleans(), skew=SKEWS)
    def a_person_commands(self, name: str, is_split: bool, skew: int) -> None:
        self.command(COMMANDS[name], is_split=is_split, skew=skew)

    @rule(is_split=st.booleans(), skew=SKEWS)
    def a_person_starts(self, is_split: bool, skew: int) -> None:
        self.command(transitions_start(self.plan), is_split=is_split, skew=skew)

    @precondition(lambda self: self.world.rollout is not None and self.world.rollout.gate.waits_for == "approval")
    @rule()
    def a_person_approves(self) -> None:
        self.command(approve, is_split=False, skew=0)

    @rule(
        change=st.sampled_from(({"percent": 10}, {"percent": 0}, {"pin": "stable"}, {"pin": "none"}, {"release": "b"}))
    )
    def the_config_changes(self, change: dict[str, Any]) -> None:
        self.world.configure(**change)

    @rule(
        change=st.sampled_from(
            (
                *({"is_ringing": value} for value in (False, True)),
                *({"late_seconds": value} for value in (0, 180)),
                *({"answer": value} for value in ANSWERS),
                *({"gates": value} for value in GATES[1:]),
            )
        )
    )
    def the_world_changes(self, change: dict[str, Any]) -> None:
        for name, value in change.items():
            setattr(self.world, name, value)

    @invariant()
    def nothing_is_above_what_was_proven(self) -> None:
        self.world.check()
        require(self.world.value in (None, *self.world.lives), "the key values have what the table never had")

    def teardown(self) -> None:
        """Everything ends, nothing fails any more: then all is known everywhere, and every change was announced."""
        if not hasattr(self, "world"):
            return
        for run in self.runs:
            self.complete(run)
        world = self.world
        world.is_ringing, world.late_seconds = False, 0
        world.pass_time(1, "healthy")
        outcome = Run(world).finish().outcome
        assert outcome is not None
        require(outcome.reason, "an outcome without a reason")
        failures = [text for text in outcome.failures if not text.startswith("given up")]
        require(not failures, f"{failures} without a fault")
        rollout = world.rollout
        assert rollout is not None
        require(not rollout.pending, "something is still to be announced")
        require(world.value == store_text(world.live), "the key values are not what is in force")
        require(from_item(to_item(rollout)) == rollout, "the item is not read as it was written")
        for name, delivered in world.delivered.items():
            missing = {event: at for event, at in world.events.items() if event not in delivered}
            require(all(world.now - at >= HOUR - 60 for at in missing.values()), f"{name} never had {missing}")
        if not rollout.is_active:
            require(rollout.started_at in world.former, "a rollout that is over is in no history")

    # How

    def start_run(self, skew: int) -> None:
        run = Run(self.world, skew)
        run.go_on()
        self.runs.append(run)

    def advance(self, run: Run, calls: int) -> None:
        for _ in range(calls):
            if run.ended is None:
                run.go_on()
        self.forget_ended()

    def forget_ended(self) -> None:
        self.runs = [run for run in self.runs if run.ended is None]

    def complete(self, run: Run) -> None:
        """Go on to the end; a run that nothing disturbed has rolled back a canary that fails."""
        ended = run.finish()
        if type(run) is not Run or run.seen.is_disturbed or not has_written(ended) or not run.seen.served:
            return
        canary = run.seen.served[-1][2]["canary"]
        written = run.first_written
        if canary.trials >= PLAN.minimum_requests and canary.error_rate > 0.2 and written is not None:
            require(written.state in ("rolled-back", "ended"), "a gate delayed a rollback")

    def command(self, transition: Any, *, is_split: bool, skew: int) -> None:
        run = Command(self.world, transition, skew)
        run.go_on()
        if is_split and len(self.runs) < MOST_RUNS:
            self.advance(run, 2)
            self.runs += [run] if run.ended is None else []
        else:
            run.finish()


def has_written(ended: Ended) -> bool:
    return ended.outcome is not None and ended.outcome.kind not in ("none", "over", "conflict", "malformed")


def transitions_start(plan: Plan) -> Any:
    return lambda items, now: transitions.start(plan, items, now)


def test_whatever_meets_whatever_it_is_never_above_what_was_proven() -> None:
    machine = seed(SEED)(Interruptions)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=INTERLEAVINGS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,),
            report_multiple_bugs=False,
        ),
    )
