"""Actions of a person on the page, each with a sentence that says what will happen to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from cli.console.stacks import Opened
from cli.output.errors import OperationError, UsageError
from cli.rollback.control import pinned_item
from cli.rollout.change import copy_to_store, find_transition, read_plan
from cli.rollout.report import duration
from console.app import RejectedError
from controller.analysis.plan import settle_seconds
from controller.rollout.gate import Gate
from controller.rollout.item import to_item
from controller.rollout.state import Rollout
from controller.rollout.store import Items
from controller.rollout.transitions import TransitionError, start
from infra.settings.stack import Stack
from router.control.live import parse_live

STAYS = "Who is on a version already stays there."
PINS = {"pin-stable": "stable", "pin-canary": "canary", "unpin": "none"}
LABELS = {
    "start": "Start a rollout",
    "pause": "Pause",
    "resume": "Resume",
    "promote": "Promote to 100 %",
    "abort": "Abort: everybody to stable",
    "approve": "Approve the next step",
    "reject": "Reject the next step",
    "pin-stable": "Pin everybody to stable",
    "pin-canary": "Pin everybody to canary",
    "unpin": "Remove the pin",
}


@dataclass(frozen=True)
class Action:
    """One action: what it says before it is confirmed, and what it does; `why_not` where it is not allowed."""

    name: str
    says: str = ""
    why_not: str = ""
    do: Callable[[], object] = lambda: None

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "label": LABELS[self.name], "says": self.says, "whyNot": self.why_not}


def list_actions(opened: Opened, items: Items, now: float) -> list[dict[str, str]]:
    """Return every action, allowed or not."""
    return [plan_action(name, opened, items, now).as_json() for name in LABELS]


def carry_out(name: str, said: str, opened: Opened, now: float) -> str:
    """Do what the person has confirmed. RejectedError where it would be something else by now.

    Return why the key-value store, where the edge reads that, does not have it yet; "" where it has.
    """
    if name not in LABELS:
        raise RejectedError(f"there is no action {name!r}")
    action = plan_action(name, opened, opened.table.read(), now)
    if action.why_not:
        raise RejectedError(action.why_not)
    if action.says != said:
        raise RejectedError(
            f"nothing was done, because the stack has changed meanwhile. Now it would be: {action.says}"
        )
    action.do()
    return copy_to_store(opened.stack, opened.running, opened.table)


def plan_action(name: str, opened: Opened, items: Items, now: float) -> Action:
    """Plan one action on the items that were read."""
    if name in PINS:
        return _plan_pin(name, opened, items)
    try:
        rollout = _transition(name, opened)(items, now)
    except (TransitionError, OperationError, UsageError) as error:
        return Action(name, why_not=str(error))
    says = f"{opened.running.name} ({opened.running.text}): {SENTENCES[name](Change(opened.stack, items, rollout))}"
    return Action(name, says, do=lambda: opened.table.write(rollout, items))


def _transition(name: str, opened: Opened) -> Callable[[Items, float], Rollout]:
    if name != "start":
        return find_transition(opened.stack, opened.running, name)
    plan = read_plan(opened.stack)
    return lambda items, now: start(plan, items, now)


def _within(stack: Stack) -> str:
    """Return when every instance of the router, or of the function that reads the key-value store, has a change."""
    if stack.settings.needs.viewer_function:
        return "as soon as the key-value store has propagated it"
    return f"within {settle_seconds(stack.settings.control.refresh_seconds)} s"


class Change(NamedTuple):
    """A transition: the stack, what was read, and the rollout to write."""

    stack: Stack
    items: Items
    rollout: Rollout

    @property
    def share(self) -> str:
        return f"{self.rollout.canary_percent:g} % of new visitors"

    @property
    def gate(self) -> Gate:
        return self.items.rollout.gate if self.items.rollout is not None else Gate()

    @property
    def interval(self) -> str:
        return duration(self.rollout.plan.interval_seconds)


def _start(change: Change) -> str:
    plan, release, other = change.rollout.plan, change.rollout.release, change.stack.settings.release
    steps = ", ".join(f"{percent:g}" for percent in plan.steps[change.rollout.step :])
    warning = f" The stack's file has release {other}, which is not deployed." if other != release else ""
    return (
        f"a rollout of release {release} begins. {change.share} go to canary {_within(change.stack)}. The steps are"
        f" {steps} %, each for at least {change.interval} and {plan.minimum_requests:,} requests of each version."
        f" {STAYS} Where canary is worse than the plan allows, everybody goes back to stable by itself.{warning}"
    )


def _pause(change: Change) -> str:
    return (
        f"the rollout stays at {change.rollout.progress}: {change.share} go on to canary, until somebody resumes it."
        f" {STAYS} The analysis goes on, and can still roll back."
    )


def _resume(change: Change) -> str:
    following = change.rollout.plan.steps[change.rollout.step + 1 : change.rollout.step + 2]
    then = f"then {following[0]:g} %" if following else "then the rollout has succeeded"
    return (
        f"the rollout goes on at {change.rollout.progress}. {change.share} go to canary for at least another"
        f" {change.interval}, {then}. {STAYS}"
    )


def _promote(change: Change) -> str:
    return (
        f"all new visitors go to canary {_within(change.stack)}, instead of {change.items.live.percent:g} %, without"
        f" the rest of the plan. {STAYS} The rollout is over then: nothing goes back by itself any more."
    )


def _abort(change: Change) -> str:
    return (
        f"everybody goes to stable {_within(change.stack)}, new visitors and those who are on canary now, whatever"
        " their session or cookie says. The canary is withdrawn until the config changes."
    )


def _approve(change: Change) -> str:
    return (
        f"the next step may begin: {change.gate.step_text} instead of {change.items.live.percent:g} % of new visitors"
        f" go to canary, as soon as the controller looks again and no other gate is closed. {STAYS}"
    )


def _reject(change: Change) -> str:
    return (
        f"instead of {change.gate.step_text} everybody goes to stable {_within(change.stack)}, new visitors and those"
        " who are on canary now. The canary is withdrawn until the config changes."
    )


SENTENCES: Mapping[str, Callable[[Change], str]] = {
    "start": _start,
    "pause": _pause,
    "resume": _resume,
    "promote": _promote,
    "abort": _abort,
    "approve": _approve,
    "reject": _reject,
}


def _plan_pin(name: str, opened: Opened, items: Items) -> Action:
    pin, now = PINS[name], items.config.pin
    if opened.place is not None and opened.place.store and opened.stack.settings.rollout is None:
        store = opened.place.store
        return Action(
            name, why_not=f"the edge reads its {store}, which nothing but `pulumi up` or a rollback writes here"
        )
    if pin == now:
        return Action(name, why_not="there is no pin" if pin == "none" else f"everybody is pinned to {pin} already")
    item = pinned_item(opened.stack, items, pin, items.config.percent)
    says = _describe_unpin(items, item) if pin == "none" else _describe_pin(pin, opened.stack, items)
    file = f"Pulumi.{opened.stack.name}.yaml"
    own = opened.stack.settings.pin
    kept = (
        "" if own == pin else f" {file} still says pin {own}: `pulumi config set pin {pin}` keeps it at the next `up`."
    )
    text = f"{opened.running.name} ({opened.running.text}): {says}{kept}"
    return Action(name, text, do=lambda: opened.table.write_config(item, items))


def _describe_pin(pin: str, stack: Stack, items: Items) -> str:
    waits = " The rollout waits meanwhile." if items.rollout is not None and items.rollout.is_active else ""
    return (
        f"everybody goes to {pin} {_within(stack)}, new visitors and those who are on the other version, whatever their"
        f" session or cookie says; only requests with the QA override do not.{waits}"
    )


def _describe_unpin(items: Items, item: Mapping[str, Any]) -> str:
    rollout = [to_item(items.rollout)] if items.rollout else []
    live = parse_live([dict(item), *rollout])
    if live.is_withdrawn:
        return "the pin is removed. Everybody stays on stable, because the canary is withdrawn."
    return (
        f"the pin is removed. {live.percent:g} % of new visitors go to canary; who has a session or a cookie goes"
        " back to the version in it."
    )
