"""`edge-router rollout`: what a person may do to a rollout, and where it stands."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli.output.console import warn
from cli.output.errors import EXIT_LEFT, OperationError, UsageError
from cli.rollout.report import print_standing
from cli.stacks.control_table import Place, check_live, control_table
from cli.stacks.load import open_stack
from cli.stacks.running import AwsOption, LocalOption, LocalStack, RunningStack, choose_stack, find_local
from infra.settings.stack import Stack

if TYPE_CHECKING:
    from controller.analysis.plan import Plan
    from controller.rollout.state import Rollout
    from controller.rollout.store import Items

STOPPED = ("paused", "rolled-back")

rollout_app = typer.Typer(
    help="Raise the canary's percentage by the plan, or take it back.", no_args_is_help=True, rich_markup_mode="rich"
)

StackOption = Annotated[str, typer.Option("--stack", "-s", metavar="NAME", help="The stack: local, staging, prod …")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting other than in the file (repeatable).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@rollout_app.command()
def start(
    stack: StackOption = "local",
    settings: SetOption = None,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: JsonOption = False,
) -> None:
    """Begin a rollout by the plan in the stack's config; exit code 1 where one is under way."""
    opened, running = _found(stack, settings or [], plan_of, is_local=is_local, is_aws=is_aws)
    plan = plan_of(opened)

    def begin(items: Items, now: float) -> Rollout:
        from controller.rollout.transitions import start as started

        if items.config.release != opened.settings.release:
            warn(
                f"the release that is deployed is {items.config.release}, and the stack's file says"
                f" {opened.settings.release}: this is a rollout of {items.config.release}"
            )
        return started(plan, items, now)

    _change(opened, running, begin, is_json=is_json)


@rollout_app.command()
def status(
    stack: StackOption = "local",
    settings: SetOption = None,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: JsonOption = False,
) -> None:
    """Steps, samples, the tests' figures, and why it stands where it stands.

    Exit code 0: it goes on, ended well, or there is none. 3: it is paused or was rolled back. 1: it cannot be read.
    """
    opened, running = _found(stack, settings or [], check_live, is_local=is_local, is_aws=is_aws)
    with _at(opened, running) as place:
        items = place.read()
    print_standing(running, place, items, time.time(), is_json=is_json)
    if items.rollout is not None and items.rollout.state in STOPPED:
        raise SystemExit(EXIT_LEFT)


def status_in_aws(stack: Stack, *, is_json: bool) -> None:
    """What is in force at the edge in AWS, and the rollout. UsageError where the package alone says so."""
    check_live(stack)
    running = choose_stack(stack.name, stack.settings.control.home_region, is_aws=True)
    with _at(stack, running) as place:
        items = place.read()
    print_standing(running, place, items, time.time(), is_json=is_json)


@rollout_app.command()
def pause(
    stack: StackOption = "local",
    settings: SetOption = None,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: JsonOption = False,
) -> None:
    """Stay at the step; its figures are watched, and can still roll back."""
    _transition("pause", stack, settings, is_local=is_local, is_aws=is_aws, is_json=is_json)


@rollout_app.command()
def resume(
    stack: StackOption = "local",
    settings: SetOption = None,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: JsonOption = False,
) -> None:
    """Go on where it was paused; the step's interval begins anew."""
    _transition("resume", stack, settings, is_local=is_local, is_aws=is_aws, is_json=is_json)


@rollout_app.command()
def promote(
    stack: StackOption = "local",
    settings: SetOption = None,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: JsonOption = False,
) -> None:
    """All new visitors to the canary at once, and the rollout has succeeded."""
    _transition("promote", stack, settings, is_local=is_local, is_aws=is_aws, is_json=is_json)


@rollout_app.command()
def abort(
    stack: StackOption = "local",
    settings: SetOption = None,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: JsonOption = False,
) -> None:
    """Everybody back to stable, those on the canary too."""
    _transition("abort", stack, settings, is_local=is_local, is_aws=is_aws, is_json=is_json)


def _transition(
    name: str, stack: str, settings: Sequence[str] | None, *, is_local: bool, is_aws: bool, is_json: bool
) -> None:
    from controller.rollout.transitions import (
        BY_NAME,  # here, as below: it imports boto3, and other commands do without
    )

    opened, running = _found(stack, settings or [], check_live, is_local=is_local, is_aws=is_aws)
    _change(opened, running, BY_NAME[name], is_json=is_json)


def _found(
    stack: str, settings: Sequence[str], check: Callable[[Stack], object], *, is_local: bool, is_aws: bool
) -> tuple[Stack, RunningStack]:
    """The running stack that is meant, and its settings: one that is up here has those that `up` was given, too.

    `check` raises where the stack can have no rollout, whether it is up or not.
    """
    here = None if is_aws else find_local(stack)
    given: Sequence[str] = (here.notes.get("overrides") or []) if here is not None else []
    opened = open_stack(stack, [*given, *settings])
    check(opened)
    running = choose_stack(stack, opened.settings.control.home_region, is_local=is_local, is_aws=is_aws)
    if given and not isinstance(running, LocalStack):
        return _found(stack, settings, check, is_local=False, is_aws=True)
    return opened, running


def _change(stack: Stack, running: RunningStack, change: Callable[[Items, float], Rollout], *, is_json: bool) -> None:
    """Read, decide, and write only where nobody else has written meanwhile."""
    from controller.rollout.transitions import TransitionError

    now = time.time()
    with _at(stack, running) as place:
        items = place.read()
        try:
            rollout = change(items, now)
        except TransitionError as error:
            raise OperationError(str(error)) from error
        written = place.write(rollout, items)
    print_standing(running, place, written, now, is_json=is_json)


@contextlib.contextmanager
def _at(stack: Stack, running: RunningStack) -> Generator[Place]:
    """The control table there; an error says where it was met."""
    place = control_table(stack, running)
    try:
        yield place
    except OperationError as error:
        raise OperationError(f"{place.where}: {error}") from error
    finally:
        place.close()


def plan_of(stack: Stack) -> Plan:
    """Of the stack's config. UsageError where there is none, or nothing for it to move."""
    from controller.analysis.plan import Plan

    settings = stack.settings
    if not settings.needs.by_percentage:
        raise UsageError(
            f"{stack.project}:strategy is {settings.strategy}, which assigns nobody by a percentage: there is nothing"
            " to roll out"
        )
    check_live(stack)
    if settings.rollout is None:
        raise UsageError(
            f"{stack.project}:rollout is not set: a rollout needs a plan, such as"
            " pulumi config set --path rollout.interval 10m"
        )
    planned = settings.rollout
    return Plan(
        steps=planned.steps,
        interval_seconds=planned.interval_seconds,
        max_error_rate_increase=planned.max_error_rate_increase,
        max_latency_increase=planned.max_latency_increase,
        minimum_requests=planned.minimum_requests,
        on_inconclusive=planned.on_inconclusive,
        alarms=planned.alarms,
    )
