"""Roll back: everybody to stable within seconds, then the previous version of the function."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import sleep

import typer

from cli.output.console import err, out, print_json, print_table
from cli.output.errors import EXIT_FAILED, EXIT_LEFT, OperationError
from cli.output.progress import working
from cli.output.streams import can_answer
from cli.rollback.control import config_step, key_values_step, pin_step, rollout_step
from cli.rollback.steps import WRONG, CacheStep, Step, carry_out, plan_step
from cli.rollback.versions import Deployed, version_step
from cli.stacks.aws import client
from cli.stacks.control_table import aws_control_table, control_table
from cli.stacks.outputs import Outputs, read_outputs
from cli.stacks.running import LocalStack, announce, choose_stack
from cli.stacks.workspace import Target, Workspace
from controller.analysis.plan import settle_seconds
from infra.cdn.invalidation import EVERYTHING
from infra.naming.edge_functions import EDGE_REGION
from infra.settings.stack import Stack


def rollback(
    target: Target,
    version: int | None,
    outputs: Path | None,
    *,
    is_confirmed: bool,
    keeps_version: bool,
    keeps_config: bool,
) -> None:
    """Plan the steps, print them, and carry them out after a confirmation."""
    workspace, is_json = target.workspace, target.is_json
    running = choose_stack(target, EDGE_REGION)
    if isinstance(running, LocalStack):
        announce(running, is_json=is_json)
        opened = target.open_stack(running.overrides)
        steps = _local_steps(workspace, opened, running, keeps_config=keeps_config)
        _carry_out(opened, steps, None, is_confirmed=is_confirmed, is_json=is_json)
        return
    with working("reading the stack's outputs"):
        found = read_outputs(workspace, target.stack, outputs)
    announce(running, is_json=is_json)
    opened = target.open_stack()
    cache = CacheStep(found, _client("cloudfront"), settle_seconds(opened.settings.control.refresh_seconds), sleep)
    with working("reading the deployment"):
        steps = _control_steps(opened, found)
        if not keeps_config:
            steps.append(plan_step("config", lambda: config_step(workspace, opened)))
        if not keeps_version:
            steps.append(plan_step("version", lambda: _version_step(found, version)))
        # With the version in the cache key, a pin makes no cached response stale.
        changing = {"version"} if opened.settings.needs.version_header else {"version", "pin", "rollout"}
        is_stale = any(step.is_open and step.name in changing for step in steps)
        steps.append(plan_step("cache", lambda: cache.plan(is_stale=is_stale)))
    _carry_out(opened, steps, cache, is_confirmed=is_confirmed, is_json=is_json)


def _carry_out(stack: Stack, steps: list[Step], cache: CacheStep | None, *, is_confirmed: bool, is_json: bool) -> None:
    """Print the plan, ask for confirmation, and carry it out."""
    is_open = any(step.is_open for step in steps)
    if is_open and not is_json:
        _print(steps)
    if is_open and not _may_begin(is_confirmed=is_confirmed, is_json=is_json):
        _end(stack, steps, is_local=cache is None, is_json=is_json)
        return
    if cache is not None and any(step.is_open for step in steps if step.name == "cache"):
        _mark(cache)
    done = list(map(_report, carry_out(steps))) if is_open else steps
    _end(stack, done, is_local=cache is None, is_json=is_json)


def _local_steps(workspace: Workspace, stack: Stack, here: LocalStack, *, keeps_config: bool) -> list[Step]:
    """All steps at the local edge, in order."""
    steps = _local_control_steps(stack, here)
    if not keeps_config:
        steps.append(plan_step("config", lambda: config_step(workspace, stack)))
    steps.append(Step("version", "the local edge has no earlier version of the function", "nothing to do"))
    if not any(step.is_open for step in steps):
        return [*steps, Step("cache", "no cached response is stale", "nothing to do")]
    return [*steps, Step("cache", "empties the cache of the local edge", do=lambda: _empty_cache(here))]


def _empty_cache(here: LocalStack) -> None:
    here.invalidate(EVERYTHING)


def _local_control_steps(stack: Stack, here: LocalStack) -> list[Step]:
    if not stack.settings.reads_control_table:
        file = f"Pulumi.{stack.name}.yaml"
        detail = f"percentage and pin are not in a control table: set pin to stable in {file}, which deploys at once"
        return [Step("pin", detail, "by hand")]
    table = control_table(stack, here)
    return [plan_step("pin", lambda: pin_step(stack, table)), plan_step("rollout", lambda: rollout_step(table))]


def _control_steps(stack: Stack, outputs: Outputs) -> list[Step]:
    table = outputs.optional("controlTable")
    if not table:
        return [Step("pin", "control is baked: percentage and pin are in the function's version", "nothing to do")]
    steps: list[Step] = []
    control = aws_control_table(table, stack.settings.control.home_region)
    steps += [plan_step("pin", lambda: pin_step(stack, control)), plan_step("rollout", lambda: rollout_step(control))]
    if store := outputs.optional("keyValueStoreArn"):
        values = _client("cloudfront-keyvaluestore")
        steps.append(plan_step("key-values", lambda: key_values_step(stack, store, values)))
    return steps


def _version_step(outputs: Outputs, to: int | None) -> Step:
    arn = outputs.optional("functionArn")
    if not arn:
        return Step(
            "version",
            "there is no function on Lambda: check out an earlier commit and run `pulumi up`",
            "nothing to do",
        )
    distribution = outputs.text("distributionId")
    return version_step(Deployed(arn, distribution, _client("lambda"), _client("cloudfront")), to)


def _client(service: str) -> object:
    return client(service, EDGE_REGION)


def _may_begin(*, is_confirmed: bool, is_json: bool) -> bool:
    if is_confirmed or is_json or not can_answer():
        return is_confirmed
    return typer.confirm("Carry out the plan?", err=True)


def _mark(cache: CacheStep) -> None:
    """Tag the distribution, so that the next run makes up for a missed invalidation; a failure stops nothing."""
    try:
        cache.mark()
    except OperationError as error:
        err.print(f"warning: {error}", markup=False)


def _report(step: Step) -> Step:
    """Print the state of each step when it ends: some take minutes."""
    err.print(f"{step.name}: {step.state}", markup=False)
    return step


def _print(steps: Sequence[Step]) -> None:
    print_table(("step", "state", "what"), [(step.name, step.state, step.detail) for step in steps])


def _end(stack: Stack, steps: Sequence[Step], *, is_local: bool, is_json: bool) -> None:
    """Print the report. SystemExit unless all is done."""
    is_wrong, is_open = (any(step.state in WRONG for step in steps), any(step.is_open for step in steps))
    is_left = is_open or any(step.state == "by hand" for step in steps)
    if is_json:
        wrong = [f"{step.name}: {step.state}: {step.detail}" for step in steps if step.state in WRONG]
        print_json({"stack": stack.name, "steps": [step.as_json() for step in steps]}, wrong)
    elif is_open:
        out.print("nothing was changed; carry it out with --yes")
    else:
        _print(steps)
        out.print(_next_step(stack, steps, is_local=is_local), markup=False)
    if is_wrong or is_left:
        raise SystemExit(EXIT_FAILED if is_wrong and not is_open else EXIT_LEFT)


def _next_step(stack: Stack, steps: Sequence[Step], *, is_local: bool) -> str:
    """Advice on Pulumi's state and the stack's file, which do not know of the rollback yet."""
    states = {step.name: step.state for step in steps}
    if is_local and "done" in states.values():
        return f"the next change of Pulumi.{stack.name}.yaml deploys its pin and percentage again"
    if states.get("version") == "done":
        return (
            f"Pulumi's state still has the newer version: revert the change in git before the next"
            f" `pulumi up --stack {stack.name}`; with --refresh it would deploy that version again"
        )
    if "done" in states.values():
        return f"run `pulumi up --stack {stack.name}` before you remove the pin, to update Pulumi's state"
    return "there was nothing to do"
