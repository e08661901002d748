"""The `edge-router` command: its families, and the exit code of every run."""

from __future__ import annotations

import errno
import itertools
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated

import typer
import typer.main

from cli.families import Families
from cli.output.errors import EXIT_CLOSED_PIPE, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_LEFT
from cli.output.outcome import Outcome, Problem, begin
from cli.output.streams import errors, output, write_lines
from cli.stacks.workspace import Workspace

NAME = "edge-router"
app = typer.Typer(
    cls=Families,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help, without an import of rich
)


def _print_version(is_requested: bool) -> None:
    if is_requested:
        from cli.version import version_line

        write_lines([version_line()])
        raise typer.Exit


@app.callback()
def edge_router(
    _version: Annotated[
        bool, typer.Option("--version", help="Print versions and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Routing strategies for Amazon CloudFront: try, check, explain and package a stack."""


def main(arguments: Sequence[str] | None = None, workspace: Workspace | None = None) -> None:
    """Run the command in this process. SystemExit with an exit code of docs/commands.md.

    A bug of this program raises its own exception, after the JSON document under --json.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    outcome = begin()
    code = _run(given, workspace or Workspace(), outcome)
    if _wants_json(given):
        outcome.write(code)
    output.flush()
    errors.flush()
    sys.exit(_with_stream_errors(code))


def _run(arguments: Sequence[str], workspace: Workspace, outcome: Outcome) -> int:
    """The exit code; errors are printed, and added to the document."""
    try:
        return _call(arguments, workspace)
    except BaseException as error:
        from cli.output.failures import classify  # it imports every kind of error

        failure = classify(error)
        if failure is None:
            outcome.problems = [Problem(None, f"a bug in {NAME}: {type(error).__name__}: {error}")]
            if _wants_json(arguments):
                outcome.write(EXIT_FAILED)
            raise
    if failure.usage:
        errors.write(f"{failure.usage}\n")
    if failure.text:
        _print_error(failure.text)
    outcome.problems += failure.problems
    return failure.exit_code


def _call(arguments: Sequence[str], workspace: Workspace) -> int:
    try:
        code = _command()(arguments, prog_name=NAME, standalone_mode=False, obj=workspace) or 0
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    if code == EXIT_INTERRUPTED:  # typer returns it for Ctrl-C
        raise KeyboardInterrupt
    return code


def _print_error(text: str) -> None:
    from cli.output.console import print_error  # it imports rich

    print_error(text)


def _wants_json(arguments: Sequence[str]) -> bool:
    """Answer before the arguments are parsed, because they may be invalid."""
    return "--json" in itertools.takewhile(lambda word: word != "--", arguments)


def _with_stream_errors(code: int) -> int:
    """The exit code, unless the command has not failed and its output is lost."""
    if output.lost is None:
        return code
    if output.lost.errno == errno.EPIPE:
        return code or EXIT_CLOSED_PIPE
    _print_error(f"standard output cannot be written: {output.lost.strerror}")
    return EXIT_FAILED if code in (0, EXIT_LEFT) else code


@cache
def _command() -> Callable[..., int | None]:
    """The click command, built once per process."""
    return typer.main.get_command(app)
