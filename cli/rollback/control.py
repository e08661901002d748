"""A rollback's seconds: pin and percentage in the control table, the rollout, and the key-value store."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cli.output.errors import OperationError
from cli.rollback.steps import Step
from cli.stacks.aws import aws_errors
from infra.cdn.javascript import build_function_code
from infra.data.control import config_item
from infra.settings.stack import Stack

if TYPE_CHECKING:
    from cli.stacks.control_table import Place
    from controller.rollout.store import Items

TRIES = 3
"""The controller writes the rollout once a minute; two of its writes never meet one of ours."""
ORIGIN_KEY = "origin:"
BATCH_KEYS = 50
"""UpdateKeys takes no more at once ("Quotas on key value stores")."""


def stable_only(stack: Stack, release: str = "") -> Stack:
    """The stack as it is after a rollback: everybody on stable. `release` is the one in force, where it is known."""
    changes: dict[str, object] = {"pin": "stable", "canary_percent": 0.0}
    changes |= {"release": release} if release else {}
    return replace(stack, settings=stack.settings.model_copy(update=changes))


def pin_step(stack: Stack, table: Place) -> Step:
    """Everybody to stable within `control.refreshSeconds`."""
    items = table.read()
    now = items.config
    if now.pin == "stable" and now.percent == 0:
        return Step("pin", f"{table.name} has pin stable and 0 % already", "nothing to do")
    before = f"pin {now.pin}, canaryPercent {now.percent:g}"
    seconds = stack.settings.control.refresh_seconds + 2
    detail = f"{before} -> pin stable, canaryPercent 0 in {table.name}: in force within {seconds} s"
    return Step("pin", detail, do=lambda: _write_pin(stack, table, items))


def _write_pin(stack: Stack, table: Place, read: Items) -> None:
    """The item that `pulumi up` would write."""
    table.write_config(config_item(stable_only(stack, read.config.release).settings), read)


def rollout_step(table: Place) -> Step:
    """End a rollout that is under way; otherwise it would go on when the pin is lifted."""
    rollout = table.read().rollout
    if rollout is None or not rollout.is_active:
        return Step("rollout", "none is under way", "nothing to do")
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
    """What a function before the cache reads. `key_values` is boto3's client; its API wants awscrt (botocore[crt])."""
    with aws_errors(f"cannot read {store_arn}"):
        wanted = _wanted(stack)
        now = list_values(key_values, store_arn)
    changed = {key: value for key, value in wanted.items() if now.get(key) != value}
    if not changed:
        return Step("key-values", "the key-value store says stable already", "nothing to do")
    names = ", ".join(sorted(changed))
    detail = f"{names} -> stable in {store_arn.rpartition('/')[2]}: in force within seconds"
    return Step("key-values", detail, do=lambda: _put(key_values, store_arn, changed))


def _wanted(stack: Stack) -> Mapping[str, str]:
    """Where an override sends testers is another thing, and may be known to the deployment only."""
    function = build_function_code(stable_only(stack))
    values = function.key_values if function is not None else {}
    return {key: value for key, value in values.items() if not key.startswith(ORIGIN_KEY)}


def list_values(key_values: Any, store_arn: str) -> dict[str, str]:
    """All pairs of a store. Errors: what boto3 raises."""
    pages = key_values.get_paginator("list_keys").paginate(KvsARN=store_arn)
    return {item["Key"]: item["Value"] for page in pages for item in page.get("Items", [])}


def _put(key_values: Any, store_arn: str, changed: Mapping[str, str]) -> None:
    """In batches; one that is written twice says the same."""
    puts = [{"Key": key, "Value": value} for key, value in sorted(changed.items())]
    with aws_errors(f"cannot write {store_arn}"):
        etag = key_values.describe_key_value_store(KvsARN=store_arn)["ETag"]
        for start in range(0, len(puts), BATCH_KEYS):
            batch = puts[start : start + BATCH_KEYS]
            etag = key_values.update_keys(KvsARN=store_arn, IfMatch=etag, Puts=batch)["ETag"]
