"""`edge-router rollback`: everybody back to stable within seconds, then the function's previous version."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from time import sleep
from typing import Annotated

import typer

from cli.output.console import err, out, print_json, print_table
from cli.output.errors import EXIT_FAILED, EXIT_LEFT, OperationError
from cli.output.progress import working
from cli.rollback.cache import CacheStep
from cli.rollback.config import config_step
from cli.rollback.control import key_values_step, pin_step, rollout_step
from cli.rollback.local import local_steps
from cli.rollback.steps import WRONG, Step, carried_out, planned
from cli.rollback.versions import Deployed, version_step
from cli.stacks.aws import client
from cli.stacks.control_table import in_aws
from cli.stacks.load import open_stack
from cli.stacks.outputs import Outputs, OutputsOption, read_outputs
from cli.stacks.running import AwsOption, LocalOption, LocalStack, announce, choose_stack
from infra.naming.edge_functions import EDGE_REGION
from infra.settings.stack import Stack


def rollback(
    stack: Annotated[str, typer.Option("--stack", "-s", metavar="NAME", help="The stack to take back.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    to: Annotated[
        int | None,
        typer.Option(min=1, metavar="VERSION", help="Of the function.", show_default="the one before"),
    ] = None,
    keeps_version: Annotated[
        bool, typer.Option("--keep-version", help="Only what takes seconds: the function stays as it is.")
    ] = False,
    keeps_config: Annotated[
        bool, typer.Option("--keep-config", help="Leave the stack's file as it is, for another commit's comes next.")
    ] = False,
    outputs: OutputsOption = None,
    is_local: LocalOption = False,
    is_aws: AwsOption = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON document; without --yes, the plan.")] = False,
) -> None:
    """Take a release back: pin and percentage first, then the previous version of the function.

    It says what will change, asks, and does it. Every step can be done again: what is done already is left alone.

    Exit code 0: all is done. 1: a step failed or was refused. 3: nothing was changed yet. 2: it cannot run.
    """
    running = choose_stack(stack, EDGE_REGION, is_local=is_local, is_aws=is_aws)
    if isinstance(running, LocalStack):
        announce(running, is_json=is_json)
        opened = open_stack(stack, running.notes.get("overrides") or [])
        steps = local_steps(opened, running, keeps_config=keeps_config)
        _carry_out(opened, steps, None, yes=yes, is_json=is_json)
        return
    with working("reads the outputs of the stack"):
        found = read_outputs(stack, outputs)
    announce(running, is_json=is_json)
    opened = open_stack(stack)
    cache = CacheStep(found, _client("cloudfront"), opened.settings.control.refresh_seconds + 2, sleep)
    with working("looks at what is deployed"):
        steps = _steps(opened, found, cache, to, keeps_version=keeps_version, keeps_config=keeps_config)
    _carry_out(opened, steps, cache, yes=yes, is_json=is_json)


def _carry_out(stack: Stack, steps: list[Step], cache: CacheStep | None, *, yes: bool, is_json: bool) -> None:
    """Show what is open, ask, and do it."""
    is_open = any(step.is_open for step in steps)
    if is_open and not is_json:
        _print(steps)
    if is_open and not _may_begin(yes=yes, is_json=is_json):
        _end(stack, steps, is_local=cache is None, is_json=is_json)
        return
    if cache is not None and any(step.is_open for step in steps if step.name == "cache"):
        steps = _marked(steps, cache)
    done = [_told(step) for step in carried_out(steps)] if is_open else steps
    _end(stack, done, is_local=cache is None, is_json=is_json)


def _steps(
    stack: Stack, outputs: Outputs, cache: CacheStep, to: int | None, *, keeps_version: bool, keeps_config: bool
) -> list[Step]:
    """All of them, in the order in which they are done."""
    steps = [*_control_steps(stack, outputs)]
    if not keeps_config:
        steps.append(planned("config", lambda: config_step(stack)))
    if not keeps_version:
        steps.append(planned("version", lambda: _version_step(outputs, to)))
    # Where the version is in the cache key, a pin makes no answer wrong.
    changing = {"version"} if stack.settings.needs.version_header else {"version", "pin", "rollout"}
    changes_answers = any(step.is_open and step.name in changing for step in steps)
    return [*steps, planned("cache", lambda: cache.look(changes_answers=changes_answers))]


def _control_steps(stack: Stack, outputs: Outputs) -> list[Step]:
    table = outputs.optional("controlTable")
    if not table:
        return [Step("pin", "control is baked: percentage and pin are in the function's version", "nothing to do")]
    steps: list[Step] = []
    control = in_aws(table, stack.settings.control.home_region)
    steps += [planned("pin", lambda: pin_step(stack, control)), planned("rollout", lambda: rollout_step(control))]
    if store := outputs.optional("keyValueStoreArn"):
        values = _client("cloudfront-keyvaluestore")
        steps.append(planned("key-values", lambda: key_values_step(stack, store, values)))
    return steps


def _version_step(outputs: Outputs, to: int | None) -> Step:
    arn = outputs.optional("functionArn")
    if not arn:
        return Step("version", "there is no function on Lambda: `pulumi up` of an earlier commit", "nothing to do")
    distribution = outputs.text("distributionId")
    return version_step(Deployed(arn, distribution, _client("lambda"), _client("cloudfront")), to)


def _client(service: str) -> object:
    return client(service, EDGE_REGION)


def _may_begin(*, yes: bool, is_json: bool) -> bool:
    if yes or is_json or not sys.stdin.isatty():
        return yes
    return typer.confirm("Do this?", err=True)


def _marked(steps: list[Step], cache: CacheStep) -> list[Step]:
    """So that an invalidation that is never reached is made up for. Where this fails, the rest is done all the same."""
    try:
        cache.mark()
    except OperationError as error:
        err.print(f"warning: {error}", markup=False)
    return steps


def _told(step: Step) -> Step:
    """Some take minutes, so each is told when it has ended."""
    err.print(f"{step.name}: {step.state}", markup=False)
    return step


def _print(steps: Sequence[Step]) -> None:
    print_table(("step", "state", "what"), [(step.name, step.state, step.detail) for step in steps])


def _end(stack: Stack, steps: Sequence[Step], *, is_local: bool, is_json: bool) -> None:
    """The report and the exit code."""
    is_wrong, is_open = (any(step.state in WRONG for step in steps), any(step.is_open for step in steps))
    if is_json:
        wrong = [f"{step.name}: {step.state}: {step.detail}" for step in steps if step.state in WRONG]
        print_json({"stack": stack.name, "steps": [step.as_json() for step in steps]}, wrong)
    elif is_open:
        out.print("nothing was changed; --yes does it")
    else:
        _print(steps)
        out.print(_afterwards(stack, steps, is_local=is_local), markup=False)
    if is_wrong or is_open:
        raise SystemExit(EXIT_LEFT if is_open else EXIT_FAILED)


def _afterwards(stack: Stack, steps: Sequence[Step], *, is_local: bool) -> str:
    """What Pulumi does not know of it yet; the local edge goes by the file."""
    states = {step.name: step.state for step in steps}
    if is_local and "done" in states.values():
        return (
            f"any change of Pulumi.{stack.name}.yaml is deployed at once, with the pin and percentage that it has then"
        )
    if states.get("version") == "done":
        return (
            f"Pulumi's state still has the version that was left: take the change back in git before the next"
            f" `pulumi up --stack {stack.name}`; with --refresh it would bring that version back"
        )
    if "done" in states.values():
        return f"run `pulumi up --stack {stack.name}` before lifting the pin, so that Pulumi knows of it"
    return "nothing was left to do"
