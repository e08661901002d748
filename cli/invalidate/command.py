"""`edge-router invalidate`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.stacks.options import AwsOption, JsonOption, LocalOption, OutputsOption, stack_option
from cli.stacks.workspace import Target


def invalidate(
    context: typer.Context,
    stack: Annotated[str, stack_option("The deployed stack.")],
    outputs: OutputsOption = None,
    is_forced: Annotated[bool, typer.Option("--all", help="Invalidate every path, whatever has changed.")] = False,
    waits: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the invalidation is completed.")] = True,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: JsonOption = False,
) -> None:
    """Invalidate the cached responses that a deployment has made stale, if any.

    Run it after `pulumi up`. A tag of the distribution records the deployment that the caches match, so the next run
    makes up for a failed one. Exit code 0: no cached response is stale. 1: it failed. 2: it cannot run.
    """
    from cli.invalidate.invalidation import invalidate as run

    run(Target(context.obj, stack, is_local, is_aws, is_json), outputs, is_forced=is_forced, waits=waits)
