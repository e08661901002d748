"""`edge-router bundle`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.output.errors import UsageError
from cli.stacks.options import JsonOption, SetOption, StackOption


def bundle(
    context: typer.Context,
    stack: StackOption,
    path: Annotated[Path | None, typer.Option("--out", metavar="FILE.zip", help="Where to write the package.")] = None,
    target: Annotated[
        str | None,
        typer.Option("--verify", metavar="FILE-OR-ARN", help="Compare a package, or a function in AWS, instead."),
    ] = None,
    settings: SetOption = None,
    is_json: JsonOption = False,
) -> None:
    """Build the deployment package of the Lambda@Edge function: reproducible, and readable by you only.

    With --verify, tell whether a package, or what a function of Lambda or CloudFront runs, is what this commit builds.
    Exit code 0: it is. 1: it is not. 3: the sources are, and not all bytecode could be judged. 2: it cannot run.
    """
    opened = context.obj.open_stack(stack, settings or [])
    if (path is None) == (target is None):
        raise UsageError("bundle needs --out FILE.zip, or --verify with a package or the ARN of a function")
    if path is not None:
        from cli.bundle.build import build_package

        build_package(opened, path, is_json=is_json)
    elif target is not None:
        from cli.bundle.verify import verify

        verify(opened, target, is_json=is_json)
