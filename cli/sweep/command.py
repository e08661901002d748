"""`edge-router sweep`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.stacks.options import JsonOption, stack_option


def sweep(
    context: typer.Context,
    stack: Annotated[str | None, stack_option("Only this stack, even if it is destroyed.")] = None,
    is_deleting: Annotated[bool, typer.Option("--delete", help="Delete; the default is to list only.")] = False,
    keep: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=50,
            metavar="N",
            help="Number of newest versions to keep of a function in use.",
            show_default="keepVersions",
        ),
    ] = None,
    is_json: JsonOption = False,
) -> None:
    """Delete the orphaned functions of destroyed stacks, and old versions of functions in use.

    Exit code 0: nothing is left to delete. 3: something is left, or must still wait. 1: a deletion failed. 2: it
    cannot run.
    """
    from cli.sweep.run import sweep as run

    run(context.obj, stack, keep, is_deleting=is_deleting, is_json=is_json)
