"""`edge-router rollback`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.stacks.options import AwsOption, LocalOption, OutputsOption, stack_option
from cli.stacks.workspace import Target


def rollback(
    context: typer.Context,
    stack: Annotated[str, stack_option("The stack to roll back.")],
    is_confirmed: Annotated[bool, typer.Option("--yes", "-y", help="Skip the confirmation prompt.")] = False,
    version: Annotated[
        int | None,
        typer.Option(
            "--to",
            min=1,
            metavar="VERSION",
            help="Function version to roll back to.",
            show_default="the previous version",
        ),
    ] = None,
    keeps_version: Annotated[
        bool, typer.Option("--keep-version", help="Keep the function version; do only the steps that take seconds.")
    ] = False,
    keeps_config: Annotated[
        bool, typer.Option("--keep-config", help="Keep the stack's file, if you check out another commit next.")
    ] = False,
    outputs: OutputsOption = None,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON document; without --yes, the plan.")] = False,
) -> None:
    """Roll a release back: pin and percentage first, then the previous version of the function.

    Shows the plan, asks for confirmation, and carries it out. Every step can be repeated safely.

    Exit code 0: all steps are done. 1: a step failed or was rejected. 3: nothing was changed yet, or a step is left to
    do manually. 2: it cannot run.
    """
    from cli.rollback.run import rollback as run

    run(
        *(Target(context.obj, stack, is_local, is_aws, is_json), version, outputs),
        is_confirmed=is_confirmed,
        keeps_version=keeps_version,
        keeps_config=keeps_config,
    )
