"""What a look does to a rollout, and what it survives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.rollouts.simulation import MemoryStore
from controller.analysis.plan import Plan
from controller.analysis.sample import Sample
from controller.reconcile import Controller
from controller.rollout import transitions
from controller.rollout.store import Items, parse_items
from tests.controller.fakes import ALONE, BEGIN, FAILING, FEW, HEALTHY, PLAN, Sources, World, sample

ALARM = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:too-slow"
WITH_ALARM = replace(PLAN, alarms=(ALARM,))


@pytest.fixture
def world() -> World:
    return World()


def test_without_a_rollout_nothing_is_asked_or_written() -> None:
    store, sources = MemoryStore(), Sources()
    outcome = Controller(store, sources, sources, {}, lambda: BEGIN).reconcile()
    assert (outcome.kind, outcome.reason, outcome.rollout) == ("none", "no rollout was ever started", None)
    assert (store.rollout, sources.windows) == (None, [])


@pytest.mark.parametrize("transition", [transitions.promote, transitions.abort])
def test_a_rollout_that_is_over_is_left_alone(world: World, transition: object) -> None:
    world.ask(transition)
    assert world.reconcile().kind == "over"
    before = world.rollout
    world.sources.notified.clear()
    outcome = world.reconcile(20, FAILING)
    assert (outcome.kind, outcome.reason) == ("over", before.reason)
    assert (world.rollout, world.sources.windows, world.sources.notified) == (before, [], [])


def test_a_rollout_waits_for_its_first_metrics(world: World) -> None:
    assert world.reconcile(2).reason == "waits for the first minute of metrics"
    assert world.sources.windows == []


def test_good_figures_are_noted_until_the_interval_is_over(world: World) -> None:
    outcome = world.reconcile(5, HEALTHY)
    assert outcome.kind == "measured"
    assert outcome.reason == (
        "errors: canary 1.00 % (100 of 10,000), stable 1.00 % (100 of 10,000), +0.00 points (-0.42 to +0.67;"
        " allowed 1.00), p = 1 > 0.002;"
        " latency: canary 100.0 ms, stable 100.0 ms, +0.0 % (-11.2 to +12.6; allowed 20.0), p = 1 > 0.002"
    )
    assert (world.rollout.canary_percent, world.rollout.analyses, world.rollout.revision) == (5, 1, 2)
    assert world.sources.notified == []


def test_good_figures_raise_the_percentage_at_the_end_of_each_interval(world: World) -> None:
    percents: list[float] = []
    for _ in range(33):
        world.reconcile(1, HEALTHY)
        percents.append(world.rollout.canary_percent)
    assert percents == [5] * 9 + [25] * 10 + [100] * 14
    assert world.rollout.state == "succeeded"
    assert world.rollout.reason.startswith("all steps passed; the last: errors: canary 1.00 %")
    told = [(rollout.state, rollout.canary_percent) for rollout in world.sources.notified]
    assert told == [("running", 25), ("running", 100), ("succeeded", 100)]
    assert [event.state for event in world.rollout.history] == ["running", "running", "running", "succeeded"]


def test_a_plan_that_ends_below_100_stays_there() -> None:
    world = World(Plan(steps=(5, 50)))
    for _ in range(2):
        world.reconcile(11, HEALTHY)
    live = world.store.read().live
    assert (world.rollout.state, live.percent, live.percent_from) == ("succeeded", 50, "rollout")


def test_too_many_errors_roll_back_at_once(world: World) -> None:
    outcome = world.reconcile(3, FAILING)
    assert outcome.kind == "rolled-back"
    assert outcome.reason == (
        "errors: canary 10.00 % (1,000 of 10,000), stable 1.00 % (100 of 10,000), +9.00 points (+8.10 to +10.62;"
        " allowed 1.00), p < 1e-12 <= 0.002"
    )
    live = world.store.read().live
    assert (live.percent, live.is_withdrawn) == (0, True)
    assert [rollout.state for rollout in world.sources.notified] == ["rolled-back"]


def test_an_origin_that_is_down_rolls_back(world: World) -> None:
    down = {"stable": sample(), "canary": Sample(requests=600)}
    assert world.reconcile(3, down).kind == "rolled-back"
    assert world.rollout.reason.startswith("errors: canary 100.00 % (600 of 600), stable 1.00 %")


def test_answers_that_are_too_slow_roll_back_after_three_minutes(world: World) -> None:
    slow = {"stable": sample(), "canary": sample(latency_ms=170)}
    assert [world.reconcile(minutes, slow).kind for minutes in (3, 1, 1)] == ["measured", "measured", "rolled-back"]
    assert world.rollout.reason.startswith("latency: canary 170.0 ms, stable 100.0 ms, +70.0 % (+47.0 to +96.6; ")


def test_the_same_minutes_are_not_analyzed_twice(world: World) -> None:
    world.reconcile(5, HEALTHY)
    before = world.rollout
    outcome = world.reconcile(0, FAILING)
    assert (outcome.kind, world.rollout) == ("unchanged", before)


def test_each_step_counts_its_own_analyses(world: World) -> None:
    for _ in range(11):
        world.reconcile(1, HEALTHY)
    assert (world.rollout.step, world.rollout.analyses, world.rollout.samples) == (1, 0, {})
    world.reconcile(3, HEALTHY)
    assert world.rollout.analyses == 1
    assert world.sources.windows[-1] == (BEGIN + 660, BEGIN + 780)


# Too little to judge by


def test_too_few_requests_wait_until_the_end_of_the_interval_and_then_pause(world: World) -> None:
    outcome = world.reconcile(5, FEW)
    assert outcome.reason == "waits: canary has 499 of at least 500 requests"
    outcome = world.reconcile(5, FEW)
    assert (outcome.kind, outcome.rollout and outcome.rollout.canary_percent) == ("paused", 5)
    assert outcome.reason == "inconclusive: canary has 499 of at least 500 requests at the end of the interval"
    assert world.rollout.analyses == 0


def test_metrics_that_are_missing_or_late_are_too_few_requests(world: World) -> None:
    assert world.reconcile(10, {}).reason == (
        "inconclusive: canary has 0 and stable has 0 of at least 500 requests at the end of the interval"
    )
    assert world.rollout.state == "paused"


def test_where_the_plan_says_wait_it_goes_on_as_soon_as_there_is_enough() -> None:
    world = World(replace(PLAN, on_inconclusive="wait"))
    for _ in range(15):
        assert world.reconcile(1, FEW).rollout.state == "running"
    assert world.rollout.reason == (
        "waits, inconclusive: canary has 499 of at least 500 requests at the end of the interval"
    )
    assert world.reconcile(1, HEALTHY).rollout.canary_percent == 25


def test_where_the_plan_says_roll_back_it_does_so_at_the_end_of_the_interval() -> None:
    world = World(replace(PLAN, on_inconclusive="roll-back"))
    assert world.reconcile(9, FEW).kind == "measured"
    assert world.reconcile(1, FEW).kind == "rolled-back"


def test_the_whole_step_counts_where_the_last_interval_has_too_few(world: World) -> None:
    world.ask(transitions.pause)
    world.reconcile(60, FEW)
    assert world.sources.windows == [(BEGIN + 2_940, BEGIN + 3_540), (BEGIN + 60, BEGIN + 3_540)]
    world.reconcile(1, HEALTHY)
    assert world.sources.windows[2:] == [(BEGIN + 3_000, BEGIN + 3_600)]


def test_at_100_percent_without_new_visitors_on_stable_only_the_alarms_count() -> None:
    world = World(replace(PLAN, steps=(100,)))
    assert world.reconcile(5, ALONE).reason == (
        "alarms only, because no new visitors go to stable: stable has 0 of at least 500 requests"
    )
    assert world.reconcile(5, ALONE).reason == (
        "all steps passed; the last: alarms only, because no new visitors go to stable: stable has 0 of at least 500"
        " requests"
    )
    assert world.rollout.state == "succeeded"


def test_at_100_percent_without_requests_at_all_it_is_inconclusive() -> None:
    assert World(replace(PLAN, steps=(100,))).reconcile(10, {}).kind == "paused"


# Paused


def test_a_paused_rollout_is_watched_and_stays_where_it_is(world: World) -> None:
    world.ask(transitions.pause)
    outcome = world.reconcile(60, HEALTHY)
    assert (outcome.kind, outcome.reason) == ("measured", "paused manually")
    assert (world.rollout.state, world.rollout.canary_percent, world.rollout.analyses) == ("paused", 5, 1)
    assert world.rollout.tests["errorRate"].canary == 1


def test_a_paused_rollout_can_roll_back(world: World) -> None:
    world.ask(transitions.pause)
    assert world.reconcile(60, FAILING).kind == "rolled-back"


def test_a_resumed_rollout_has_a_whole_interval_again(world: World) -> None:
    world.ask(transitions.pause)
    world.reconcile(60, HEALTHY)
    world.ask(transitions.resume)
    kinds = [world.reconcile(1, HEALTHY).kind for _ in range(10)]
    assert kinds == ["measured"] * 9 + ["running"]


# What cannot be read


def test_a_region_whose_metrics_cannot_be_read_pauses_and_is_named(world: World) -> None:
    world.sources.unreadable = "the metrics cannot be read in eu-west-1 (throttled)"
    outcome = world.reconcile(3)
    assert outcome.kind == "paused"
    assert outcome.reason == "inconclusive: the metrics cannot be read in eu-west-1 (throttled)"
    assert world.rollout.canary_percent == 5
    assert world.reconcile(1).kind == "unchanged"


def test_metrics_that_cannot_be_read_make_a_waiting_plan_wait() -> None:
    world = World(replace(PLAN, on_inconclusive="wait"))
    world.sources.unreadable = "no"
    assert (world.reconcile(20).kind, world.rollout.reason) == ("measured", "waits, inconclusive: no")
    world.sources.unreadable = ""
    assert world.reconcile(1, HEALTHY).rollout.canary_percent == 25


def test_alarms_that_cannot_be_read_pause_but_a_failed_test_still_rolls_back() -> None:
    world = World(WITH_ALARM)
    world.sources.alarms_unreadable = "there is no alarm x"
    assert world.reconcile(3, HEALTHY).reason == "inconclusive: there is no alarm x"
    assert world.rollout.state == "paused"
    assert world.reconcile(1, FAILING).kind == "rolled-back"


@pytest.mark.parametrize("state", ["running", "paused"])
def test_an_alarm_rolls_back_whatever_the_metrics_say(state: str) -> None:
    world = World(WITH_ALARM)
    if state == "paused":
        world.ask(transitions.pause)
    world.sources.alarms = {ALARM: "ALARM"}
    world.sources.unreadable = "not asked"
    outcome = world.reconcile(1, HEALTHY)
    assert (outcome.kind, outcome.reason) == ("rolled-back", f"in ALARM: {ALARM}")
    assert world.sources.windows == []


@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA"])
def test_an_alarm_in_another_state_changes_nothing(state: str) -> None:
    world = World(WITH_ALARM)
    world.sources.alarms = {ALARM: state}
    assert world.reconcile(5, HEALTHY).kind == "measured"


# The config changes meanwhile


def test_another_percentage_in_config_leaves_the_rollout_as_it_is(world: World) -> None:
    world.memory.config(percent="60", revision="2")
    assert world.store.read().live.percent == 5
    assert world.reconcile(5, HEALTHY).kind == "measured"
    assert (world.store.read().live.percent, world.rollout.config_revision) == (5, "2")


def test_a_rollback_holds_though_the_config_was_changed_during_the_rollout(world: World) -> None:
    world.memory.config(percent="60", revision="2")
    world.reconcile(5, FAILING)
    live = world.store.read().live
    assert (live.percent, live.is_withdrawn, live.percent_from) == (0, True, "rollout")


def test_a_percentage_set_after_the_rollback_lifts_it(world: World) -> None:
    world.reconcile(5, FAILING)
    world.memory.config(percent="1", revision="2")
    live = world.store.read().live
    assert (live.percent, live.is_withdrawn, live.percent_from) == (1, False, "config")


def test_a_rollout_waits_for_a_pin_and_then_starts_the_step_again(world: World) -> None:
    world.reconcile(5, HEALTHY)
    world.memory.config(pin="stable", revision="2")
    assert world.reconcile(1, {}).reason == "waits: pin is stable in config"
    assert [world.reconcile(1, {}).kind for _ in range(20)] == ["unchanged"] * 20
    assert (world.rollout.state, len(world.sources.windows)) == ("running", 1)
    world.memory.config(revision="3")
    assert world.reconcile(1, HEALTHY).reason == "the pin was removed: the step starts again"
    rollout = world.rollout
    assert (rollout.step_started_at, rollout.interval_started_at) == (int(world.now), int(world.now))
    assert (rollout.analyses, rollout.samples, rollout.canary_percent) == (1, {}, 5)
    assert world.reconcile(2).reason == "waits for the first minute of metrics"


def test_a_paused_rollout_keeps_its_reason_during_a_pin(world: World) -> None:
    world.ask(transitions.pause)
    world.memory.config(pin="stable", revision="2")
    assert world.reconcile(1).reason == "paused manually"
    assert world.rollout.waits_for_pin


def test_another_release_in_config_ends_it(world: World) -> None:
    world.memory.config(release="2026-12", percent="3", revision="2")
    outcome = world.reconcile(1)
    assert (outcome.kind, outcome.reason) == ("ended", "the release in config is 2026-12 now")
    live = world.store.read().live
    assert (live.percent, live.percent_from, live.is_withdrawn) == (3, "config", False)
    assert world.sources.notified[-1].state == "ended"


# Crashes, two at once, and everything that must not matter


def test_the_next_run_recovers_from_a_crash_between_read_and_write(world: World) -> None:
    def crash() -> None:
        world.sources.meanwhile = lambda: None
        raise KeyboardInterrupt

    before = world.rollout
    world.sources.meanwhile = crash
    with pytest.raises(KeyboardInterrupt):
        world.reconcile(3, FAILING)
    assert (world.rollout, world.sources.notified) == (before, [])
    assert world.reconcile(0).kind == "rolled-back"
    assert len(world.sources.notified) == 1


def test_of_two_runs_at_once_the_slower_one_does_nothing(world: World) -> None:
    for _ in range(9):
        world.reconcile(1, HEALTHY)
    kinds: list[str] = []

    def faster() -> None:
        world.sources.meanwhile = lambda: None
        kinds.append(world.reconcile().kind)

    world.sources.meanwhile = faster
    outcome = world.reconcile(1)
    assert (kinds, outcome.kind) == (["running"], "conflict")
    assert outcome.reason == "nothing done: another process wrote at the same time"
    assert (world.rollout.step, world.rollout.canary_percent) == (1, 25)
    assert [rollout.canary_percent for rollout in world.sources.notified] == [25]


def test_a_person_who_aborts_during_a_run_wins(world: World) -> None:
    world.sources.meanwhile = lambda: world.ask(transitions.abort)
    assert world.reconcile(10, HEALTHY).kind == "conflict"
    assert world.rollout.reason == "aborted manually"


def test_a_config_that_changes_during_a_run_makes_the_next_one_decide(world: World) -> None:
    world.sources.meanwhile = lambda: world.memory.config(percent="60", revision="2")
    assert world.reconcile(5, FAILING).kind == "conflict"
    world.sources.meanwhile = lambda: None
    assert world.reconcile().kind == "rolled-back"
    assert world.store.read().live.is_withdrawn


def test_a_failed_notification_changes_nothing_else_and_is_sent_by_the_next_run(world: World) -> None:
    world.sources.notification_error = "SNS is down"
    outcome = world.reconcile(5, FAILING)
    assert (outcome.kind, outcome.failures) == ("rolled-back", ("notification: RuntimeError: SNS is down",))
    assert world.store.read().live.is_withdrawn
    world.sources.notification_error = ""
    assert world.reconcile(1).failures == ()
    assert [event.state for event in world.sources.notified] == ["rolled-back"]
    world.reconcile(1)
    assert len(world.sources.notified) == 1


def test_an_invalid_item_is_left_alone_and_reported() -> None:
    class Malformed(MemoryStore):
        def read(self) -> Items:
            return parse_items([self.config_item, {"item": {"S": "rollout"}, "state": {"S": "running"}}])

    sources = Sources()
    outcome = Controller(Malformed(), sources, sources, {}, lambda: BEGIN, key_values=sources).reconcile()
    assert outcome.kind == "malformed"
    assert outcome.reason == "nothing done: the control table's rollout item is invalid: plan is missing"
    assert sources.synced == []


# Key values


def test_the_key_values_follow_what_is_in_force(world: World) -> None:
    world.reconcile(1)
    world.reconcile(9, HEALTHY)
    world.reconcile(5, FAILING)
    assert [(live.percent, live.is_withdrawn) for live in world.sources.synced] == [(5, False), (25, False), (0, True)]


def test_key_values_that_could_not_be_written_are_written_by_the_next_run(world: World) -> None:
    world.sources.sync_error = "KVS is down"
    outcome = world.reconcile(5, FAILING)
    assert (outcome.kind, outcome.failures) == ("rolled-back", ("key values: RuntimeError: KVS is down",))
    world.sources.sync_error = ""
    assert world.reconcile(1).kind == "over"
    assert world.sources.synced[-1].is_withdrawn


def test_key_values_follow_the_config_where_no_rollout_was_started() -> None:
    store, sources = MemoryStore(percent="7"), Sources()
    Controller(store, sources, sources, {}, lambda: BEGIN, key_values=sources).reconcile()
    assert [live.percent for live in sources.synced] == [7]


def test_what_is_announced_later_does_not_bring_a_rollout_back_that_the_config_has_replaced(world: World) -> None:
    world.ask(transitions.promote)
    world.memory.config(percent="10", revision="2")
    assert world.store.read().live.percent == 10
    world.reconcile()
    assert [event.state for event in world.sources.notified] == ["succeeded"]
    live = world.store.read().live
    assert (live.percent, live.percent_from, world.rollout.config_revision) == (10, "config", "1")
