"""Steps that take seconds: control table, rollout and key-value store; and the stack's file for the next update."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cli.output.errors import OperationError
from cli.rollback.steps import Step
from cli.stacks.aws_errors import aws_errors
from cli.stacks.in_force import list_pairs
from cli.stacks.outputs import has_pulumi, run_pulumi
from cli.stacks.workspace import Workspace
from controller.analysis.plan import settle_seconds
from controller.sources.key_values import BUILD_KEY
from infra.cdn.javascript import build_function_code
from infra.data.control_item import config_item
from infra.settings.stack import Stack
from router.skew import BUILDS

if TYPE_CHECKING:
    from cli.stacks.control_table import Place
    from controller.rollout.store import Items

TRIES = 3
"""The controller writes the rollout once a minute, so two retries are enough."""
DEPLOYED_KEYS = ("origin:", "host:", BUILD_KEY)
"""Begin the keys of origins, by the override or by host, and of builds: only the deployment may know their values."""
TARGET_SETTINGS = {"pin": "stable", "canaryPercent": "0"}
BATCH_KEYS = 50
"""The maximum of UpdateKeys ("Quotas on key value stores")."""


def stable_only(stack: Stack, release: str = "") -> Stack:
    """Return the stack with everybody on stable, and with the effective `release` if it is known."""
    changes: dict[str, object] = {"pin": "stable", "canary_percent": 0.0}
    changes |= {"release": release} if release else {}
    return replace(stack, settings=stack.settings.model_copy(update=changes))


def pin_step(stack: Stack, table: Place) -> Step:
    """Plan to send everybody to stable within `control.refreshSeconds`."""
    items = table.read()
    now = items.config
    if now.pin == "stable" and now.percent == 0:
        return Step("pin", f"{table.name} has pin stable and 0 % already", "nothing to do")
    before = f"pin {now.pin}, canaryPercent {now.percent:g}"
    seconds = settle_seconds(stack.settings.control.refresh_seconds)
    detail = f"{before} -> pin stable, canaryPercent 0 in {table.name}: effective within {seconds} s"
    return Step("pin", detail, do=lambda: table.write_config(pinned_item(stack, items, "stable", 0), items))


def pinned_item(stack: Stack, read: Items, pin: str, percent: float) -> Mapping[str, Any]:
    """Return the config's item with this pin and percentage, as `pulumi up` would write it."""
    changes = {"pin": pin, "canary_percent": percent, "release": read.config.release}
    item = config_item(stack.settings.model_copy(update=changes))
    deployed = {BUILDS: read.config_item[BUILDS]} if BUILDS in read.config_item else {}
    return {**item, **deployed}


def rollout_step(table: Place) -> Step:
    """Plan to end a running or paused rollout; it would go on when the pin is removed."""
    rollout = table.read().rollout
    if rollout is None or not rollout.is_active:
        return Step("rollout", "no rollout is running", "nothing to do")
    detail = f"the rollout of release {rollout.release} is {rollout.state} ({rollout.progress}) -> rolled-back"
    return Step("rollout", detail, do=lambda: _abort(table))


def _abort(table: Place) -> None:
    from controller.rollout import transitions
    from controller.rollout.store import ConflictError

    for attempt in range(TRIES):
        items = table.read()
        if items.rollout is None or not items.rollout.is_active:
            return
        try:
            table.write(transitions.abort(items, time.time()), items)
        except OperationError as error:
            if not isinstance(error.__cause__, ConflictError) or attempt == TRIES - 1:
                raise
        else:
            return


def key_values_step(stack: Stack, store_arn: str, key_values: Any) -> Step:
    """Plan to change the pairs of the viewer-request function. `key_values` is boto3's client with awscrt."""
    with aws_errors(f"cannot read {store_arn}"):
        wanted = _wanted_pairs(stack)
        now = list_pairs(key_values, store_arn)
    changed = {key: value for key, value in wanted.items() if now.get(key) != value}
    if not changed:
        return Step("key-values", "the key-value store has stable already", "nothing to do")
    names = ", ".join(sorted(changed))
    detail = f"{names} -> stable in {store_arn.rpartition('/')[2]}: effective within seconds"
    return Step("key-values", detail, do=lambda: _put(key_values, store_arn, changed))


def _wanted_pairs(stack: Stack) -> Mapping[str, str]:
    """The pairs, without those of DEPLOYED_KEYS."""
    function = build_function_code(stable_only(stack))
    values: Mapping[str, str] = function.key_values if function is not None else {}
    return {key: value for key, value in values.items() if not key.startswith(DEPLOYED_KEYS)}


def _put(key_values: Any, store_arn: str, changed: Mapping[str, str]) -> None:
    """Write the pairs in batches, which can be repeated."""
    puts = [{"Key": key, "Value": value} for key, value in sorted(changed.items())]
    with aws_errors(f"cannot write {store_arn}"):
        etag = key_values.describe_key_value_store(KvsARN=store_arn)["ETag"]
        for start in range(0, len(puts), BATCH_KEYS):
            batch = puts[start : start + BATCH_KEYS]
            etag = key_values.update_keys(KvsARN=store_arn, IfMatch=etag, Puts=batch)["ETag"]


def config_step(workspace: Workspace, stack: Stack) -> Step:
    """Plan to change the stack's file with the Pulumi CLI, which keeps comments and order; manually without it."""
    now = {"pin": stack.settings.pin, "canaryPercent": f"{stack.settings.canary_percent:g}"}
    changes = {key: value for key, value in TARGET_SETTINGS.items() if now[key] != value}
    file = f"Pulumi.{stack.name}.yaml"
    if not changes:
        return Step("config", f"{file} has pin stable and canaryPercent 0 already", "nothing to do")
    commands = [("config", "set", key, value, "--stack", stack.name) for key, value in changes.items()]
    if not has_pulumi():
        text = " && ".join(f"pulumi {' '.join(command)}" for command in commands)
        return Step("config", f"pulumi is not on PATH; where it is, run: {text}", "by hand")
    text = ", ".join(f"{key} {now[key]} -> {value}" for key, value in changes.items())

    def write() -> None:
        for command in commands:
            run_pulumi(workspace, *command)

    return Step("config", f"{text} in {file}: commit it", do=write)
