"""A step of a rollback: it describes its change, makes it, and can be repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from cli.output.errors import OperationError

State = Literal["to do", "done", "nothing to do", "by hand", "refused", "failed"]
WRONG: tuple[State, ...] = ("refused", "failed")


@dataclass(frozen=True)
class Step:
    """One step; `detail` is the change, the reason for no change, or the error."""

    name: str
    detail: str
    state: State = "to do"
    do: Callable[[], None] = lambda: None

    @property
    def is_open(self) -> bool:
        """True if there is something to do."""
        return self.state == "to do"

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "state": self.state, "detail": self.detail}


def plan_step(name: str, plan: Callable[[], Step]) -> Step:
    """Return the planned step, or a failed one if it cannot be planned: the other steps go on."""
    try:
        return plan()
    except OperationError as error:
        return Step(name, str(error), "failed")


def carry_out(steps: Iterable[Step]) -> Iterator[Step]:
    """Carry out the steps in order and yield each with its final state; a failed one does not stop the others."""
    for step in steps:
        if not step.is_open:
            yield step
            continue
        try:
            step.do()
        except OperationError as error:
            yield replace(step, state="failed", detail=str(error))
        else:
            yield replace(step, state="done")
