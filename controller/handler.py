"""The Lambda function: one look at a schedule, one line of JSON in the log."""

from __future__ import annotations

import functools
import json
import os
from typing import Any

from controller.reconcile import Controller, Outcome
from controller.rollout.item import document_of
from controller.rollout.store import StoreError
from controller.wiring import controller_of

_LEFT_OUT = ("history", "plan", "reason")


def handler(event: object, context: object) -> dict[str, Any]:  # noqa: ARG001  what the schedule sends says nothing
    """Look once. A table that does not answer fails the invocation, so that Lambda's own metric for errors shows it."""
    return looked(_controller())


def looked(controller: Controller) -> dict[str, Any]:
    """What one look did, as it was logged."""
    try:
        line = line_of(controller.reconcile())
    except StoreError as error:
        print(json.dumps({"outcome": "failed", "reason": str(error)}), flush=True)
        raise
    print(json.dumps(line, ensure_ascii=False), flush=True)
    return line


def line_of(outcome: Outcome) -> dict[str, Any]:
    """The outcome and where the rollout stands."""
    line: dict[str, Any] = {"outcome": outcome.kind, "reason": outcome.reason}
    if outcome.rollout is not None:
        document = document_of(outcome.rollout)
        line |= {name: value for name, value in document.items() if name not in _LEFT_OUT}
    return line | {"failures": list(outcome.failures)} if outcome.failures else line


@functools.cache
def _controller() -> Controller:
    """Once per instance: making the clients takes most of a second."""
    return controller_of(os.environ)
