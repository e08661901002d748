"""`edge-router effect`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.stacks.options import JsonOption, SetOption, StackOption


def effect(
    context: typer.Context,
    stack: StackOption = "local",
    base: Annotated[str, typer.Option(metavar="REF", help="The commit to compare with: a branch, a tag …")] = "HEAD",
    settings: SetOption = None,
    is_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")] = False,
    is_json: JsonOption = False,
) -> None:
    """Tell what a change of a stack's file means for visitors: who moves, and who stays.

    Exit code 0: it was compared. 2: it cannot run, or a setting is invalid.
    """
    from cli.effect.run import run

    run(context.obj, stack, base, settings or [], is_markdown=is_markdown, is_json=is_json)
