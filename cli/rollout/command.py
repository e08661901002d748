"""`edge-router rollout`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.stacks.options import AwsOption, JsonOption, LocalOption, SetOption, StackOption
from cli.stacks.workspace import Target

rollout_app = typer.Typer(help="Start, watch and change a rollout.", no_args_is_help=True, rich_markup_mode=None)


@rollout_app.command()
def start(
    context: typer.Context,
    stack: StackOption = "local",
    settings: SetOption = None,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: JsonOption = False,
) -> None:
    """Start a rollout by the plan in the stack's config; exit code 1 if one is running or paused."""
    from cli.rollout.change import start_rollout

    start_rollout(Target(context.obj, stack, is_local, is_aws, is_json), settings or [])


@rollout_app.command()
def status(
    context: typer.Context,
    stack: StackOption = "local",
    settings: SetOption = None,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: JsonOption = False,
) -> None:
    """Show the steps, samples and test results, and the reason for the current state.

    Exit code 0: running, succeeded, or no rollout. 3: paused or rolled back. 1: it cannot be read.
    """
    from cli.rollout.change import show_rollout

    show_rollout(Target(context.obj, stack, is_local, is_aws, is_json), settings or [])


@rollout_app.command()
def watch(
    context: typer.Context,
    stack: StackOption = "local",
    settings: SetOption = None,
    is_once: Annotated[bool, typer.Option("--once", help="Show it once, with its plot, and end.")] = False,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
) -> None:
    """Watch the rollout until it is over or Ctrl-C: a plot of the percentage, and the figures of status.

    Without a terminal: one line for each change. Exit codes as those of status.
    """
    from cli.rollout.watch import watch_rollout

    watch_rollout(Target(context.obj, stack, is_local, is_aws), settings or [], is_once=is_once)


@rollout_app.command()
def history(
    context: typer.Context,
    stack: StackOption = "local",
    settings: SetOption = None,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: JsonOption = False,
) -> None:
    """Show the last 50 rollouts that are over, the newest first, with when and why."""
    from cli.rollout.change import show_history

    show_history(Target(context.obj, stack, is_local, is_aws, is_json), settings or [])


def _add_transition(name: str, summary: str) -> None:
    """Register a command that moves the rollout to another state."""

    def transition(
        context: typer.Context,
        stack: StackOption = "local",
        settings: SetOption = None,
        is_local: LocalOption = False,
        is_aws: AwsOption = False,
        is_json: JsonOption = False,
    ) -> None:
        from cli.rollout.change import transition_rollout

        transition_rollout(Target(context.obj, stack, is_local, is_aws, is_json), settings or [], name)

    rollout_app.command(name, help=summary)(transition)


_add_transition("pause", "Pause at the current step; the analysis goes on and can still roll back.")
_add_transition("resume", "Resume a paused rollout; the interval of its step starts again.")
_add_transition("promote", "Send all new visitors to the canary now; the rollout has succeeded.")
_add_transition("abort", "Send everybody back to stable, including visitors on the canary.")
_add_transition("approve", "Let the step begin that waits for approval; exit code 1 if none does.")
_add_transition("reject", "Send everybody back to stable instead of beginning the step that waits for approval.")
