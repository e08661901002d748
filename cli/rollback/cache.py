"""What caches keep of the answers that a rollback has made wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cli.rollback.invalidate import bring_up_to_date, wait_for
from cli.rollback.steps import Step
from cli.stacks.aws import aws_errors
from cli.stacks.outputs import Outputs
from infra.cdn.invalidation import EVERYTHING, MARK_TAG, mark_of

STALE = "rolled-back"
"""The tag's value from before the first change until the invalidation: whoever comes next knows that it is due."""


@dataclass(frozen=True)
class CacheStep:
    """Whether `/*` has to be forgotten, and boto3's client. `settle_seconds`: until the pin is in force everywhere."""

    outputs: Outputs
    cloudfront: Any
    settle_seconds: float
    sleep: Callable[[float], None]

    def look(self, *, changes_answers: bool) -> Step:
        """`changes_answers`: another step will change what the cache keeps under a key."""
        if EVERYTHING not in self.outputs.texts("cachedPaths"):
            return Step("cache", "what the router decides is not cached", "nothing to do")
        if not changes_answers and not self._is_due():
            return Step("cache", "what is cached stays right", "nothing to do")
        detail = "invalidates /* when everything above is in force everywhere"
        return Step("cache", detail, do=self._invalidate)

    def mark(self) -> None:
        """Before anything is changed."""
        with aws_errors("cannot mark the distribution"):
            tags = {"Items": [{"Key": MARK_TAG, "Value": STALE}]}
            self.cloudfront.tag_resource(Resource=self._arn(), Tags=tags)

    def _is_due(self) -> bool:
        with aws_errors("cannot look at the distribution"):
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
            wait_for(self.cloudfront, bring_up_to_date(self.cloudfront, self.outputs, is_forced=True))
