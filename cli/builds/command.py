"""`edge-router builds`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.stacks.options import AwsOption, JsonOption, LocalOption, SetOption, StackOption
from cli.stacks.workspace import Target

builds_app = typer.Typer(
    help="Keep, list and retire former builds, whose files open pages still ask for.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
BuildArgument = Annotated[str, typer.Argument(metavar="BUILD", help="The build's id, as its pages carry it.")]


@builds_app.command()
def add(
    context: typer.Context,
    build: BuildArgument,
    origin: Annotated[str, typer.Option("--origin", metavar="NAME", help="The origin that has the build's files.")],
    path: Annotated[
        str,
        typer.Option("--path", metavar="PATH", help="Path of the build there.", show_default="the origin's path"),
    ] = "",
    stack: StackOption = "local",
    settings: SetOption = None,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: JsonOption = False,
) -> None:
    """Keep a build: its files come from this origin from now on, without a deployment.

    At most 20 builds are kept; the oldest one makes room.
    """
    from cli.builds.change import add_build

    target = Target(context.obj, stack, is_local, is_aws, is_json)
    add_build(target, settings or [], build, origin, path)


@builds_app.command(name="list")
def show(
    context: typer.Context,
    stack: StackOption = "local",
    settings: SetOption = None,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: JsonOption = False,
) -> None:
    """List the builds that the edge knows, and where their files are."""
    from cli.builds.change import list_builds

    list_builds(Target(context.obj, stack, is_local, is_aws, is_json), settings or [])


@builds_app.command()
def retire(
    context: typer.Context,
    build: BuildArgument,
    stack: StackOption = "local",
    settings: SetOption = None,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: JsonOption = False,
) -> None:
    """Retire a build: pages that still ask for its files get those of their visitor's version."""
    from cli.builds.change import retire_build

    retire_build(Target(context.obj, stack, is_local, is_aws, is_json), settings or [], build)
