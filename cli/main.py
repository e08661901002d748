"""The `edge-router` command: what there is, and how a failure is told."""

from __future__ import annotations

import contextlib
import errno
import itertools
import sys
from collections.abc import Callable, Generator, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

import typer
import typer.main

from cli import commands
from cli.config import command as checking
from cli.cost.command import cost
from cli.logs.command import logs
from cli.new_strategy.command import new_strategy
from cli.output.console import complain, out
from cli.output.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_NOBODY_READS, UsageError
from cli.output.failures import failure_of
from cli.output.outcome import Outcome, Problem, begin
from cli.output.progress import working
from cli.output.streams import errors, output
from cli.rollback.command import rollback
from cli.rollback.invalidate import invalidate
from cli.rollout.command import rollout_app, status_in_aws
from cli.stacks.load import open_stack
from cli.stacks.running import AwsOption, LocalOption, LocalStack, choose_stack
from cli.sweep.command import sweep
from cli.validate.command import validate
from cli.version import version_line

NAME = "edge-router"
app = typer.Typer(
    help="Routing strategies for Amazon CloudFront: try, check, explain and package a stack.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
config_app = typer.Typer(help="The stack's config.", no_args_is_help=True)
app.add_typer(config_app, name="config")
app.add_typer(rollout_app, name="rollout")

StackOption = Annotated[str, typer.Option("--stack", "-s", metavar="NAME", help="The stack: local, staging, prod …")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Try a setting without editing the file (repeatable)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
PortOption = Annotated[int, typer.Option(min=0, max=65_535, help="Where viewers connect; 0 takes a free port.")]


def _print_version(is_asked: bool) -> None:
    if is_asked:
        out.print(version_line(), markup=False)
        raise typer.Exit


@app.callback()
def edge_router(
    _version: Annotated[
        bool, typer.Option("--version", help="Print versions and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Routing strategies for Amazon CloudFront: try, check, explain and package a stack."""


@app.command()
def up(
    stack: StackOption = "local",
    port: PortOption = 8080,
    settings: SetOption = None,
    state: Annotated[Path | None, typer.Option(help="Serve an exported state (pulumi stack export) instead.")] = None,
    package: Annotated[Path | None, typer.Option(help="The function's zip, where the state's is not here.")] = None,
    distribution: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which of the state's distributions: its name, id or domain.")
    ] = None,
    origin: Annotated[
        list[str] | None, typer.Option(metavar="DOMAIN=URL", help="Where an origin runs on this machine (repeatable).")
    ] = None,
    origins: Annotated[Path | None, typer.Option(help="The same as a YAML or JSON file of domain to URL.")] = None,
    dynamodb: Annotated[str | None, typer.Option(metavar="URL", help="Another DynamoDB engine than moto's.")] = None,
    region_port: Annotated[
        list[str] | None, typer.Option(metavar="REGION=PORT", help="A port of its own for a Region (repeatable).")
    ] = None,
    reconcile_seconds: Annotated[
        float | None, typer.Option(min=0.1, metavar="N", help="Let the rollout controller look more often.")
    ] = None,
    fail_percent: Annotated[
        float, typer.Option(min=0, max=100, metavar="N", help="Let so many of version 2's answers be a 500.")
    ] = 0,
) -> None:
    """Deploy a stack on this machine and serve it until Ctrl-C; a change of its file is deployed at once."""
    with working("loads the local edge"), _local_packages():
        from cli.up import command as local
        from cli.up.request import UpRequest
    local.up(
        UpRequest(
            stack,
            port,
            settings or [],
            state,
            package,
            origin or [],
            origins,
            dynamodb,
            region_port or [],
            reconcile_seconds=reconcile_seconds,
            fail_percent=fail_percent,
            distribution=distribution,
        )
    )


@app.command()
def status(
    stack: StackOption = "local",
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    json: JsonOption = False,
) -> None:
    """What a stack that is up serves: addresses, and reads by Region and replica.

    With --aws: percentage, pin and rollout in force there.
    """
    running = choose_stack(stack, "", is_local=is_local or not is_aws, is_aws=is_aws)
    if isinstance(running, LocalStack):
        with _local_packages():
            from cli.up import command as local
        local.status(running, is_json=json)
    else:
        status_in_aws(open_stack(stack), is_json=json)


@app.command()
def bundle(
    stack: StackOption,
    path: Annotated[Path, typer.Option("--out", metavar="FILE.zip", help="Where the package goes.")],
    settings: SetOption = None,
    json: JsonOption = False,
) -> None:
    """Build the function's package: deterministic, and readable by you only."""
    commands.bundle(stack, path, settings or [], is_json=json)


@app.command()
def explain(
    event: Annotated[
        str, typer.Argument(metavar="EVENT", help="A CloudFront event (JSON) or HTTP request; - is stdin.")
    ],
    stack: StackOption = "local",
    settings: SetOption = None,
    region: Annotated[str, typer.Option(help="The Region where the function runs.")] = "us-east-1",
    request_id: Annotated[
        str, typer.Option(help="CloudFront's request id, where the text is an HTTP request.")
    ] = "explain",
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    json: JsonOption = False,
) -> None:
    """Say where a request goes, why, and everything that was looked at.

    By the stack that is up on this machine, or with --aws by the one in AWS; without either by the settings alone.

    Exit code 0: it is told. 3: it cannot be told, for what decides was not read. 2: it cannot run.
    """
    commands.explain(
        *(stack, event, settings or [], region, request_id), is_local=is_local, is_aws=is_aws, is_json=json
    )


app.command()(validate)
app.command()(sweep)
app.command()(rollback)
app.command()(invalidate)
app.command()(cost)
app.command()(logs)
app.command()(new_strategy)


@config_app.command("check")
def config_check(
    stack: Annotated[str | None, typer.Option("--stack", "-s", metavar="NAME", help="The stack to check.")] = None,
    settings: SetOption = None,
    state: Annotated[
        Path | None, typer.Option(help="Look for cache leaks in an exported state (pulumi stack export), anybody's.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check a stack's config and caching as preview does; exit code 1 when something is wrong."""
    checking.config_check(stack, settings or [], state, is_json=json)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command in this process. SystemExit with one of the exit codes of docs/commands.md, never a traceback.

    Only what is a fault of this program passes: then with a traceback, and a document under --json all the same.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    outcome = begin()
    code = _exit_code(given, outcome)
    if _asks_for_json(given):
        outcome.write(code)
    output.flush()
    errors.flush()
    sys.exit(_heard(code))


def _exit_code(arguments: Sequence[str], outcome: Outcome) -> int:
    """Run it; what went wrong is told, and kept for the document."""
    try:
        return _ended(arguments)
    except BaseException as error:
        failure = failure_of(error)
        if failure is None:
            outcome.problems = [Problem(None, f"a fault of {NAME}: {type(error).__name__}: {error}")]
            if _asks_for_json(arguments):
                outcome.write(EXIT_FAILED)
            raise
    if failure.text:
        complain(failure.text)
    outcome.problems += failure.problems
    return failure.exit_code


def _ended(arguments: Sequence[str]) -> int:
    """The exit code of a command that says by itself how it ended."""
    try:
        code = _command()(arguments, prog_name=NAME, standalone_mode=False) or 0
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    if code == EXIT_INTERRUPTED:  # typer's word for it
        raise KeyboardInterrupt
    return code


def _asks_for_json(arguments: Sequence[str]) -> bool:
    """Before the arguments are parsed, for they may be wrong."""
    return "--json" in itertools.takewhile(lambda word: word != "--", arguments)


def _heard(code: int) -> int:
    """The exit code, where standard output took what was written."""
    if output.lost is None:
        return code
    if output.lost.errno == errno.EPIPE:
        return code or EXIT_NOBODY_READS
    complain(f"standard output cannot be written: {output.lost.strerror}")
    return code or EXIT_FAILED


@cache
def _command() -> Callable[..., int | None]:
    """Made once in a process, for it takes a twentieth of a second."""
    return typer.main.get_command(app)


@contextlib.contextmanager
def _local_packages() -> Generator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(
            f"this command needs the package {error.name}, which is not installed: pip install --editable '.[local]'"
        ) from error
