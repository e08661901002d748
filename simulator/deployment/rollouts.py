"""Runs the rollout controller on its schedule: its real code, against this machine's tables, metrics and stores."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from controller.handler import build_controller
from controller.reconcile import Controller, Outcome
from controller.rollout.store import StoreError
from pulumi_state.resources import living_resources
from pulumi_state.values import expect_shape
from simulator.deployment.controller_clients import ControllerClients, DrilledAlarms

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
    return (resource.properties for resource in living_resources(state, kind))


PERIOD_SECONDS = LAG_SECONDS = 1
"""Metrics are known by the second here and at once; a second has to be over."""
ANSWER_SECONDS = 0
"""The measurement of a request is known when it is over, so that nobody has to wait for its answer."""

OnRollout = Callable[[Outcome], None]
"""Called with what each look did."""


class Rollouts:
    """The controller of the state that is served, if it has one.

    `every_seconds` goes before the schedule's own. A look and an update of the stack exclude each other by `lock`.
    """

    def __init__(
        self, clients: ControllerClients, lock: asyncio.Lock, on_rollout: OnRollout, every_seconds: float | None
    ) -> None:
        self._clients, self._lock, self._on_rollout = clients, lock, on_rollout
        self._every_seconds = every_seconds
        self._scheduled: Scheduled | None = None
        self._controller: Controller | None = None
        self._task: asyncio.Task[None] | None = None

    async def follow(self, state: Mapping[str, Any]) -> None:
        """Run the controller that this state has from now on. ScheduleError where its schedule is not simulated."""
        scheduled = scheduled_controller(state)
        if scheduled == self._scheduled:
            return
        await self.end()
        if scheduled is not None:
            self._controller = await asyncio.to_thread(self._build, scheduled)
            self._task = asyncio.create_task(self._run(self._every_seconds or scheduled.every_seconds))
        self._scheduled = scheduled

    @property
    def every_seconds(self) -> float | None:
        """Seconds between two reconciliations; None without a controller."""
        if self._scheduled is None:
            return None
        return self._every_seconds or self._scheduled.every_seconds

    async def reconcile(self) -> Outcome | None:
        """Run one reconciliation now; None without a controller."""
        async with self._lock:
            if self._controller is None:
                return None
            try:
                outcome = await asyncio.to_thread(self._controller.reconcile)
            except StoreError as error:
                outcome = Outcome("failed", str(error))
        self._on_rollout(outcome)
        return outcome

    async def end(self) -> None:
        """Stop reconciling."""
        task, self._task, self._controller, self._scheduled = self._task, None, None, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self, every_seconds: float) -> None:
        while True:
            await asyncio.sleep(every_seconds)
            await self.reconcile()

    def _build(self, scheduled: Scheduled) -> Controller:
        controller = build_controller(
            scheduled.environment,
            self._clients,
            response_seconds=ANSWER_SECONDS,
            mirror_seconds=0,
            may_be_local=True,
        )
        timing = replace(controller.timing, period_seconds=PERIOD_SECONDS, lag_seconds=LAG_SECONDS)
        return replace(controller, alarms=DrilledAlarms(self._clients), timing=timing)
