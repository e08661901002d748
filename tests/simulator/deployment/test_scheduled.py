"""The rollout controller in a state: found by what its rule invokes."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.deployment.rollouts import Scheduled, ScheduleError, scheduled_controller
from simulator.standin.program import run_program

ARN = "arn:aws:lambda:us-east-1:123456789012:function:controller"


def state(schedule: str = "rate(1 minute)", *, handler: str = "controller.handler.handler", arn: str = ARN) -> Any:
    outputs = {
        "aws:lambda/function:Function": {"arn": ARN, "handler": handler, "environment": {"variables": {"STACK": "s"}}},
        "aws:cloudwatch/eventRule:EventRule": {"name": "each-minute", "scheduleExpression": schedule},
        "aws:cloudwatch/eventTarget:EventTarget": {"rule": "each-minute", "arn": arn},
    }
    resources = [{"type": kind, "urn": f"urn:{kind}", "outputs": values} for kind, values in outputs.items()]
    return {"version": 3, "deployment": {"resources": resources}}


@pytest.mark.parametrize(
    ("schedule", "seconds"), [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(2 hours)", 7_200)]
)
def test_the_rule_says_how_often(schedule: str, seconds: float) -> None:
    assert scheduled_controller(state(schedule)) == Scheduled({"STACK": "s"}, seconds)


def test_another_schedule_is_not_simulated() -> None:
    with pytest.raises(ScheduleError) as caught:
        scheduled_controller(state("cron(0 9 * * ? *)"))
    assert str(caught.value) == ("rule each-minute: the schedule cron(0 9 * * ? *) is not simulated, only rate(…) is")


@pytest.mark.parametrize("other", [{"handler": "another.handler"}, {"arn": "arn:of:another"}])
def test_what_else_is_scheduled_is_nobodys_business(other: dict[str, str]) -> None:
    assert scheduled_controller(state(**other)) is None
    assert scheduled_controller({"version": 3, "deployment": {"resources": []}}) is None


@pytest.mark.long
def test_the_shipped_stack_has_one_where_there_is_a_percentage_to_move() -> None:
    found = scheduled_controller(run_program("local").state)
    assert found is not None
    assert found.every_seconds == 60
    assert found.environment["CONTROL_TABLE"] == "edge-router-local-control"
    assert scheduled_controller(run_program("local", overrides=("strategy=tier",)).state) is None
