"""Gates: what a step waits for, for how long, and that no rollback does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from controller.gates.decision import Answer
from controller.gates.settings import Gates, WebhookPolicy
from controller.gates.times import Times, is_open, opens_at
from controller.rollout import transitions
from controller.rollout.item import from_item, to_item
from controller.rollout.state import Rollout
from controller.rollout.transitions import TransitionError
from controller.sources.webhooks import question_id
from tests.controller.fakes import BEGIN, FAILING, HEALTHY, World

ALICE = "arn:aws:sts::123456789012:assumed-role/dev/alice"
ERRORS = "errors: canary 1.00 % (100 of 10,000), stable 1.00 % (100 of 10,000), +0.00 points ("
OFFICE = Times(("mon", "tue", "wed", "thu", "fri"), "09:00", "17:00")
ASKED = Gates(webhook=WebhookPolicy("gate.example.com", 3))


@dataclass
class Hook:
    """A webhook with an answer to each question; FAILED where it has no more."""

    answers: list[Answer] = field(default_factory=list[Answer])
    asked: list[Rollout] = field(default_factory=list[Rollout])

    def ask(self, rollout: Rollout) -> Answer:
        self.asked.append(rollout)
        return self.answers.pop(0) if self.answers else Answer("failed", "HTTP 503")


def gated_world(gates: Gates, hook: Hook | None = None) -> World:
    world = World()
    world.controller = replace(world.controller, gates=gates, webhook=hook)
    return world


def approve(world: World) -> None:
    world.ask(lambda items, now: transitions.approve(items, now, ALICE))


def test_a_step_waits_until_somebody_approves_it_and_everybody_is_told() -> None:
    world = gated_world(Gates(approval=(25,)))
    assert world.reconcile(10, HEALTHY).reason.startswith(
        f"waits for approval: `edge-router rollout approve` lets 25 % begin; {ERRORS}"
    )
    world.reconcile(30)
    gate = world.rollout.gate
    assert (gate.waits_for, gate.canary_percent, gate.began_at) == ("approval", 25, BEGIN + 600)
    assert (world.rollout.canary_percent, len(world.sources.notified)) == (5, 1)
    assert from_item(to_item(world.rollout)) == world.rollout
    approve(world)
    assert world.reconcile(1).kind == "running"
    assert (world.rollout.canary_percent, world.rollout.gate.to_json()) == (25, {})
    reasons = [event.reason for event in world.sources.notified]
    assert reasons[1] == f"25 % approved by {ALICE}"
    assert reasons[2].startswith("step 1 passed: errors: canary 1.00 %")
    assert world.reconcile(10).rollout.canary_percent == 100


def test_a_step_that_is_rejected_is_rolled_back() -> None:
    world = gated_world(Gates(approval=(25,)))
    world.reconcile(10, HEALTHY)
    world.ask(lambda items, now: transitions.reject(items, now, ALICE))
    assert (world.rollout.state, world.rollout.reason) == ("rolled-back", f"25 % rejected by {ALICE}")


@pytest.mark.parametrize("name", ["approve", "reject"])
def test_only_a_step_that_waits_can_be_approved(name: str) -> None:
    world = gated_world(Gates(approval=(25,)))
    change = transitions.BY_PERSON[name]
    with pytest.raises(TransitionError, match=r"^nothing waits for approval \(step 1 of 3, 5 %\): started$"):
        world.ask(lambda items, now: change(items, now, ALICE))
    world.reconcile(10, HEALTHY)
    approve(world)
    with pytest.raises(TransitionError, match=f"^25 % is approved already, by {ALICE}$"):
        world.ask(lambda items, now: change(items, now, ALICE))
    world.ask(transitions.pause)
    with pytest.raises(TransitionError, match=r"^nothing waits for approval \(step 1 of 3, 5 %\): paused manually$"):
        world.ask(lambda items, now: change(items, now, ALICE))


def test_an_approval_does_not_outlast_the_interval_that_it_was_given_in() -> None:
    world = gated_world(Gates(approval=(25,)))
    world.reconcile(10, HEALTHY)
    approve(world)
    world.ask(transitions.pause)
    world.ask(transitions.resume)
    world.reconcile(10)
    assert (world.rollout.canary_percent, world.rollout.gate.waits_for) == (5, "approval")


@pytest.mark.parametrize(
    "gates",
    [Gates(approval=(25,)), Gates(freeze=True), Gates(times=(Times(("sat",), "00:00", "01:00"),)), ASKED],
    ids=["approval", "freeze", "times", "webhook"],
)
def test_no_gate_delays_a_rollback(gates: Gates) -> None:
    world = gated_world(gates, Hook([Answer("hold")]))
    world.reconcile(10, HEALTHY)
    assert world.rollout.canary_percent == 5
    assert world.reconcile(1, FAILING).kind == "rolled-back"
    assert world.rollout.gate.to_json() == {}


def test_a_freeze_holds_steps_until_it_is_lifted_and_does_not_hold_the_end() -> None:
    world = gated_world(Gates(freeze=True))
    for _ in range(3):
        assert world.reconcile(10, HEALTHY).reason.startswith("waits: frozen by rollout.gates.freeze; errors: canary")
    world.controller = replace(world.controller, gates=Gates())
    assert [world.reconcile(10).rollout.canary_percent for _ in range(2)] == [25, 100]
    world.controller = replace(world.controller, gates=Gates(freeze=True))
    assert world.reconcile(10).kind == "succeeded"


def test_outside_of_the_times_a_step_waits_for_the_next_of_them() -> None:
    """BEGIN is Friday 09:00 in Berlin."""
    world = gated_world(Gates(times=(Times(("fri",), "08:00", "09:00"), OFFICE), time_zone="Europe/Berlin"))
    world.now += 8 * 3_600
    outcome = world.reconcile(0, HEALTHY)
    assert outcome.reason.startswith(
        f"waits: outside of the times for steps until Mon 2027-01-18 09:00 Europe/Berlin; {ERRORS}"
    )
    assert world.rollout.gate.next_at == int(datetime(2027, 1, 18, 8, tzinfo=UTC).timestamp())
    world.now = float(world.rollout.gate.next_at)
    assert world.reconcile().kind == "running"


def test_times_are_those_of_the_clock_on_the_wall_in_summer_and_winter() -> None:
    def at(text: str) -> float:
        return datetime.fromisoformat(text).timestamp()

    for text, opened in {
        "2026-03-27T07:59:00+00:00": False,  # Friday, 08:59 in winter
        "2026-03-27T08:00:00+00:00": True,
        "2026-03-30T07:00:00+00:00": True,  # Monday, 09:00 in summer
        "2026-03-30T14:59:00+00:00": True,
        "2026-03-30T15:00:00+00:00": False,
        "2026-03-29T10:00:00+00:00": False,  # Sunday
    }.items():
        assert is_open((OFFICE,), "Europe/Berlin", at(text)) is opened, text
    assert opens_at((OFFICE,), "Europe/Berlin", at("2026-03-27T20:00:00+00:00")) == at("2026-03-30T07:00:00+00:00")
    late = Times(("sun",), "22:00", "24:00")
    assert is_open((late,), "Asia/Kolkata", at("2026-03-29T18:29:59+00:00"))
    assert not is_open((late,), "Asia/Kolkata", at("2026-03-29T18:30:00+00:00"))
    assert opens_at((late,), "Asia/Kolkata", at("2026-03-29T17:00:00+00:00")) == at("2026-04-05T16:30:00+00:00")


def test_times_that_clocks_leave_out_begin_after_the_gap_or_not_at_all() -> None:
    """In Berlin 02:00 to 03:00 of 2027-03-28 does not exist."""

    def opens(start: str, end: str) -> str:
        before = datetime.fromisoformat("2027-03-28T00:59:00+00:00").timestamp()
        return datetime.fromtimestamp(
            opens_at((Times(("sun",), start, end),), "Europe/Berlin", before), UTC
        ).isoformat()

    assert opens("02:30", "04:00") == "2027-03-28T01:00:00+00:00"
    assert opens("02:00", "03:00") == "2027-04-04T00:00:00+00:00"


def test_the_webhook_is_asked_before_each_step_and_at_the_end() -> None:
    hook = Hook([Answer("proceed"), Answer("proceed", "load test passed"), Answer("proceed")])
    world = gated_world(ASKED, hook)
    percents = [world.reconcile(10, HEALTHY).rollout.canary_percent for _ in range(3)]
    assert (percents, world.rollout.state) == ([25, 100, 100], "succeeded")
    assert [(asked.gate.canary_percent, asked.gate.is_end) for asked in hook.asked] == [
        (25, False),
        (100, False),
        (100, True),
    ]
    reasons = [event.reason for event in world.rollout.history]
    assert reasons[1].endswith("; the webhook gate.example.com lets it go on")
    assert reasons[2].endswith("; the webhook gate.example.com lets it go on: load test passed")


def test_a_webhook_that_does_not_answer_is_asked_again_after_1_and_2_minutes_with_the_same_id() -> None:
    hook = Hook([Answer("failed", "HTTP 503"), Answer("failed", "HTTP 503"), Answer("proceed")])
    world = gated_world(ASKED, hook)
    world.reconcile(10, HEALTHY)
    assert world.rollout.reason == "waits for the webhook gate.example.com: attempt 1 of 3 failed (HTTP 503)"
    asked = [len(hook.asked)]
    for _ in range(3):
        world.reconcile(1)
        asked.append(len(hook.asked))
    assert (asked, world.rollout.canary_percent) == ([1, 2, 2, 3], 25)
    assert len({question_id("prod", rollout) for rollout in hook.asked}) == 1


@pytest.mark.parametrize(
    ("on_failure", "state", "percent"),
    [("pause", "paused", 5), ("proceed", "running", 25), ("roll-back", "rolled-back", 0)],
)
def test_after_the_last_attempt_the_settings_say_what_happens(on_failure: str, state: str, percent: float) -> None:
    hook = Hook()
    world = gated_world(Gates(webhook=WebhookPolicy("gate.example.com", 2, on_failure=on_failure)), hook)
    world.reconcile(10, HEALTHY)
    world.reconcile(1)
    assert (world.rollout.state, world.rollout.canary_percent, len(hook.asked)) == (state, percent, 2)
    assert "the webhook gate.example.com has not answered in 2 attempts (HTTP 503)" in world.rollout.reason


def test_a_webhook_that_says_hold_is_asked_every_minute_and_one_that_says_roll_back_is_believed() -> None:
    hook = Hook([Answer("hold", "load test runs")] * 9 + [Answer("roll-back", "load test failed")])
    world = gated_world(ASKED, hook)
    world.reconcile(10, HEALTHY)
    assert world.rollout.reason == "waits for the webhook gate.example.com, which says hold: load test runs"
    for _ in range(9):
        world.reconcile(1)
    assert (world.rollout.state, len(hook.asked)) == ("rolled-back", 10)
    assert world.rollout.reason == "the webhook gate.example.com says roll-back: load test failed"


def test_a_run_that_ends_before_the_answer_is_written_counts_as_an_attempt() -> None:
    class Killed(BaseException):
        pass

    class Deadly(Hook):
        def ask(self, rollout: Rollout) -> Answer:
            super().ask(rollout)
            raise Killed

    hook = Deadly()
    world = gated_world(replace(ASKED, webhook=WebhookPolicy("gate.example.com", 2)), hook)
    for minutes in (10, 1):
        with pytest.raises(Killed):
            world.reconcile(minutes, HEALTHY)
    assert world.reconcile(2).kind == "paused"
    assert world.rollout.reason == (
        "the webhook gate.example.com has not answered in 2 attempts (a run ended before its answer was written)"
    )
    assert len({question_id("prod", rollout) for rollout in hook.asked}) == 1


def test_an_answer_that_comes_after_an_abort_changes_nothing() -> None:
    world = gated_world(ASKED)

    class Late(Hook):
        def ask(self, rollout: Rollout) -> Answer:
            world.ask(transitions.abort)
            return Answer("proceed")

    world.controller = replace(world.controller, webhook=Late())
    assert world.reconcile(10, HEALTHY).kind == "conflict"
    assert world.rollout.reason == "aborted manually"


def test_gates_come_from_the_environment() -> None:
    assert Gates.from_environment("") == Gates()
    text = (
        '{"approval": [25], "timeZone": "Europe/Berlin", "times": [{"days": ["mon"], "from": "09:00", "to": "24:00"}]}'
    )
    assert Gates.from_environment(text) == Gates((25,), (Times(("mon",), "09:00", "24:00"),), "Europe/Berlin")
