"""`edge-router up` and `edge-router status`."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import Annotated

import typer

from cli.output.errors import UsageError
from cli.stacks.options import AwsOption, JsonOption, LocalOption, SetOption, StackOption
from cli.stacks.workspace import Target


def up(
    context: typer.Context,
    stack: StackOption = "local",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port for viewers; 0 takes a free one.")] = 8080,
    settings: SetOption = None,
    state: Annotated[Path | None, typer.Option(help="Serve an exported state (pulumi stack export) instead.")] = None,
    package: Annotated[
        Path | None, typer.Option(help="Deployment package to run if the state's own is not here.")
    ] = None,
    distribution: Annotated[
        str | None, typer.Option(metavar="NAME", help="Distribution of the state: its name, ID or domain.")
    ] = None,
    origin: Annotated[
        list[str] | None, typer.Option(metavar="DOMAIN=URL", help="Address of an origin on this machine (repeatable).")
    ] = None,
    origins: Annotated[Path | None, typer.Option(help="YAML or JSON file that maps domains to URLs.")] = None,
    dynamodb: Annotated[str | None, typer.Option(metavar="URL", help="DynamoDB engine to use instead of moto.")] = None,
    region_port: Annotated[
        list[str] | None, typer.Option(metavar="REGION=PORT", help="Additional port for a Region (repeatable).")
    ] = None,
    reconcile_seconds: Annotated[
        float | None, typer.Option(min=0.1, metavar="N", help="Interval of the rollout controller, in seconds.")
    ] = None,
    fail_percent: Annotated[
        float, typer.Option(min=0, max=100, metavar="N", help="Percentage of version 2's responses that are a 500.")
    ] = 0,
    tls: Annotated[
        bool, typer.Option("--tls", help="Let functions reach DynamoDB over TLS, with certificates made at the start.")
    ] = False,
    cpu_share: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="CPU of each Lambda worker as a share of one core: 7% or 0.07."),
    ] = None,
) -> None:
    """Deploy a stack on this machine and serve it until Ctrl-C; a change of its file is deployed at once."""
    with require_packages():
        from cli.output.progress import working

        with working("loading the local edge"):
            from cli.up.request import UpRequest
            from cli.up.serving import run
    run(
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
            has_tls=tls,
            cpu_share=cpu_share,
            workspace=context.obj,
        )
    )


def status(
    context: typer.Context,
    stack: StackOption = "local",
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: JsonOption = False,
) -> None:
    """Show what a local stack serves: addresses, and reads by Region and replica.

    With --aws: the effective percentage, pin and rollout in AWS.
    """
    from cli.stacks.running import LocalStack, choose_stack

    target = Target(context.obj, stack, is_local or not is_aws, is_aws, is_json)
    running = choose_stack(target, "")
    if isinstance(running, LocalStack):
        with require_packages():
            from cli.up.report import print_status
        print_status(running, is_json=is_json)
    else:
        from cli.rollout.change import show_control_in_aws

        show_control_in_aws(target)


@contextlib.contextmanager
def require_packages() -> Generator[None]:
    """Raise UsageError if a package of the local edge is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(
            f"this command needs the package {error.name}, which is not installed: pip install --editable '.[local]'"
        ) from error
