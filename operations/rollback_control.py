"""A rollback's seconds: pin and percentage in the control table, the rollout, and the key-value store."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from infra.control import config_item
from infra.stack import Stack
from infra.viewer_function import viewer_function
from operations.aws import aws_errors, code_of, problem_of
from operations.errors import OperationError
from operations.rollback_steps import Step

if TYPE_CHECKING:
    from controller.store import ControlTable, Items

Result = TypeVar("Result")
TRIES = 3
"""The controller writes the rollout once a minute; two of its writes never meet one of ours."""
ORIGIN_KEY = "origin:"
BATCH_KEYS = 50
"""UpdateKeys takes no more at once ("Quotas on key value stores")."""


@dataclass(frozen=True)
class ControlledStack:
    """A stack with a control table: its settings, the table, and boto3's client for DynamoDB at the table's home."""

    stack: Stack
    table_name: str
    dynamodb: Any

    @property
    def region(self) -> str:
        return self.stack.settings.control.home_region

    @property
    def table(self) -> ControlTable:
        from controller.store import ControlTable  # here: it imports boto3, which other commands do without

        return ControlTable(self.dynamodb, self.table_name)

    def read(self) -> Items:
        """Both items; OperationError where that cannot be."""
        return self.asked("cannot read the control table", self.table.read)

    def asked(self, doing: str, ask: Callable[[], Result]) -> Result:
        """What the table answers, its refusals in a command's words."""
        from botocore.exceptions import BotoCoreError, ClientError

        from controller.store import StoreError  # here, as above

        try:
            return ask()
        except StoreError as error:
            cause = error.__cause__
            text = problem_of(cause, self.region) if isinstance(cause, (BotoCoreError, ClientError)) else str(error)
            raise OperationError(f"{doing}: {text}") from error


def stable_only(stack: Stack, release: str = "") -> Stack:
    """The stack as it is after a rollback: everybody on stable. `release` is the one in force, where it is known."""
    changes: dict[str, object] = {"pin": "stable", "canary_percent": 0.0}
    changes |= {"release": release} if release else {}
    return replace(stack, settings=stack.settings.model_copy(update=changes))


def pin_step(controlled: ControlledStack) -> Step:
    """Everybody to stable within `control.refreshSeconds`."""
    items = controlled.read()
    now = items.config
    if now.pin == "stable" and now.percent == 0:
        return Step("pin", f"{controlled.table_name} has pin stable and 0 % already", "nothing to do")
    before = f"pin {now.pin}, canaryPercent {now.percent:g}"
    seconds = controlled.stack.settings.control.refresh_seconds + 2
    detail = f"{before} -> pin stable, canaryPercent 0 in {controlled.table_name}: in force within {seconds} s"
    return Step("pin", detail, do=lambda: _write_pin(controlled, items))


def _write_pin(controlled: ControlledStack, read: Items) -> None:
    """The item that `pulumi up` would write, in the place of the one that was read and of no other."""
    item = config_item(stable_only(controlled.stack, read.config.release).settings)
    try:
        with aws_errors("cannot write the control table", controlled.region):
            controlled.dynamodb.put_item(
                TableName=controlled.table_name,
                Item=item,
                ConditionExpression="#revision = :read",
                ExpressionAttributeNames={"#revision": "revision"},
                ExpressionAttributeValues={":read": {"S": read.config_revision}},
            )
    except OperationError as error:
        if isinstance(error.__cause__, Exception) and code_of(error.__cause__) == "ConditionalCheckFailedException":
            text = f"{controlled.table_name} was changed at the same time (`pulumi up`): look at it, and run it again"
            raise OperationError(text) from error
        raise


def rollout_step(controlled: ControlledStack) -> Step:
    """End a rollout that is under way; otherwise it would go on when the pin is lifted."""
    rollout = controlled.read().rollout
    if rollout is None or not rollout.is_standing:
        return Step("rollout", "none is under way", "nothing to do")
    detail = f"the rollout of release {rollout.release} is {rollout.state} ({rollout.said}) -> rolled-back"
    return Step("rollout", detail, do=lambda: _abort(controlled))


def _abort(controlled: ControlledStack) -> None:
    from controller import transitions  # here, as above
    from controller.store import ConflictError

    for attempt in range(TRIES):
        items = controlled.read()
        if items.rollout is None or not items.rollout.is_standing:
            return
        aborted = transitions.abort(items, time.time())
        try:
            controlled.asked("cannot end the rollout", lambda: controlled.table.write(aborted, items))  # noqa: B023
        except OperationError as error:
            if not isinstance(error.__cause__, ConflictError) or attempt == TRIES - 1:
                raise
        else:
            return


def key_values_step(stack: Stack, store_arn: str, key_values: Any) -> Step:
    """What a function before the cache reads. `key_values` is boto3's client; its API wants awscrt (botocore[crt])."""
    with aws_errors(f"cannot read {store_arn}"):
        wanted = _wanted(stack)
        now = _values(key_values, store_arn)
    changed = {key: value for key, value in wanted.items() if now.get(key) != value}
    if not changed:
        return Step("key-values", "the key-value store says stable already", "nothing to do")
    names = ", ".join(sorted(changed))
    detail = f"{names} -> stable in {store_arn.rpartition('/')[2]}: in force within seconds"
    return Step("key-values", detail, do=lambda: _put(key_values, store_arn, changed))


def _wanted(stack: Stack) -> Mapping[str, str]:
    """Where an override sends testers is another thing, and may be known to the deployment only."""
    function = viewer_function(stable_only(stack))
    values = function.key_values if function is not None else {}
    return {key: value for key, value in values.items() if not key.startswith(ORIGIN_KEY)}


def _values(key_values: Any, store_arn: str) -> dict[str, str]:
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
