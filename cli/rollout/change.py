"""Start, show and change the rollout of a running stack."""

from __future__ import annotations

import contextlib
import getpass
import time
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

from cli.output.console import warn
from cli.output.errors import EXIT_LEFT, OperationError, UsageError
from cli.rollout.report import print_history, print_rollout
from cli.stacks.aws import client
from cli.stacks.aws_errors import describe_error
from cli.stacks.control_table import Place, check_live, control_table
from cli.stacks.running import AwsStack, LocalStack, RunningStack, open_running
from cli.stacks.workspace import Target
from infra.naming.edge_functions import EDGE_REGION, viewer_function_name
from infra.settings.stack import Stack

if TYPE_CHECKING:
    from controller.analysis.plan import Plan
    from controller.rollout.state import Rollout
    from controller.rollout.store import Items
    from infra.settings.rollouts.metrics import MetricSettings

STOPPED = ("paused", "rolled-back")


def start_rollout(target: Target, overrides: Sequence[str]) -> None:
    """Start a rollout by the plan in the stack's config, and print it."""
    opened, running = open_running(target, overrides, read_plan)
    _reject_freeze(opened)
    plan = read_plan(opened)

    def begin(items: Items, now: float) -> Rollout:
        from controller.rollout.transitions import start

        if items.config.release != opened.settings.release:
            warn(
                f"the deployed release is {items.config.release}, and the stack's file has"
                f" {opened.settings.release}: this is a rollout of {items.config.release}"
            )
        return start(plan, items, now)

    _change(opened, running, begin, is_json=target.is_json)


def show_rollout(target: Target, overrides: Sequence[str]) -> None:
    """Print the rollout. SystemExit(3) if it is paused or rolled back."""
    opened, running = open_running(target, overrides, check_live)
    rollout = _show(opened, running, is_json=target.is_json)
    if rollout is not None and rollout.state in STOPPED:
        raise SystemExit(EXIT_LEFT)


def show_control_in_aws(target: Target) -> None:
    """Print the effective control in AWS, and the rollout. UsageError for a stack without a control table."""
    opened = target.open_stack()
    check_live(opened)
    _show(opened, AwsStack(target.stack, opened.settings.control.home_region), is_json=target.is_json)


def _show(stack: Stack, running: RunningStack, *, is_json: bool) -> Rollout | None:
    with open_table(stack, running) as place:
        items = place.read()
    print_rollout(running, place, items, time.time(), is_json=is_json)
    return items.rollout


def transition_rollout(target: Target, overrides: Sequence[str], name: str) -> None:
    """Pause, resume, promote, abort, approve or reject, and print the rollout."""
    opened, running = open_running(target, overrides, check_live)
    _change(opened, running, find_transition(opened, running, name), is_json=target.is_json)


def find_transition(stack: Stack, running: RunningStack, name: str) -> Callable[[Items, float], Rollout]:
    """Return a transition by its name, made by who runs the command. OperationError where the settings forbid it."""
    from controller.rollout.transitions import BY_NAME, BY_PERSON

    if name == "promote":
        _reject_freeze(stack)
    if name in BY_NAME:
        return BY_NAME[name]
    return lambda items, now: BY_PERSON[name](items, now, _caller(running))


def show_history(target: Target, overrides: Sequence[str]) -> None:
    """Print the former rollouts, the newest first."""
    opened, running = open_running(target, overrides, check_live)
    with open_table(opened, running) as place:
        former = place.history()
    print_history(running, place, former, is_json=target.is_json)


def _caller(running: RunningStack) -> str:
    """Return who runs the command: the caller's ARN in AWS, the user on this machine."""
    found = running.caller if isinstance(running, AwsStack) else getpass.getuser()
    return found or "an unknown caller"


def _reject_freeze(stack: Stack) -> None:
    """Raise OperationError where the stack's settings take no step."""
    rollout = stack.settings.rollout
    if rollout is not None and rollout.gates.freeze:
        raise OperationError(
            f"{stack.project}:rollout.gates.freeze is true: no step is taken. Set it to false and update the stack"
        )


