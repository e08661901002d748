"""The sample ratio of new visitors, and metrics of the plan's own: what they do to a rollout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from controller.analysis.own_metric import OwnMetric, Series
from controller.analysis.plan import Plan
from controller.analysis.sample_ratio import Minutes, step_alpha
from controller.gates.decision import Answer
from controller.gates.settings import Gates, WebhookPolicy
from controller.rollout import transitions
from controller.rollout.item import from_item, to_item
from controller.rollout.state import Rollout
from controller.sources.cloudwatch import UnreadableError
from stats.alpha_spending import ALPHA
from tests.controller.fakes import BEGIN, FAILING, HEALTHY, PLAN, World

EVEN, ODD = {"canary": 50, "stable": 950}, {"canary": 80, "stable": 920}
MISMATCH = (
    "sample ratio: 320 of 4,000 new visitors were assigned to canary (8.00 %), expected 5 %, p = 3.8e-11 <= 0.002."
    " Likely causes: a Region or a key-value store that still has another percentage, decisions of one version that"
    " fall back to stable, or that are not logged"
)
ORDERS = OwnMetric("Shop", "OrderValue", ("eu-west-1",), direction="higher-is-better", allowed_percent=5)
GOOD, BAD = {"stable": (40.0, 300.0), "canary": (40.0, 100.0)}, {"stable": (40.0, 300.0), "canary": (30.0, 100.0)}


class Silent:
    """A webhook that never answers."""

    def ask(self, rollout: Rollout) -> Answer:
        assert rollout.gate.asked_at
        return Answer("failed", "HTTP 503")


class Unreadable:
    """CloudWatch in a Region that throttles."""

    def new_visitors(self, *_: object) -> Mapping[str, Minutes]:
        raise UnreadableError("the metrics cannot be read in eu-west-1 (throttled)")

    def own_metric(self, *_: object) -> Mapping[str, Series]:
        raise UnreadableError("the metrics cannot be read in eu-west-1 (throttled)")


def watching_world(action: str = "hold", *, metrics: dict[str, OwnMetric] | None = None) -> World:
    return World(replace(PLAN, on_sample_ratio_mismatch=action, metrics=metrics or {}))


def test_new_visitors_as_expected_are_noted() -> None:
    world = watching_world()
    world.sources.visitors = EVEN
    assert world.reconcile(6, HEALTHY).kind == "measured"
    ratio = world.rollout.sample_ratio["canary"]
    assert (ratio.assigned, ratio.visitors, ratio.expected_percent, ratio.since) == (200, 4_000, 5, BEGIN + 60)
    assert (ratio.has_failed, ratio.observed_percent) == (False, 5)
    assert from_item(to_item(world.rollout)) == world.rollout


def test_a_mismatch_holds_the_rollout_and_says_why() -> None:
    world = watching_world()
    world.sources.visitors = ODD
    outcome = world.reconcile(6, HEALTHY)
    assert (outcome.kind, outcome.reason) == ("paused", MISMATCH)
    assert world.rollout.canary_percent == 5
    assert world.reconcile(1).rollout.reason == outcome.reason


def test_who_resumes_is_not_stopped_again_by_what_was_known() -> None:
    world = watching_world()
    world.sources.visitors = ODD
    world.reconcile(6, HEALTHY)
    assert world.ask(transitions.resume).sample_ratio == {}
    resumed_at = int(world.now)
    world.sources.visitors = EVEN
    assert [world.reconcile(1, HEALTHY).kind for _ in range(10)] == ["measured"] * 9 + ["running"]
    world.sources.visitors = ODD
    assert world.reconcile(9, HEALTHY).kind == "paused"
    assert world.rollout.sample_ratio["canary"].since > resumed_at


def test_a_second_run_in_a_minute_takes_no_step_without_a_ratio_that_the_first_could_not_read() -> None:
    world = World(replace(PLAN, on_inconclusive="wait"))
    world.reconcile(9, HEALTHY)
    readable = world.controller
    world.controller = replace(readable, series=Unreadable())
    reason = "waits, inconclusive: the metrics cannot be read in eu-west-1 (throttled)"
    assert [world.reconcile(minutes, HEALTHY).reason for minutes in (1, 0)] == [reason, reason]
    world.controller = readable
    assert world.reconcile(0, HEALTHY).rollout.canary_percent == 25


def test_a_mismatch_rolls_back_or_warns_where_the_plan_says_so() -> None:
    world = watching_world("roll-back")
    world.sources.visitors = ODD
    assert world.reconcile(6, HEALTHY).kind == "rolled-back"
    world = watching_world("warn")
    world.sources.visitors = ODD
    outcome = world.reconcile(6, HEALTHY)
    assert outcome.kind == "measured"
    assert outcome.reason.startswith("errors: canary 1.00 % (100 of 10,000)")
    assert "; sample ratio: 320 of 4,000 new visitors" in outcome.reason
    assert world.reconcile(5, HEALTHY).rollout.canary_percent == 25


def test_a_wait_that_goes_on_has_one_warning_and_not_one_more_with_each_run() -> None:
    world = watching_world("warn")
    gates = Gates(webhook=WebhookPolicy("gate.example.com", 5))
    world.controller = replace(world.controller, gates=gates, webhook=Silent())
    world.sources.visitors = ODD
    world.reconcile(10, HEALTHY)
    reasons = [world.reconcile(1, HEALTHY).reason for _ in range(8)]
    assert [reason.count("sample ratio: ") for reason in reasons] == [1] * 8


def test_the_baseline_is_a_group_with_a_share_of_its_own() -> None:
    world = World(replace(PLAN, baseline=True))
    world.sources.visitors = EVEN | {"baseline": 20}
    assert world.reconcile(6, HEALTHY).reason.startswith(
        "sample ratio: 80 of 4,000 new visitors were assigned to baseline"
    )
    assert world.rollout.sample_ratio["canary"].alpha == step_alpha(PLAN, 0) / 2


def test_at_100_percent_there_is_no_ratio() -> None:
    world = World(replace(PLAN, steps=(5, 100)))
    world.sources.visitors = {"canary": 1_000}
    world.ask(lambda _, now: world.rollout.start_step(1, int(now), "next"))
    world.reconcile(6, HEALTHY)
    assert (world.rollout.sample_ratio, world.rollout.state) == ({}, "running")


def test_the_steps_of_a_plan_share_one_alpha() -> None:
    parts = [step_alpha(Plan(), step) for step in range(5)]
    assert sum(parts) == pytest.approx(ALPHA)
    assert parts == [*sorted(parts[:4]), 0]


# Metrics of the plan's own


def test_a_metric_that_is_worse_than_allowed_rolls_back() -> None:
    world = watching_world(metrics={"orderValue": ORDERS})
    world.sources.own = BAD
    outcome = world.reconcile(12, HEALTHY)
    assert (outcome.kind, outcome.reason) == (
        "rolled-back",
        "metric orderValue: canary 30.5, stable 40.5, limit 38.48, p = 1.2e-07 <= 0.0033",
    )
    assert from_item(to_item(world.rollout)) == world.rollout


def test_a_metric_within_what_is_allowed_passes_with_the_others() -> None:
    world = watching_world(metrics={"orderValue": ORDERS})
    world.sources.own = GOOD
    outcome = world.reconcile(11, HEALTHY)
    assert (outcome.kind, world.rollout.canary_percent) == ("running", 25)
    assert "; metric orderValue: canary 40.56, stable 40.56, limit 38.53, p = 1 > 0.0033" in outcome.reason
    assert (world.rollout.metrics, world.rollout.tests) == ({}, {})


def test_a_metric_without_enough_data_is_inconclusive_and_never_good() -> None:
    world = watching_world(metrics={"orderValue": ORDERS})
    assert world.reconcile(9, HEALTHY).reason == (
        "waits: metric orderValue: canary has 0 and stable has 0 of at least 500 samples"
    )
    outcome = world.reconcile(1, HEALTHY)
    assert (outcome.kind, outcome.reason) == (
        "paused",
        "inconclusive: metric orderValue: canary has 0 and stable has 0 of at least 500 samples at the end of the"
        " interval",
    )


def test_what_was_enough_is_so_after_a_day_of_waiting_for_approval() -> None:
    world = watching_world(metrics={"orderValue": ORDERS})
    world.controller = replace(world.controller, gates=Gates(approval=(25.0,)))
    world.sources.own = GOOD
    states = {(world.reconcile(15, HEALTHY).rollout.state, world.rollout.gate.waits_for) for _ in range(4 * 25)}
    assert states == {("running", "approval")}
    world.ask(lambda items, now: transitions.approve(items, now, "anna"))
    assert world.reconcile(1).rollout.canary_percent == 25


def test_few_minutes_are_not_enough_either() -> None:
    world = watching_world(metrics={"orderValue": replace(ORDERS, minimum=1)})
    world.sources.own = GOOD
    assert world.reconcile(5, HEALTHY).reason == (
        "waits: metric orderValue: there are 3 of at least 5 blocks of minutes with 30 samples each"
    )


def test_a_metric_that_cannot_be_read_is_inconclusive_and_the_others_still_roll_back() -> None:
    world = watching_world(metrics={"orderValue": ORDERS})
    world.sources.own_unreadable = "the metrics cannot be read in eu-west-1 (throttled)"
    assert world.reconcile(4, HEALTHY).reason == ("inconclusive: the metrics cannot be read in eu-west-1 (throttled)")
    assert world.reconcile(0).rollout.reason == world.rollout.reason
    assert world.reconcile(1, FAILING).kind == "rolled-back"
