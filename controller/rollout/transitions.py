"""The transitions that commands make: from the items that were read to the rollout to write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from controller.analysis.plan import Plan
from controller.rollout.gate import APPROVAL
from controller.rollout.state import Rollout
from controller.rollout.store import Items
from router.control.live import ENDED, PAUSED, ROLLED_BACK, RUNNING, SUCCEEDED

_ENDINGS = {ROLLED_BACK: "was rolled back", SUCCEEDED: "succeeded", ENDED: "ended"}


class TransitionError(Exception):
    """A transition that the rollout's state does not allow; the text says why, and what is allowed."""


def start(plan: Plan, items: Items, now: float) -> Rollout:
    """Start a rollout of the release in config, at the first step that is not below the effective percentage."""
    if items.rollout is not None and items.rollout.is_active and items.rollout.release == items.config.release:
        raise TransitionError(
            f"a rollout of release {items.rollout.release} is {items.rollout.state} already ({items.rollout.progress});"
            " promote or abort it first"
        )
    if items.config.pin != "none":
        raise TransitionError(
            f"pin is {items.config.pin} in config, which takes precedence over a rollout: set it to none and run"
            " `pulumi up`"
        )
    effective = items.live.percent
    if effective >= plan.steps[-1]:
        raise TransitionError(
            f"the canary has {effective:g} % already, and the plan ends at {plan.steps[-1]:g} %: there is nothing to"
            " roll out. To start again, set a new release or a lower canaryPercent in config"
        )
    step = next(index for index, percent in enumerate(plan.steps) if percent >= effective)
    former = items.rollout
    time = int(now)
    if former is not None and former.started_at == time:
        time += 1  # the start names a rollout in the history and to webhooks
    reason = "started" if step == 0 else f"started at step {step + 1} because the canary has {effective:g} % already"
    rollout = Rollout(plan, items.config.release, RUNNING, effective, step, time, time, time, reason)
    if former is not None:
        rollout = replace(rollout, pending=former.make_room(rollout.release, time).pending)
    return rollout.start_step(step, time, reason)


def pause(items: Items, now: float) -> Rollout:
    """Stay at the step; the analysis goes on."""
    rollout = _active(items)
    if rollout.state == PAUSED:
        raise TransitionError(f"the rollout is paused already ({rollout.progress}): {rollout.reason}")
    return rollout.pause("paused manually", int(now))


def resume(items: Items, now: float) -> Rollout:
    """Go on at the step of the pause; its interval begins again."""
    rollout = _active(items)
    if rollout.state == RUNNING:
        raise TransitionError(f"the rollout is not paused, it is running ({rollout.progress})")
    return rollout.resume("resumed manually", int(now))


def promote(items: Items, now: float) -> Rollout:
    """Send all new visitors to the canary, without the rest of the plan."""
    return _active(items).succeed("promoted manually", int(now), canary_percent=100)


def abort(items: Items, now: float) -> Rollout:
    """Send all visitors back to stable."""
    return _active(items).roll_back("aborted manually", int(now))


def approve(items: Items, now: float, approved_by: str) -> Rollout:
    """Let the step begin that waits for approval; the other gates stay."""
    return _waiting(items).approve(approved_by, int(now))


def reject(items: Items, now: float, rejected_by: str) -> Rollout:
    """Send all visitors back to stable instead of beginning the step that waits for approval."""
    rollout = _waiting(items)
    return rollout.roll_back(f"{rollout.gate.step_text} rejected by {rejected_by}", int(now))


BY_NAME: dict[str, Callable[[Items, float], Rollout]] = {
    "pause": pause,
    "resume": resume,
    "promote": promote,
    "abort": abort,
}
"""Transitions that need the items only."""


BY_PERSON: dict[str, Callable[[Items, float, str], Rollout]] = {"approve": approve, "reject": reject}
"""Transitions that need to know who makes them."""


def _waiting(items: Items) -> Rollout:
    rollout = _active(items)
    gate = rollout.gate
    if rollout.state != RUNNING or gate.waits_for != APPROVAL:
        raise TransitionError(f"nothing waits for approval ({rollout.progress}): {rollout.reason}")
    if gate.is_approved:
        raise TransitionError(f"{gate.step_text} is approved already, by {gate.approved_by}")
    return rollout


def _active(items: Items) -> Rollout:
    rollout = items.rollout
    if rollout is None:
        raise TransitionError("no rollout is running: none was ever started")
    if not rollout.is_active:
        ending = f"{_ENDINGS[rollout.state]}: {rollout.reason}"
        raise TransitionError(f"no rollout is running: the last one, of release {rollout.release}, {ending}")
    return rollout
