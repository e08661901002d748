"""`edge-router console`."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, Any

import typer

from cli.output.errors import UsageError
from cli.stacks.options import AwsOption, LocalOption, stack_option
from cli.stacks.workspace import Workspace
from cli.up.command import require_packages

DEFAULT_PORT = 8090


def console(
    context: typer.Context,
    stack: Annotated[
        list[str] | None, stack_option("Show this stack only (repeatable); the default is every stack of the project.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of the page; 0 takes a free one.")] = DEFAULT_PORT,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
) -> None:
    """Serve a page on this machine that shows every stack, and changes its rollout and pin, until Ctrl-C.

    A stack that is up on this machine is shown, else the one in AWS, by the rights of the AWS credentials.
    """
    import asyncio

    if is_local and is_aws:
        raise UsageError("--local and --aws exclude each other")
    from cli.output.console import out
    from simulator.standin.config.stack_config import find_stack_file, stacks

    workspace: Workspace = context.obj
    names = list(dict.fromkeys(stack or stacks(workspace.root)))
    for name in names:
        find_stack_file(name, workspace.root)
    for name in stack or ():
        workspace.open_stack(name)  # a mistake in its file is told at once; of all stacks, the page tells it
    with require_packages():
        from cli.up.deploying import command_errors
        from cli.up.serving import until_ended

    async def serve() -> None:
        async with serving(workspace, names, port, is_local=is_local, is_aws=is_aws) as address:
            out.print(f"the console of {', '.join(names)}, for this machine only: {address}", markup=False)
            out.print("press Ctrl-C to stop", markup=False)
            await asyncio.Event().wait()

    with command_errors():
        asyncio.run(until_ended(serve()))


@contextlib.asynccontextmanager
async def serving(
    workspace: Workspace,
    names: Sequence[str],
    port: int = 0,
    *,
    is_local: bool = False,
    is_aws: bool = False,
    token: str = "",
) -> AsyncGenerator[str]:
    """Serve the console of these stacks, and yield its address: the token is behind the #, which no browser sends."""
    import asyncio
    import secrets

    from cli.console.source import StackSource
    from cli.console.stacks import Stacks
    from console.app import console_app
    from console.feed import Feed
    from simulator.cloudfront import AppServer

    token = token or secrets.token_urlsafe(32)
    source = StackSource(Stacks(workspace, names, is_local=is_local, is_aws=is_aws))
    feeds: list[Feed] = []

    def app_for(ports: Sequence[int]) -> Any:
        app, feed = console_app(source, token, ports[0])
        feeds.append(feed)
        return app

    try:
        async with AppServer(app_for, [port]) as server:
            try:
                yield f"http://{server.host}:{server.ports[0]}/#{token}"
            finally:
                for feed in feeds:
                    feed.close()
    finally:  # Ctrl-C cancels the caller at the yield
        await asyncio.to_thread(source.close)
