"""Invalidate the cached responses that a deployment has made stale, and no others."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.output.console import err, out, print_json
from cli.output.progress import working
from cli.stacks.aws import client
from cli.stacks.aws_errors import aws_errors
from cli.stacks.outputs import Outputs, read_outputs
from cli.stacks.running import LocalStack, announce, choose_stack
from cli.stacks.workspace import Target
from infra.cdn.invalidation import EVERYTHING, MARK_TAG, NOTHING_CACHED, affected_paths, format_mark
from infra.naming.edge_functions import EDGE_REGION


@dataclass(frozen=True)
class Invalidation:
    """An invalidation and its reason; `identity` is "" and `paths` empty if nothing was stale."""

    distribution: str
    paths: Sequence[str]
    reason: str
    identity: str = ""

    def as_json(self) -> dict[str, object]:
        return {
            "distribution": self.distribution,
            "invalidation": self.identity or None,
            "paths": list(self.paths),
            "reason": self.reason,
        }


def invalidate(target: Target, outputs: Path | None, *, is_forced: bool, waits: bool) -> None:
    """Invalidate stale responses, in AWS or at the local edge, and print the result."""
    running = choose_stack(target, EDGE_REGION)
    if isinstance(running, LocalStack):
        announce(running, is_json=target.is_json)
        _print(_invalidate_local(running, is_forced=is_forced), is_json=target.is_json)
        return
    found = read_outputs(target.workspace, target.stack, outputs)
    announce(running, is_json=target.is_json)
    with aws_errors("cannot invalidate", EDGE_REGION):
        cloudfront = client("cloudfront", EDGE_REGION)
        done = invalidate_stale(cloudfront, found, is_forced=is_forced)
        if done.identity and waits:
            if not err.is_interactive:
                err.print(f"waiting for {done.identity}", markup=False)
            with working(f"waiting for {done.identity}"):
                wait_for(cloudfront, done)
    _print(done, is_json=target.is_json)


def _invalidate_local(here: LocalStack, *, is_forced: bool) -> Invalidation:
    """Every deployment to the local edge starts with an empty cache, so only --all has an effect."""
    if not is_forced:
        return Invalidation(here.text, (), "every deployment empties the cache of the local edge")
    dropped = here.invalidate(EVERYTHING)
    return Invalidation(here.text, (EVERYTHING,), f"{dropped} objects were cached", identity="the local edge")


def _print(done: Invalidation, *, is_json: bool) -> None:
    if is_json:
        print_json(done.as_json())
    else:
        result = f"{done.identity} invalidates {' '.join(done.paths)}" if done.identity else "nothing to invalidate"
        out.print(f"{done.distribution}: {result}: {done.reason}", markup=False)


def invalidate_stale(cloudfront: Any, outputs: Outputs, *, is_forced: bool = False) -> Invalidation:
    """Invalidate what has changed since the last run, then tag the distribution. Raises boto3's errors."""
    distribution, cached = outputs.text("distributionId"), outputs.texts("cachedPaths")
    arn = cloudfront.get_distribution(Id=distribution)["Distribution"]["ARN"]
    mark, now = _mark(cloudfront, arn), format_mark(cached)
    paths = [EVERYTHING] if is_forced else affected_paths(mark, cached)
    if not paths:
        if mark != now:
            _tag(cloudfront, arn, now)
        reason = "no path is cached" if now == NOTHING_CACHED else "the cached responses match the deployment"
        return Invalidation(distribution, (), reason)
    identity = _create(cloudfront, distribution, paths)
    _tag(cloudfront, arn, now)
    return Invalidation(distribution, paths, _reason(mark, is_forced=is_forced), identity)


def _create(cloudfront: Any, distribution: str, paths: Sequence[str]) -> str:
    """Create an invalidation and return its ID."""
    batch = {
        "Paths": {"Quantity": len(paths), "Items": list(paths)},
        "CallerReference": f"edge-router-{time.time_ns()}",
    }
    return cloudfront.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)["Invalidation"]["Id"]


def wait_for(cloudfront: Any, done: Invalidation) -> None:
    """Wait until the invalidation is completed, ten minutes at most. Raises boto3's errors."""
    waiter = cloudfront.get_waiter("invalidation_completed")
    waiter.wait(DistributionId=done.distribution, Id=done.identity)


def _mark(cloudfront: Any, arn: str) -> str | None:
    tags = cloudfront.list_tags_for_resource(Resource=arn)["Tags"].get("Items", [])
    return next((tag.get("Value", "") for tag in tags if tag["Key"] == MARK_TAG), None)


def _tag(cloudfront: Any, arn: str, mark: str) -> None:
    """Set the tag once CloudFront has accepted the invalidation; from then on it completes by itself."""
    cloudfront.tag_resource(Resource=arn, Tags={"Items": [{"Key": MARK_TAG, "Value": mark}]})


def _reason(mark: str | None, *, is_forced: bool) -> str:
    if is_forced:
        return "--all"
    return "no record of the previous deployment" if mark is None else "the deployment has changed them"
