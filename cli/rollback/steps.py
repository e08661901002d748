"""A step of a rollback: it describes its change, makes it, and can be repeated. The last invalidates the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from cli.invalidate.invalidation import invalidate_stale, wait_for
from cli.output.errors import OperationError
from cli.stacks.aws_errors import aws_errors
from cli.stacks.outputs import Outputs
from infra.cdn.invalidation import EVERYTHING, MARK_TAG, format_mark

State = Literal["to do", "done", "nothing to do", "by hand", "refused", "failed"]
WRONG: tuple[State, ...] = ("refused", "failed")
STALE = "rolled-back"
"""The tag's value from before the first change until the invalidation: the next run sees that it is due."""


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


@dataclass(frozen=True)
class CacheStep:
    """The invalidation of `/*`; after `settle_seconds` the pin is effective everywhere."""

    outputs: Outputs
    cloudfront: Any
    settle_seconds: float
    sleep: Callable[[float], None]

    def plan(self, *, is_stale: bool) -> Step:
        """Plan the step; `is_stale`: another step will make cached responses stale."""
        if EVERYTHING not in self.outputs.texts("cachedPaths"):
            return Step("cache", "routed responses are not cached", "nothing to do")
        if not is_stale and not self._is_due():
            return Step("cache", "no cached response is stale", "nothing to do")
        detail = "invalidates /* when all steps above are effective everywhere"
        return Step("cache", detail, do=self._invalidate)

    def mark(self) -> None:
        """Tag the distribution before the first change."""
        with aws_errors("cannot mark the distribution"):
            tags = {"Items": [{"Key": MARK_TAG, "Value": STALE}]}
            self.cloudfront.tag_resource(Resource=self._arn(), Tags=tags)

    def _is_due(self) -> bool:
        with aws_errors("cannot read the distribution"):
            tags = self.cloudfront.list_tags_for_resource(Resource=self._arn())["Tags"].get("Items", [])
        marks = [tag.get("Value", "") for tag in tags if tag["Key"] == MARK_TAG]
        return marks not in ([], [format_mark(self.outputs.texts("cachedPaths"))])

    def _arn(self) -> str:
        distribution = self.outputs.text("distributionId")
        return self.cloudfront.get_distribution(Id=distribution)["Distribution"]["ARN"]

    def _invalidate(self) -> None:
        with aws_errors("cannot invalidate"):
            self.sleep(self.settle_seconds)
            distribution = self.outputs.text("distributionId")
            self.cloudfront.get_waiter("distribution_deployed").wait(Id=distribution)
            wait_for(self.cloudfront, invalidate_stale(self.cloudfront, self.outputs, is_forced=True))
