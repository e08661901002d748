"""`edge-router what-if`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli.stacks.options import JsonOption, SetOption, stack_option


class Engine(StrEnum):
    """The engine that reads the log."""

    DUCKDB = "duckdb"
    ATHENA = "athena"


def what_if(
    context: typer.Context,
    percent: Annotated[
        float, typer.Option(metavar="PERCENT", min=0, max=100, help="Percentage of new visitors on canary to look at.")
    ],
    log: Annotated[
        str,
        typer.Option(
            metavar="PLACE",
            help="CloudFront's access logs: a file, a folder, a pattern or s3://BUCKET/PREFIX; with --engine athena"
            " DATABASE.TABLE.",
        ),
    ],
    stack: Annotated[str, stack_option("Stack whose settings count: strategy, release, percentage, plan …")] = "local",
    settings: SetOption = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Predict the stack's rollout plan: steps with too few requests, and its end.")
    ] = False,
    fields: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Fields of logs without a header, with spaces between them.",
            show_default="the standard fields",
        ),
    ] = None,
    duration_ms: Annotated[
        float, typer.Option(min=0, max=30_000, help="Duration of an invocation, in ms, for cost and quotas.")
    ] = 5,
    offline: Annotated[bool, typer.Option("--offline", help="Use the bundled prices; do not ask AWS.")] = False,
    engine: Annotated[
        Engine,
        typer.Option(
            metavar="ENGINE", help="duckdb reads the log on this machine, athena in AWS, which bills its scan."
        ),
    ] = Engine.DUCKDB,
    region: Annotated[str, typer.Option(metavar="REGION", help="Region of the bucket or of Athena.")] = "us-east-1",
    workgroup: Annotated[str, typer.Option(metavar="NAME", help="Athena's workgroup.")] = "primary",
    athena_output: Annotated[
        str, typer.Option(metavar="S3-PLACE", help="Place for Athena's results.", show_default="the workgroup's")
    ] = "",
    is_json: JsonOption = False,
) -> None:
    """Show what another percentage would do, by access logs: who moves, what it costs, quotas, the plan's course.

    Exit code 3: a file could not be read. Nothing of a visitor is printed but counts.
    """
    from cli.what_if.run import Asked, ask

    asked = Asked(log, percent, plan, tuple((fields or "").split()), duration_ms, offline)
    asked = asked.at(engine == Engine.ATHENA, region, workgroup, athena_output)
    ask(context.obj.open_stack(stack, settings or []), asked, is_json=is_json)
