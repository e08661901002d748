"""The steps of a rollback: each says what it will change, does it, and can be done again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from cli.output.errors import OperationError

State = Literal["to do", "done", "nothing to do", "by hand", "refused", "failed"]
WRONG: tuple[State, ...] = ("refused", "failed")


def _nothing() -> None:
    """What a step does that has nothing to do."""


@dataclass(frozen=True)
class Step:
    """`detail` says what changes, why nothing does, or what went wrong."""

    name: str
    detail: str
    state: State = "to do"
    do: Callable[[], None] = _nothing

    @property
    def is_open(self) -> bool:
        """Whether there is something to do."""
        return self.state == "to do"

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "state": self.state, "detail": self.detail}


def planned(name: str, look: Callable[[], Step]) -> Step:
    """The step that `look` finds. What cannot be looked at has failed already, and keeps no other from its work."""
    try:
        return look()
    except OperationError as error:
        return Step(name, str(error), "failed")


def carried_out(steps: Iterable[Step]) -> Iterator[Step]:
    """Each as it ended, in order. A step that fails is told, and the next one tried: any of them helps."""
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
