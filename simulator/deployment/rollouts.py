"""Runs the rollout controller on its schedule: its real code, against this machine's tables, metrics and stores."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from controller.handler import build_controller
from controller.reconcile import Controller, Outcome
from controller.rollout.store import StoreError
from simulator.deployment.controller_clients import ControllerClients, DrilledAlarms
from simulator.deployment.scheduled import Scheduled, scheduled_controller

PERIOD_SECONDS = LAG_SECONDS = 1
"""Metrics are known by the second here and at once; a second has to be over."""
ANSWER_SECONDS = 0
"""What is measured of a request is known when it is over, so that nobody has to wait for its answer."""

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
            self._controller = await asyncio.to_thread(self._built, scheduled)
            self._task = asyncio.create_task(self._run(self._every_seconds or scheduled.every_seconds))
        self._scheduled = scheduled

    async def reconcile(self) -> Outcome | None:
        """One look, now; None without a controller."""
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
        """No more looks."""
        task, self._task, self._controller, self._scheduled = self._task, None, None, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self, every_seconds: float) -> None:
        while True:
            await asyncio.sleep(every_seconds)
            await self.reconcile()

    def _built(self, scheduled: Scheduled) -> Controller:
        controller = build_controller(scheduled.environment, self._clients, response_seconds=ANSWER_SECONDS)
        timing = replace(controller.timing, period_seconds=PERIOD_SECONDS, lag_seconds=LAG_SECONDS)
        return replace(controller, alarms=DrilledAlarms(self._clients), timing=timing)
