"""Live control: one read per refresh, the last good value whatever fails, and the reason why."""

from __future__ import annotations

from typing import Any

import pytest

from router.control.live import after_failure
from router.model.assignment import Live
from router.model.deadline import DeadlineError
from tests.router.control_table import CONFIG, REGIONS, Clock, Replicas, config_item, control_over, rollout_item

LAST_GOOD = Live(10.0, "none", "2026-11", False, "config", "config:1a2b3c4d")


def test_the_nearest_replica_is_read_once_and_remembered() -> None:
    replicas, clock = Replicas([CONFIG, rollout_item()]), Clock()
    control = control_over(replicas, clock=clock)
    live = control.current()
    assert live == Live(25.0, "none", "2026-11", False, "rollout", "rollout:7")
    clock.now += 9.9
    assert control.current() is live
    assert replicas.reads == [("eu-west-1", 0.3)]


def test_a_new_value_is_in_force_after_the_refresh() -> None:
    replicas, clock = Replicas([CONFIG]), Clock()
    control = control_over(replicas, clock=clock)
    control.current()
    replicas.answer = [config_item(canaryPercent={"N": "50"})]
    clock.now += 9.9
    assert control.current().percent == 10
    clock.now += 0.1
    assert control.current().percent == 50
    assert [region for region, _ in replicas.reads] == ["eu-west-1", "eu-west-1"]


@pytest.mark.parametrize("moving", [0, 1])
def test_a_freeze_that_stops_one_clock_does_not_make_the_value_last_longer(moving: int) -> None:
    replicas, clocks = Replicas([CONFIG]), (Clock(), Clock())
    control = control_over(replicas, clock=clocks[0], timer=clocks[1])
    control.current()
    clocks[moving].now += 600
    control.current()
    assert len(replicas.reads) == 2


def test_a_clock_that_is_set_back_does_not_make_the_value_last_longer() -> None:
    replicas, wall, monotonic = Replicas([CONFIG]), Clock(), Clock()
    control = control_over(replicas, clock=wall, timer=monotonic)
    control.current()
    wall.now -= 3_600
    monotonic.now += 10
    control.current()
    assert len(replicas.reads) == 2


FAILURES: list[tuple[Any, str]] = [
    *((reason, f"table-{reason}") for reason in ("timeout", "refused", "throttled", "garbage", "access-denied")),
    ([], "missing-config"),
    ([config_item(canaryPercent={"N": "abc"})], "malformed-canaryPercent"),
    ([config_item(canaryPercent={"N": "101"})], "malformed-canaryPercent"),
    ([config_item(canaryPercent=None)], "malformed-canaryPercent"),
    ([config_item(pin={"S": "beta"})], "malformed-pin"),
    ([config_item(release=None), rollout_item()], "malformed-release"),
    (KeyError("x"), "error:KeyError"),
]


@pytest.mark.parametrize(("answer", "reason"), FAILURES)
def test_the_last_good_value_goes_on_with_the_reason_until_a_refresh_succeeds(answer: Any, reason: str) -> None:
    replicas, clock = Replicas([CONFIG]), Clock()
    control = control_over(replicas, clock=clock)
    assert control.current() == LAST_GOOD
    replicas.answer = answer
    for _ in range(3):
        clock.now += 10
        assert control.current() == after_failure(LAST_GOOD, reason)
    replicas.answer = [config_item(canaryPercent={"N": "50"}, revision={"S": "beef"})]
    clock.now += 10
    assert control.current() == Live(50.0, "none", "2026-11", False, "config", "config:beef")


@pytest.mark.parametrize(("answer", "reason"), FAILURES)
def test_the_baked_value_holds_as_long_as_nothing_was_ever_read(answer: Any, reason: str) -> None:
    replicas, clock = Replicas(answer), Clock()
    control = control_over(replicas, clock=clock, baked=Live(5.0, "stable", ""))
    for _ in range(3):
        assert control.current() == Live(5.0, "stable", "", False, "baked", "", reason)
        clock.now += 10
    replicas.answer = [CONFIG]
    assert control.current() == LAST_GOOD


def test_a_malformed_rollout_alone_does_not_keep_a_new_config_out() -> None:
    replicas, clock = Replicas([CONFIG, rollout_item()]), Clock()
    control = control_over(replicas, clock=clock)
    control.current()
    replicas.answer = [config_item(canaryPercent={"N": "3"}), rollout_item(state={"S": "?"})]
    clock.now += 10
    live = control.current()
    assert (live.percent, live.percent_from, live.reason) == (3.0, "config", "rollout-malformed-state")
    clock.now += 10
    control.current()
    assert {region for region, _ in replicas.reads} == {"eu-west-1"}


def test_a_failed_refresh_waits_as_long_as_one_that_succeeded() -> None:
    replicas, clock = Replicas("refused"), Clock()
    control = control_over(replicas, clock=clock)
    for _ in range(100):
        control.current()
        clock.now += 0.1
    assert len(replicas.reads) == 1


def test_after_a_failure_the_next_nearest_replica_is_asked_and_stays_as_long_as_it_answers() -> None:
    replicas, clock = Replicas([CONFIG], eu_west_1="timeout"), Clock()
    control = control_over(replicas, clock=clock)
    for _ in range(3):
        control.current()
        clock.now += 10
    replicas.by_region = {"us-east-1": "refused", "ap-southeast-1": "refused"}
    for _ in range(3):
        control.current()
        clock.now += 10
    eu, us, asia = REGIONS
    assert [region for region, _ in replicas.reads] == [eu, us, us, us, asia, eu]
    assert control.current() == LAST_GOOD


def test_a_read_that_the_deadline_interrupts_counts_as_one_and_the_deadline_goes_on() -> None:
    replicas, clock = Replicas(DeadlineError()), Clock()
    control = control_over(replicas, clock=clock)
    with pytest.raises(DeadlineError):
        control.current()
    assert control.current() == Live(0.0, "none", "", reason="interrupted")
    assert len(replicas.reads) == 1
