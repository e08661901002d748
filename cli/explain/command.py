"""`edge-router explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.stacks.options import AwsOption, JsonOption, LocalOption, SetOption, StackOption
from cli.stacks.workspace import Target


def explain(
    context: typer.Context,
    event: Annotated[
        str,
        typer.Argument(metavar="EVENT", help="File with a CloudFront event (JSON) or an HTTP request; - for stdin."),
    ],
    stack: StackOption = "local",
    settings: SetOption = None,
    region: Annotated[str, typer.Option(help="Region where the function runs.")] = "us-east-1",
    request_id: Annotated[str, typer.Option(help="CloudFront request ID for an HTTP request.")] = "explain",
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: JsonOption = False,
) -> None:
    """Explain where a request goes and why, with every step of the decision.

    Uses the stack that runs on this machine, or with --aws the one in AWS; if neither runs, the settings alone.

    Exit code 0: decided. 3: undecided, because something could not be read. 2: it cannot run.
    """
    from cli.explain.run import explain as run

    target = Target(context.obj, stack, is_local, is_aws, is_json)
    run(target, event, settings or [], region, request_id)
