"""The control table of a running stack, on this machine or in AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from cli.output.errors import OperationError, UsageError
from cli.stacks.aws import client
from cli.stacks.aws_errors import describe_error, error_code
from cli.stacks.running import LocalStack, RunningStack
from infra.settings.stack import Stack

if TYPE_CHECKING:
    from controller.rollout.state import Rollout
    from controller.rollout.store import ControlTable, Items, StoreError

AWS = "AWS"
STORE = "key-value store"
_T = TypeVar("_T")


@dataclass(frozen=True)
class Place:
    """A control table: its name, home Region, place for a person, and a DynamoDB client.

    `store` is what the edge reads instead of the table, "" if it reads the table.
    """

    name: str
    region: str
    where: str
    client: Any
    store: str = ""

    @property
    def table(self) -> ControlTable:
        from controller.rollout.store import ControlTable

        return ControlTable(self.client, self.name)

    def close(self) -> None:
        """Close its connection."""
        self.client.close()

    def read(self) -> Items:
        """Read both items. OperationError."""
        return self._call(f"cannot read {self.name}", self.table.read)

    def history(self) -> list[Rollout]:
        """Read the former rollouts, the newest first. OperationError."""
        return self._call(f"cannot read {self.name}", self.table.history)

    def write(self, rollout: Rollout, read: Items) -> Items:
        """Write the rollout if it has not changed since it was read. OperationError."""
        return self._call(f"cannot write {self.name}", lambda: self.table.write(rollout, read))

    def write_config(self, item: Mapping[str, Any], read: Items) -> None:
        """Write the config if it has not changed since it was read. OperationError."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self.client.put_item(
                TableName=self.name,
                Item=item,
                ConditionExpression="#revision = :read",
                ExpressionAttributeNames={"#revision": "revision"},
                ExpressionAttributeValues={":read": {"S": read.config_revision}},
            )
        except (BotoCoreError, ClientError) as error:
            if error_code(error) == "ConditionalCheckFailedException":
                text = f"{self.name} was changed at the same time (`pulumi up`): check it, and run it again"
                raise OperationError(text) from error
            raise OperationError(f"cannot write {self.name}: {describe_error(error, self.region)}") from error

    def _call(self, doing: str, operation: Callable[[], _T]) -> _T:
        from controller.rollout.store import StoreError

        try:
            return operation()
        except StoreError as error:
            raise OperationError(self._describe(doing, error)) from error

    def _describe(self, doing: str, error: StoreError) -> str:
        """The message for a person; the controller's own is for its log."""
        from botocore.exceptions import BotoCoreError, ClientError

        cause = error.__cause__
        if isinstance(cause, ClientError) and error_code(cause) == "ResourceNotFoundException":
            return (
                f"there is no table {self.name} in {self.region}: deploy the stack with control: live,"
                " or name another stack with --stack"
            )
        if isinstance(cause, (BotoCoreError, ClientError)) and error_code(cause) != "TransactionCanceledException":
            return f"{doing}: {describe_error(cause, self.region)}"
        return str(error)


def control_table(stack: Stack, running: RunningStack) -> Place:
    """Return the control table of a running stack. UsageError as in `check_live`."""
    check_live(stack)
    name, region = stack.control_table_name, stack.settings.control.home_region
    at = _local(running.dynamodb_url, region) if isinstance(running, LocalStack) else client("dynamodb", region)
    return Place(name, region, running.text, at, store=STORE if stack.settings.needs.viewer_function else "")


def aws_control_table(name: str, region: str) -> Place:
    """Return the deployed table of this name; the stack's settings may name another by now."""
    return Place(name, region, AWS, client("dynamodb", region))


def check_live(stack: Stack) -> None:
    """Raise UsageError for a stack without a control table."""
    if not stack.settings.control.is_live:
        raise UsageError(
            f"{stack.project}:control is baked: a rollout moves the percentage in the control table. Set control to"
            " live and run `pulumi up`"
        )


def _local(url: str, region: str) -> Any:
    from simulator.dynamodb.sdk import local_client

    return local_client(url, region)
