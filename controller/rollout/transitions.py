"""What a person may do to a rollout, for the commands: pure, from what was read to what is to be written."""

from __future__ import annotations

from collections.abc import Callable

from controller.analysis.plan import Plan
from controller.rollout.state import PAUSED, RUNNING, Rollout
from controller.rollout.store import Items


class TransitionError(Exception):
    """What was asked for does not go with where the rollout stands; the text says why, and what would."""


def start(plan: Plan, items: Items, now: float) -> Rollout:
    """A new rollout of the release in config, from the first step on that is not below what is in force already."""
    if items.rollout is not None and items.rollout.is_standing and items.rollout.release == items.config.release:
        raise TransitionError(
            f"a rollout of release {items.rollout.release} is {items.rollout.state} already ({items.rollout.said});"
            " promote or abort it first"
        )
    if items.config.pin != "none":
        raise TransitionError(
            f"pin is {items.config.pin} in config, which is stronger than a rollout: set it to none and run `pulumi up`"
        )
    in_force = items.live.percent
    if in_force >= plan.steps[-1]:
        raise TransitionError(
            f"the canary has {in_force:g} % already, and the plan ends at {plan.steps[-1]:g} %: there is nothing to"
            " roll out. A new release, or a lower canaryPercent in config, begins anew"
        )
    step = next(index for index, percent in enumerate(plan.steps) if percent >= in_force)
    begun = int(now)
    reason = "started" if step == 0 else f"started at step {step + 1}, for {in_force:g} % are in force already"
    rollout = Rollout(plan, items.config.release, RUNNING, 0, step, begun, begun, begun, reason)
    return rollout.at_step(step, begun, reason)


def pause(items: Items, now: float) -> Rollout:
    """Stay at the step, and go on watching."""
    rollout = _standing(items)
    if rollout.state == PAUSED:
        raise TransitionError(f"the rollout is paused already ({rollout.said}): {rollout.reason}")
    return rollout.paused("paused by hand", int(now))


def resume(items: Items, now: float) -> Rollout:
    """Go on from the step where it was paused; its interval begins again."""
    rollout = _standing(items)
    if rollout.state == RUNNING:
        raise TransitionError(f"the rollout is not paused, it is running ({rollout.said})")
    return rollout.resumed("resumed by hand", int(now))


def promote(items: Items, now: float) -> Rollout:
    """Everybody new on the canary, without waiting for the rest of the plan."""
    return _standing(items).succeeded("promoted by hand", int(now), canary_percent=100)


def abort(items: Items, now: float) -> Rollout:
    """Back to stable, everybody."""
    return _standing(items).rolled_back("aborted by hand", int(now))


BY_NAME: dict[str, Callable[[Items, float], Rollout]] = {
    "pause": pause,
    "resume": resume,
    "promote": promote,
    "abort": abort,
}
"""Those that need nothing but what was read."""


def _standing(items: Items) -> Rollout:
    rollout = items.rollout
    if rollout is None:
        raise TransitionError("no rollout is running: none was ever started")
    if not rollout.is_standing:
        raise TransitionError(f"no rollout is running: the last one, of release {rollout.release}, {_ending(rollout)}")
    return rollout


def _ending(rollout: Rollout) -> str:
    verb = {"rolled-back": "was rolled back", "succeeded": "succeeded", "ended": "ended"}[rollout.state]
    return f"{verb}: {rollout.reason}"
