"""What a person may do to a rollout."""

from __future__ import annotations

import pytest

from bench.rollouts.simulation import MemoryStore
from controller.analysis.plan import Plan
from controller.rollout import transitions
from controller.rollout.transitions import TransitionError
from tests.controller.fakes import BEGIN, HEALTHY, PLAN, World


def refusal(world: World, name: str) -> str:
    before = world.rollout
    with pytest.raises(TransitionError) as caught:
        world.ask(transitions.BY_NAME[name])
    assert world.rollout == before
    return str(caught.value)


def start_refusal(store: MemoryStore, plan: Plan = PLAN) -> str:
    with pytest.raises(TransitionError) as caught:
        transitions.start(plan, store.read(), BEGIN)
    return str(caught.value)


def test_a_rollout_starts_at_its_first_step() -> None:
    rollout = World().rollout
    assert (rollout.state, rollout.canary_percent, rollout.step, rollout.revision) == ("running", 5, 0, 1)
    assert (rollout.release, rollout.config_revision, rollout.reason) == ("2026-11", "1", "started")
    assert rollout.started_at == rollout.step_started_at == rollout.interval_started_at == BEGIN


def test_a_rollout_starts_at_the_first_step_above_the_effective_percentage() -> None:
    store = MemoryStore(percent="10")
    rollout = transitions.start(PLAN, store.read(), BEGIN)
    assert (rollout.canary_percent, rollout.step) == (25, 1)
    assert rollout.reason == "started at step 2 because the canary has 10 % already"


def test_a_step_that_is_in_force_already_is_measured_all_the_same() -> None:
    rollout = transitions.start(PLAN, MemoryStore(percent="25").read(), BEGIN)
    assert (rollout.canary_percent, rollout.step) == (25, 1)


def test_a_second_rollout_is_rejected_while_one_is_active() -> None:
    world = World()
    text = "a rollout of release 2026-11 is running already (step 1 of 3, 5 %); promote or abort it first"
    assert start_refusal(world.memory) == text
    world.ask(transitions.pause)
    assert start_refusal(world.memory) == text.replace("running", "paused")


def test_a_rollout_of_another_release_can_be_replaced() -> None:
    world = World()
    world.memory.config(release="2026-12", revision="2")
    rollout = world.ask(lambda items, now: transitions.start(PLAN, items, now))
    assert (rollout.release, rollout.revision, rollout.config_revision) == ("2026-12", 2, "2")


def test_a_rollout_is_rejected_while_a_pin_is_set() -> None:
    assert start_refusal(MemoryStore(pin="stable")) == (
        "pin is stable in config, which takes precedence over a rollout: set it to none and run `pulumi up`"
    )


@pytest.mark.parametrize("percent", ["100", "100.0"])
def test_a_rollout_with_nothing_left_to_roll_out_is_rejected(percent: str) -> None:
    assert start_refusal(MemoryStore(percent=percent)) == (
        "the canary has 100 % already, and the plan ends at 100 %: there is nothing to roll out. To start again,"
        " set a new release or a lower canaryPercent in config"
    )


def test_a_longer_plan_goes_on_from_where_a_shorter_one_has_ended() -> None:
    world = World(Plan(steps=(5,)))
    world.reconcile(11, HEALTHY)
    assert world.rollout.state == "succeeded"
    assert "the canary has 5 % already, and the plan ends at 5 %" in start_refusal(world.memory, Plan(steps=(5,)))
    assert transitions.start(PLAN, world.memory.read(), world.now).canary_percent == 5


def test_after_a_rollback_a_rollout_starts_from_the_beginning() -> None:
    world = World()
    world.ask(transitions.abort)
    rollout = world.ask(lambda items, now: transitions.start(PLAN, items, now))
    assert (rollout.state, rollout.canary_percent, rollout.revision) == ("running", 5, 3)
    assert not world.memory.read().live.is_withdrawn


def test_pause_and_resume() -> None:
    world = World()
    world.now += 300
    paused = world.ask(transitions.pause)
    assert (paused.state, paused.canary_percent, paused.reason) == ("paused", 5, "paused manually")
    assert refusal(world, "pause") == "the rollout is paused already (step 1 of 3, 5 %): paused manually"
    world.now += 300
    resumed = world.ask(transitions.resume)
    assert (resumed.state, resumed.canary_percent, resumed.reason) == ("running", 5, "resumed manually")
    assert (resumed.step_started_at, resumed.interval_started_at) == (BEGIN, BEGIN + 600)
    assert refusal(world, "resume") == "the rollout is not paused, it is running (step 1 of 3, 5 %)"


@pytest.mark.parametrize("state", ["running", "paused"])
def test_promote_gives_everybody_new_to_the_canary(state: str) -> None:
    world = World()
    if state == "paused":
        world.ask(transitions.pause)
    promoted = world.ask(transitions.promote)
    assert (promoted.state, promoted.canary_percent, promoted.reason) == ("succeeded", 100, "promoted manually")
    assert world.memory.read().live.percent == 100


@pytest.mark.parametrize("state", ["running", "paused"])
def test_abort_sends_everybody_back(state: str) -> None:
    world = World()
    if state == "paused":
        world.ask(transitions.pause)
    aborted = world.ask(transitions.abort)
    assert (aborted.state, aborted.canary_percent, aborted.reason) == ("rolled-back", 0, "aborted manually")
    live = world.memory.read().live
    assert (live.percent, live.is_withdrawn) == (0, True)


@pytest.mark.parametrize("name", sorted(transitions.BY_NAME))
def test_nothing_can_be_done_to_a_rollout_that_is_over(name: str) -> None:
    world = World()
    world.ask(transitions.abort)
    assert refusal(world, name) == (
        "no rollout is running: the last one, of release 2026-11, was rolled back: aborted manually"
    )


@pytest.mark.parametrize("name", sorted(transitions.BY_NAME))
def test_nothing_can_be_done_where_no_rollout_was_started(name: str) -> None:
    with pytest.raises(TransitionError) as caught:
        transitions.BY_NAME[name](MemoryStore().read(), BEGIN)
    assert str(caught.value) == "no rollout is running: none was ever started"
