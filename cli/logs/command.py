"""`edge-router logs`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.stacks.options import AwsOption, LocalOption, StackOption
from cli.stacks.workspace import Target


def logs(
    context: typer.Context,
    stack: StackOption = "local",
    regions: Annotated[
        list[str] | None,
        typer.Option("--region", metavar="REGION", help="Read this Region (repeatable).", show_default="logs.regions"),
    ] = None,
    since: Annotated[str, typer.Option(metavar="DURATION", help="How far back to start: 90s, 15m, 6h, 2d.")] = "15m",
    is_following: Annotated[bool, typer.Option("--follow", "-f", help="Show new decisions until Ctrl-C.")] = False,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """Show the decisions of all Regions as one stream in time order, from AWS or the local edge.

    Exit code 0: all Regions were read. 1: a Region could not be read. 2: it cannot run.
    """
    from cli.logs.show import show_decisions

    target = Target(context.obj, stack, is_local, is_aws, is_json)
    show_decisions(target, regions or [], since, is_following=is_following)
