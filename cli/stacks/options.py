"""Options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def complete_stacks(context: typer.Context, incomplete: str) -> list[str]:
    """Return the stacks that have a file, for the completion of a shell."""
    from cli.stacks.workspace import Workspace
    from simulator.standin.config.stack_config import stacks

    workspace = context.obj or Workspace()
    return [name for name in stacks(workspace.root) if name.startswith(incomplete)]


def complete_strategies(incomplete: str) -> list[str]:
    """Return the names of the strategies, for the completion of a shell."""
    from strategies.registry import STRATEGIES

    return [name for name in STRATEGIES if name.startswith(incomplete)]


def stack_option(help_text: str) -> Any:
    """Return the option `--stack`, for a parameter of a command."""
    return typer.Option("--stack", "-s", metavar="NAME", help=help_text, autocompletion=complete_stacks)


StackOption = Annotated[str, stack_option("The stack: local, staging, prod …")]
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
