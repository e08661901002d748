"""`edge-router config check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.stacks.options import JsonOption, SetOption, stack_option

config_app = typer.Typer(help="Check the config of a stack.", no_args_is_help=True, rich_markup_mode=None)


@config_app.command("check")
def config_check(
    context: typer.Context,
    stack: Annotated[str | None, stack_option("The stack to check.")] = None,
    settings: SetOption = None,
    state: Annotated[
        Path | None, typer.Option(help="Check an exported state of any stack (pulumi stack export) for cache leaks.")
    ] = None,
    sarif: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the result as SARIF 2.1.0, for code scanning; - for standard output."),
    ] = None,
    is_json: JsonOption = False,
) -> None:
    """Check a stack's config and caching as preview does.

    Exit code 0: no errors. 1: errors were found, or the file could not be written. 2: it cannot run.
    """
    from cli.config.check import check

    check(context.obj, stack, settings or [], state, sarif=sarif, is_json=is_json)
