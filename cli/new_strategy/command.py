"""`edge-router new-strategy`: everything that a new strategy needs to run, to be tested and to be documented."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.output.errors import OperationError

if TYPE_CHECKING:
    from cli.new_strategy.names import StrategyNames


def new_strategy(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the strategy in kebab-case, such as by-country.")
    ],
) -> None:
    """Write a new strategy that works: its file, its registry line, its test and its page.

    Every file written is listed; none is overwritten. docs/write-your-own.md goes on from there.
    """
    from cli.new_strategy.names import name_strategy
    from cli.new_strategy.scaffold import write_strategy
    from cli.output.console import out

    project: Path = context.obj.root
    names = name_strategy(name)
    written = write_strategy(project, names)
    for path in written:
        out.print(f"wrote {path}", markup=False)
    for line in _generate_pages(project):
        if line not in {f"wrote {path}" for path in written}:
            out.print(line, markup=False)
    out.print(_next_steps(names), markup=False)


def _generate_pages(project: Path) -> list[str]:
    """Fill in the generated tables, in a process that has not imported the registry yet; return what it prints."""
    command = [sys.executable, "-m", "docs.generate"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)  # noqa: S603  no input
    if done.returncode:
        [*_, last] = done.stderr.splitlines() or ["no message"]
        raise OperationError(f"the strategy is written, but not the tables of the pages: {last}")
    return done.stdout.splitlines()


def _next_steps(names: StrategyNames) -> str:
    return f"""
Next:
  1. Decide in strategies/{names.module}.py: options, needs, choose, and every reason in the docstring.
  2. Say what it does in docs/strategies/{names.name}.md, and test it in tests/strategies/test_{names.module}.py.
  3. make docs-pages test
  4. edge-router up --set strategy={names.name} --set canaryPercent=100
docs/write-your-own.md explains each step."""
