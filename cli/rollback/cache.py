"""The step that invalidates the responses that a rollback makes stale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cli.invalidate.invalidation import invalidate_stale, wait_for
from cli.rollback.steps import Step
from cli.stacks.aws_errors import aws_errors
from cli.stacks.outputs import Outputs
from infra.cdn.invalidation import EVERYTHING, MARK_TAG, mark_of

STALE = "rolled-back"
"""The tag's value from before the first change until the invalidation: the next run sees that it is due."""


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
        return marks not in ([], [mark_of(self.outputs.texts("cachedPaths"))])

    def _arn(self) -> str:
        distribution = self.outputs.text("distributionId")
        return self.cloudfront.get_distribution(Id=distribution)["Distribution"]["ARN"]

    def _invalidate(self) -> None:
        with aws_errors("cannot invalidate"):
            self.sleep(self.settle_seconds)
            distribution = self.outputs.text("distributionId")
            self.cloudfront.get_waiter("distribution_deployed").wait(Id=distribution)
            wait_for(self.cloudfront, invalidate_stale(self.cloudfront, self.outputs, is_forced=True))
