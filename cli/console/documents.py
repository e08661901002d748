"""The document of a stack: what is in effect, its rollout and why it stands where it stands, and what one may do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cli.console.actions import list_actions
from cli.console.stacks import Documents, Opened, Stacks
from cli.rollout.report import RATIO_COLUMNS, describe_in_force, describe_ratios, describe_step, describe_test
from cli.stacks.control_table import Place
from controller.rollout.item import to_document
from controller.rollout.state import Rollout
from controller.rollout.store import Items

LOOK_SECONDS = 60
"""The schedule of the controller in AWS (infra.rollout)."""
MAX_POINTS = 200


class Percentages:
    """The percentage over time: what rollouts have set, and what was seen while the console ran."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, float]] = []

    def points(self, rollouts: Sequence[Mapping[str, Any]], percent: float, now: float) -> list[tuple[float, float]]:
        """Return [seconds since 1970, percent of new visitors on canary] from each change on, the newest last."""
        events = sorted((event["at"], event["canaryPercent"]) for one in rollouts for event in one.get("history", []))
        known = events[-1][1] if events and (not self._seen or events[-1][0] > self._seen[-1][0]) else None
        last = known if known is not None else self._seen[-1][1] if self._seen else None
        if last != percent:
            self._seen = [*self._seen, (now, percent)][-MAX_POINTS:]
        return sorted([*events, *self._seen])[-MAX_POINTS:]


class StackDocuments(Documents):
    """Makes the document of what is in effect in one stack, and of its rollouts."""

    def __init__(self, stacks: Stacks, name: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__(stacks, name, clock)
        self._percentages = Percentages()
        self._former: tuple[int, list[dict[str, Any]]] | None = None

    def _document(self, opened: Opened) -> dict[str, Any]:
        settings, now = opened.stack.settings, self._clock()
        document: dict[str, Any] = {
            "place": opened.running.text,
            "where": opened.running.where,
            "strategy": settings.strategy,
            "problem": "",
            "url": str(opened.here.status["url"]) if opened.here is not None else "",
        }
        if opened.place is None:
            baked = {"percent": settings.canary_percent, "pin": settings.pin, "release": settings.release}
            text = "control is baked: percentage, pin and release are those of the stack's file, since its last `up`"
            return document | {"control": {**baked, "text": text}, "percentages": [], "actions": [], "rollouts": []}
        items = opened.place.read()
        rollouts = self._rollouts(opened.place, items)
        return document | {
            "control": _control(items, opened.place.store),
            "percentages": self._percentages.points(rollouts, effective_percent(items), now),
            "rollout": _current(items.rollout, opened, now) if items.rollout is not None else None,
            "rollouts": rollouts,
            "actions": list_actions(opened, items, now),
        }

    def _rollouts(self, place: Place, items: Items) -> list[dict[str, Any]]:
        """The rollout of now and former ones, the newest first; these are read again when there is another rollout."""
        current = items.rollout
        key = current.started_at if current is not None else 0
        if self._former is None or self._former[0] != key:
            self._former = key, [_outline(rollout) for rollout in place.history()]
        return [*([_outline(current)] if current is not None else []), *self._former[1]]


def _outline(rollout: Rollout) -> dict[str, Any]:
    """A rollout without its plan and figures."""
    document = to_document(rollout)
    shown = ("release", "state", "startedAt", "updatedAt", "canaryPercent", "reason", "history")
    return {name: document[name] for name in shown}


def effective_percent(items: Items) -> float:
    """The percentage of new visitors that go to canary."""
    live = items.live
    if live.pin != "none":
        return 100 if live.pin == "canary" else 0
    return 0 if live.is_withdrawn else live.percent


def _control(items: Items, read_from: str) -> dict[str, Any]:
    live = items.live
    return {
        "percent": effective_percent(items),
        "pin": live.pin,
        "release": live.release,
        "isWithdrawn": live.is_withdrawn,
        "percentFrom": live.percent_from,
        "revision": live.revision,
        "text": describe_in_force(items),
        "readFrom": read_from,
    }


def _current(rollout: Rollout, opened: Opened, now: float) -> dict[str, Any]:
    """The rollout as `--json` has it, and what a person wants to see beside it."""
    document = to_document(rollout)
    seconds = opened.here.status.get("reconcileSeconds") if opened.here is not None else LOOK_SECONDS
    return document | {
        "progress": rollout.progress,
        "waitsFor": rollout.gate.summary,
        "steps": [
            {"percent": percent, "text": describe_step(rollout, number, now).partition("for ")[0]}
            for number, percent in enumerate(rollout.plan.steps)
        ],
        "results": [_result(name, test) for name, test in document["tests"].items()],
        "ratios": [list(RATIO_COLUMNS), *map(list, describe_ratios(rollout))],
        "lookSeconds": seconds,
        "stepEndsAt": rollout.interval_started_at + rollout.plan.interval_seconds,
    }


def _result(name: str, test: Mapping[str, Any]) -> dict[str, Any]:
    """A test's result with its name, unit and decimals."""
    title, unit, decimals, unit_of_difference = describe_test(name)
    return {"name": title, "unit": unit, "decimals": decimals, "unitOfDifference": unit_of_difference, **test}
