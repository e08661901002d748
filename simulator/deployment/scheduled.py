"""The rollout controller of a state: what its schedule invokes, and how often."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pulumi_state.values import expect_shape

RULE_TYPE = "aws:cloudwatch/eventRule:EventRule"
TARGET_TYPE = "aws:cloudwatch/eventTarget:EventTarget"
FUNCTION_TYPE = "aws:lambda/function:Function"
HANDLER = "controller.handler.handler"

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNIT_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}


class ScheduleError(Exception):
    """A schedule that is not simulated; the message names the rule."""


@dataclass(frozen=True)
class Scheduled:
    """The function's environment variables, and the seconds between two invocations."""

    environment: Mapping[str, str]
    every_seconds: float


@expect_shape("a schedule", ScheduleError)
def scheduled_controller(state: Mapping[str, Any]) -> Scheduled | None:
    """The controller that a rule invokes; None in a state that has none. Other schedules are nobody's business here.

    ScheduleError for another schedule than rate(…) ("Creating a rule that runs on a schedule", EventBridge).
    """
    functions = {
        str(found["arn"]): found for found in _outputs(state, FUNCTION_TYPE) if found.get("handler") == HANDLER
    }
    rules = {str(one["name"]): one for one in _outputs(state, RULE_TYPE)}
    for target in _outputs(state, TARGET_TYPE):
        function, rule = functions.get(str(target.get("arn"))), rules.get(str(target.get("rule")))
        if function is not None and rule is not None:
            environment = cast("Mapping[str, Any]", function.get("environment") or {})
            variables = cast("Mapping[str, str]", environment.get("variables") or {})
            return Scheduled(dict(variables), _seconds(rule))
    return None


def _seconds(rule: Mapping[str, Any]) -> float:
    expression = str(rule.get("scheduleExpression"))
    found = _RATE.fullmatch(expression)
    if found is None:
        raise ScheduleError(f"rule {rule['name']}: the schedule {expression} is not simulated, only rate(…) is")
    return int(found[1]) * _UNIT_SECONDS[found[2]]


def _outputs(state: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    for resource in state.get("deployment", {}).get("resources", []):
        if resource.get("type") == kind:
            yield resource.get("outputs") or {}
