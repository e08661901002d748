"""`edge-router test`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.stacks.options import JsonOption, SetOption, stack_option


def run_files(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Test files (YAML).")],
    stack: Annotated[
        str | None, stack_option("Stack that the local edge serves; the default is the file's, or local.")
    ] = None,
    settings: SetOption = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Send the requests to this address instead of a local edge.")
    ] = None,
    origin: Annotated[
        list[str] | None, typer.Option(metavar="DOMAIN=URL", help="Address of an origin on this machine (repeatable).")
    ] = None,
    ca_file: Annotated[str | None, typer.Option(metavar="FILE", help="Additional CA certificate to trust.")] = None,
    names: Annotated[
        list[str] | None,
        typer.Option("--filter", metavar="TEXT", help="Run only tests with this text in their name (repeatable)."),
    ] = None,
    is_list: Annotated[bool, typer.Option("--list", help="List the tests; run none.")] = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="End with the first test that fails.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail where an expectation cannot be judged.")] = False,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a report in JUnit's format to this file.")
    ] = None,
    is_json: JsonOption = False,
) -> None:
    """Run test files: requests to a stack, and what is expected of the responses.

    Each file runs against a local edge that is started for its stack, or with --url against a deployed distribution.

    Exit code 0: every test passed. 1: a test failed. 2: a file is invalid, or it cannot run.
    """
    from cli.test.run import Options, run

    options = Options(
        workspace=context.obj,
        stack=stack,
        settings=tuple(settings or ()),
        url=url,
        origins=tuple(origin or ()),
        ca_file=ca_file,
        names=tuple(names or ()),
        is_list=is_list,
        ends_at_failure=fail_fast,
        is_strict=strict,
        junit=junit,
        is_json=is_json,
    )
    run(options, files)
