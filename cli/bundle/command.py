"""`edge-router bundle`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.stacks.options import JsonOption, SetOption, StackOption


def bundle(
    context: typer.Context,
    stack: StackOption,
    path: Annotated[Path, typer.Option("--out", metavar="FILE.zip", help="Where to write the package.")],
    settings: SetOption = None,
    is_json: JsonOption = False,
) -> None:
    """Build the deployment package of the Lambda@Edge function: reproducible, and readable by you only."""
    from cli.bundle.build import build_package

    build_package(context.obj.open_stack(stack, settings or []), path, is_json=is_json)