def _change(stack: Stack, running: RunningStack, change: Callable[[Items, float], Rollout], *, is_json: bool) -> None:
    """Read, change and write the rollout, unless it has changed since it was read."""
    from controller.rollout.transitions import TransitionError

    now = time.time()
    with open_table(stack, running) as place:
        items = place.read()
        try:
            rollout = change(items, now)
        except TransitionError as error:
            raise OperationError(str(error)) from error
        written = _write(place, rollout, items, lambda read: change(read, now))
        problem = copy_to_store(stack, running, place)
    if problem:
        warn(problem)
    is_copied = bool(place.store) and not problem
    print_rollout(running, place, written, now, is_json=is_json, is_copied=is_copied)


def _write(place: Place, rollout: Rollout, items: Items, change: Callable[[Items], Rollout]) -> Items:
    """Write the rollout; once more where meanwhile it was only measured, and stands where it stood."""
    from controller.rollout.store import ConflictError

    try:
        return place.write(rollout, items)
    except OperationError as error:
        if not isinstance(error.__cause__, ConflictError) or items.rollout is None:
            raise
        again = place.read()
        if again.rollout is None or again.config != items.config or not again.rollout.stands_as(items.rollout):
            raise
        return place.write(change(again), again)


def copy_to_store(stack: Stack, running: RunningStack, place: Place) -> str:
    """Copy the effective control to the key-value store, where the edge reads that; return why it could not, or "".

    The controller does the same within a minute: for a canary to be withdrawn, that is long.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from controller.sources.key_values import KEY, CloudFrontKeyValues, store_text

    if not place.store:
        return ""
    name = viewer_function_name(stack.prefix, stack.settings.needs.viewer_function)
    try:
        if isinstance(running, LocalStack):
            running.change_pairs({KEY: store_text(place.read().live)}, ())
            return ""
        with (
            contextlib.closing(client("cloudfront", EDGE_REGION)) as cloudfront,
            contextlib.closing(client("cloudfront-keyvaluestore", EDGE_REGION)) as stores,
        ):
            arn = cloudfront.describe_key_value_store(Name=name)["KeyValueStore"]["ARN"]
            CloudFrontKeyValues(stores, arn).sync(lambda: place.read().live)
    except (BotoCoreError, ClientError, OperationError) as error:
        text = str(error) if isinstance(error, OperationError) else describe_error(error, EDGE_REGION)
        return f"the control table has it, but the key-value store {name} has not ({text}): the controller copies it"
    return ""


@contextlib.contextmanager
def open_table(stack: Stack, running: RunningStack) -> Generator[Place]:
    """Open the control table; errors name its place."""
    place = control_table(stack, running)
    try:
        yield place
    except OperationError as error:
        raise OperationError(f"{place.where}: {error}") from error
    finally:
        place.close()


def read_plan(stack: Stack) -> Plan:
    """Return the plan in the stack's config. UsageError if there is none, or the strategy has no percentage."""
    from controller.analysis.own_metric import OwnMetric
    from controller.analysis.plan import Plan

    settings = stack.settings
    if not settings.needs.by_percentage:
        raise UsageError(
            f"{stack.project}:strategy is {settings.strategy}, which does not assign visitors by a percentage: there is"
            " nothing to roll out"
        )
    check_live(stack)
    if settings.rollout is None:
        raise UsageError(
            f"{stack.project}:rollout is not set: a rollout needs a plan, such as"
            " pulumi config set --path rollout.interval 10m"
        )
    planned, home = settings.rollout, settings.control.home_region

    def document(metric: MetricSettings) -> dict[str, Any]:
        return metric.model_dump(mode="json", by_alias=True) | {"regions": list(metric.regions) or [home]}

    return Plan(
        steps=planned.steps,
        interval_seconds=planned.interval_seconds,
        max_error_rate_increase=planned.max_error_rate_increase,
        max_latency_increase=planned.max_latency_increase,
        latency_quantiles=planned.latency_quantiles,
        minimum_requests=planned.minimum_requests,
        on_inconclusive=planned.on_inconclusive,
        alarms=planned.alarms,
        baseline=planned.baseline,
        on_sample_ratio_mismatch=planned.on_sample_ratio_mismatch,
        metrics={name: OwnMetric.from_json(document(metric)) for name, metric in planned.metrics.items()},
    )
