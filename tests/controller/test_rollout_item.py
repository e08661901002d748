"""The rollout as an item of the control table, and items that make no sense."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from controller.analysis.document import FieldError
from controller.analysis.plan import Plan
from controller.analysis.sample import Sample
from controller.rollout.item import from_item, to_document, to_item
from controller.rollout.state import MAX_EVENTS
from router.control.live import parse_live
from tests.controller.fakes import BEGIN, FAILING, HEALTHY, PLAN, World


@pytest.fixture
def world() -> World:
    made = World(Plan(steps=(0.25, 12.5, 100), alarms=("arn:aws:cloudwatch:us-east-1:123456789012:alarm:a",)))
    made.reconcile(5, HEALTHY)
    return made


def test_what_was_written_is_what_is_read(world: World) -> None:
    assert from_item(to_item(world.rollout)) == world.rollout
    assert world.rollout.tests.keys() == {"errorRate", "latency"}
    world.reconcile(1, FAILING)
    assert from_item(to_item(world.rollout)) == world.rollout
    assert world.rollout.state == "rolled-back"


def test_the_router_reads_the_same_item(world: World) -> None:
    live = parse_live([world.memory.config_item, to_item(world.rollout)])
    assert (live.percent, live.percent_from, live.revision) == (0.25, "rollout", "rollout:2")


def test_the_document_is_json_with_everything_that_status_shows(world: World) -> None:
    document = json.loads(json.dumps(to_document(world.rollout)))
    assert document["plan"] == {
        "steps": [0.25, 12.5, 100],
        "intervalSeconds": 600,
        "maxErrorRateIncrease": 1,
        "maxLatencyIncrease": 20,
        "minimumRequests": 500,
        "onInconclusive": "pause",
        "alarms": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"],
        "baseline": False,
        "onSampleRatioMismatch": "hold",
        "metrics": {},
        "latencyQuantiles": {},
    }
    assert document["samples"]["canary"]["errorRatePercent"] == 1
    assert document["samples"]["canary"]["latencyMs"] == 100
    assert document["tests"]["errorRate"]["hasFailed"] is False
    assert (document["state"], document["step"], document["looks"], document["startedAt"]) == ("running", 0, 1, BEGIN)
    started = {"at": BEGIN, "state": "running", "canaryPercent": 0.25, "reason": "started", "step": 0, "sequence": 1}
    assert document["history"] == [started]
    assert (document["gate"], document["pending"]) == ({}, [])


def test_the_history_is_bounded() -> None:
    world = World()
    for _ in range(MAX_EVENTS):
        world.ask(lambda items, now: items.rollout.pause("again", int(now)))
    assert len(world.rollout.history) == MAX_EVENTS
    assert {event.reason for event in world.rollout.history} == {"again"}


Change = Callable[[dict[str, Any]], object]
MALFORMED: list[tuple[Change, str]] = [
    (lambda item: item.pop("state"), "state is missing"),
    (lambda item: item.update(state={"S": "walking"}), "state is malformed"),
    (lambda item: item.update(canaryPercent={"S": "abc"}), "canaryPercent is malformed"),
    (lambda item: item.update(canaryPercent={"N": "101"}), "canaryPercent is malformed"),
    (lambda item: item.update(revision={"N": "1.5"}), "revision is malformed"),
    (lambda item: item.update(revision={"N": "0"}), "revision is malformed"),
    (lambda item: item.update(step={"N": "3"}), "step is malformed"),
    (lambda item: item.update(plan={"S": "fast"}), "plan is malformed"),
    (lambda item: item["plan"]["M"].pop("steps"), "plan.steps is missing"),
    (lambda item: item["plan"]["M"].update(steps={"L": [{"N": "5"}, {"N": "5"}]}), "plan.steps is malformed"),
    (lambda item: item["plan"]["M"].update(steps={"L": []}), "plan.steps is malformed"),
    (lambda item: item["plan"]["M"].update(onInconclusive={"S": "guess"}), "plan.onInconclusive is malformed"),
    (lambda item: item["plan"]["M"].update(intervalSeconds={"BOOL": True}), "plan.intervalSeconds is malformed"),
    (lambda item: item["plan"]["M"].update(alarms={"L": [{"N": "5"}]}), "plan.alarms is malformed"),
    (lambda item: item["samples"]["M"].update(canary={"S": "few"}), "samples.canary is malformed"),
    (lambda item: item["tests"]["M"]["latency"]["M"].pop("pValue"), "tests.latency.pValue is missing"),
    (lambda item: item.update(waitsForPin={"S": "no"}), "waitsForPin is malformed"),
    (lambda item: item.update(history={"L": [{"M": {}}]}), "history.at is missing"),
    (lambda item: item.update(reason={"X": "?"}), "an attribute has an unknown type"),
]


@pytest.mark.parametrize(("change", "text"), MALFORMED, ids=[text for _, text in MALFORMED])
def test_an_invalid_item_is_rejected_with_the_name_of_its_field(world: World, change: Change, text: str) -> None:
    item = json.loads(json.dumps(to_item(world.rollout)))
    change(item)
    with pytest.raises(FieldError) as caught:
        from_item(item)
    assert str(caught.value) == text


def test_changes_with_long_reasons_leave_room_in_the_item(world: World) -> None:
    """An item has at most 400 KB; a rollback that cannot be written is none."""
    rollout = world.rollout
    for number in range(MAX_EVENTS):
        rollout = rollout.pause("x" * 30_000, BEGIN + number)
    assert len(json.dumps(to_item(rollout)).encode()) < 200_000
    assert (rollout.reason, rollout.history[-1].reason) == ("x" * 30_000, "x" * 1_499 + "…")


def test_requests_that_nobody_answered_are_errors() -> None:
    assert Sample(requests=100, responses=90, server_errors=5).errors == 15
    assert Sample(requests=90, responses=100, server_errors=5).errors == 5
    assert Sample(requests=90, responses=100, server_errors=5).error_rate == 0.05
    assert Sample(requests=100).error_rate == 1
    assert Sample().error_rate == Sample().latency_ms == 0


def test_samples_of_regions_are_added() -> None:
    assert Sample(1, 2, 3, 4, 5, 6) + Sample(1, 1, 1, 1, 1, 1) == Sample(2, 3, 4, 5, 6, 7)


def test_the_plan_of_the_item_is_the_plan() -> None:
    assert Plan.from_json(PLAN.to_json()) == PLAN


def test_a_plan_of_an_earlier_version_has_no_baseline() -> None:
    earlier = {key: value for key, value in Plan().to_json().items() if key != "baseline"}
    assert Plan.from_json(earlier) == Plan(baseline=False)
