"""`edge-router invalidate`: make caches forget what a deployment has made wrong, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.output.console import err, out, print_json
from cli.output.progress import working
from cli.stacks.aws import aws_errors, client
from cli.stacks.local_edge import drop_cached
from cli.stacks.outputs import OutputsOption, read_outputs
from cli.stacks.running import AwsOption, LocalOption, LocalStack, announce, choose_stack
from infra.cdn.invalidation import EVERYTHING, MARK_TAG, NOTHING_CACHED, affected, mark_of
from infra.naming.edge_functions import EDGE_REGION

if TYPE_CHECKING:
    from cli.stacks.outputs import Outputs

CLOUDFRONT_REGION = EDGE_REGION


@dataclass(frozen=True)
class Invalidation:
    """What was invalidated and why; `identity` is "" and `paths` empty where nothing had to be."""

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


def invalidate(
    stack: Annotated[str, typer.Option("--stack", "-s", metavar="NAME", help="The stack that was deployed.")],
    outputs: OutputsOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Every path, whatever has changed.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Until it is done everywhere.")] = True,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Invalidate the paths whose cached answers a deployment has made wrong; none where it has made none wrong.

    Run it after `pulumi up`. What the caches agree with is remembered in a tag of the distribution, so that a run that
    failed is made up for by the next one. Exit code 0: the caches are right. 1: it failed. 2: it cannot run.
    """
    running = choose_stack(stack, CLOUDFRONT_REGION, is_local=is_local, is_aws=is_aws)
    if isinstance(running, LocalStack):
        announce(running, is_json=is_json)
        _print(_invalidate_here(running, is_forced=everything), is_json=is_json)
        return
    found = read_outputs(stack, outputs)
    announce(running, is_json=is_json)
    with aws_errors("cannot invalidate", CLOUDFRONT_REGION):
        cloudfront = client("cloudfront", CLOUDFRONT_REGION)
        done = bring_up_to_date(cloudfront, found, is_forced=everything)
        if done.identity and wait:
            if not err.is_interactive:
                err.print(f"waits for {done.identity}", markup=False)
            with working(f"waits for {done.identity}"):
                wait_for(cloudfront, done)
    _print(done, is_json=is_json)


def _invalidate_here(here: LocalStack, *, is_forced: bool) -> Invalidation:
    """An update that changes what the edge is built from begins with an empty cache."""
    if not is_forced:
        return Invalidation(here.text, (), "every update empties the cache of the local edge")
    dropped = drop_cached(here, EVERYTHING)
    return Invalidation(here.text, (EVERYTHING,), f"{dropped} objects were kept", identity="the local edge")


def _print(done: Invalidation, *, is_json: bool) -> None:
    if is_json:
        print_json(done.as_json())
    else:
        said = f"{done.identity} invalidates {' '.join(done.paths)}" if done.identity else "nothing to invalidate"
        out.print(f"{done.distribution}: {said}: {done.reason}", markup=False)


def bring_up_to_date(cloudfront: Any, outputs: Outputs, *, is_forced: bool = False) -> Invalidation:
    """Invalidate what has changed since the last time, then remember it. Errors: what boto3 raises."""
    distribution, cached = outputs.text("distributionId"), outputs.texts("cachedPaths")
    arn = cloudfront.get_distribution(Id=distribution)["Distribution"]["ARN"]
    mark, now = _mark(cloudfront, arn), mark_of(cached)
    paths = [EVERYTHING] if is_forced else affected(mark, cached)
    if not paths:
        if mark != now:
            _remember(cloudfront, arn, now)
        reason = "no path is cached" if now == NOTHING_CACHED else "what is cached agrees with what is deployed"
        return Invalidation(distribution, (), reason)
    identity = create(cloudfront, distribution, paths)
    _remember(cloudfront, arn, now)
    return Invalidation(distribution, paths, _reason(mark, is_forced=is_forced), identity)


def create(cloudfront: Any, distribution: str, paths: Sequence[str]) -> str:
    """The id of a new invalidation. Errors: what boto3 raises."""
    batch = {
        "Paths": {"Quantity": len(paths), "Items": list(paths)},
        "CallerReference": f"edge-router-{time.time_ns()}",
    }
    answer = cloudfront.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)
    return answer["Invalidation"]["Id"]


def wait_for(cloudfront: Any, done: Invalidation) -> None:
    """Until it is done everywhere, ten minutes at most. Errors: what boto3 raises."""
    waiter = cloudfront.get_waiter("invalidation_completed")
    waiter.wait(DistributionId=done.distribution, Id=done.identity)


def _mark(cloudfront: Any, arn: str) -> str | None:
    tags = cloudfront.list_tags_for_resource(Resource=arn)["Tags"].get("Items", [])
    return next((tag.get("Value", "") for tag in tags if tag["Key"] == MARK_TAG), None)


def _remember(cloudfront: Any, arn: str, mark: str) -> None:
    """Only once the invalidation is accepted: CloudFront carries it out whatever happens here."""
    cloudfront.tag_resource(Resource=arn, Tags={"Items": [{"Key": MARK_TAG, "Value": mark}]})


def _reason(mark: str | None, *, is_forced: bool) -> str:
    if is_forced:
        return "asked for"
    return "nothing is known of what was deployed before" if mark is None else "what it depends on has changed"
