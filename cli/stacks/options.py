"""Options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StackOption = Annotated[str, typer.Option("--stack", "-s", metavar="NAME", help="The stack: local, staging, prod …")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a setting for this run (repeatable)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
LocalOption = Annotated[bool, typer.Option("--local", help="Use the stack that runs on this machine.")]
AwsOption = Annotated[bool, typer.Option("--aws", help="Use the stack in AWS, even if it also runs on this machine.")]
OutputsOption = Annotated[
    Path | None,
    typer.Option("--outputs", metavar="FILE", help="The stack's outputs (pulumi stack output --json), without Pulumi."),
]
