"""The control table that a command works on: of the stack that is up on this machine, or in AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from cli.output.errors import OperationError, UsageError
from cli.stacks.aws import client, code_of, problem_of
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
    """The table's name, its home Region, where it is as a person is told, and a client for DynamoDB there.

    `store` is what the edge reads in the table's place, "" where it reads the table.
    """

    name: str
    region: str
    where: str
    client: Any
    store: str = ""

    @property
    def table(self) -> ControlTable:
        from controller.rollout.store import ControlTable  # here: it imports boto3, which other commands do without

        return ControlTable(self.client, self.name)

    def close(self) -> None:
        """Its connection."""
        self.client.close()

    def read(self) -> Items:
        """Both items. OperationError says what went wrong and what to do about it."""
        return self._told(f"cannot read {self.name}", self.table.read)

    def write(self, rollout: Rollout, read: Items) -> Items:
        """The rollout in the place of the one that was read; OperationError also where somebody else was faster."""
        return self._told(f"cannot write {self.name}", lambda: self.table.write(rollout, read))

    def write_config(self, item: Mapping[str, Any], read: Items) -> None:
        """The config in the place of the one that was read and of no other; OperationError as for `write`."""
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
            if code_of(error) == "ConditionalCheckFailedException":
                text = f"{self.name} was changed at the same time (`pulumi up`): look at it, and run it again"
                raise OperationError(text) from error
            raise OperationError(f"cannot write {self.name}: {problem_of(error, self.region)}") from error

    def _told(self, doing: str, call: Callable[[], _T]) -> _T:
        from controller.rollout.store import StoreError

        try:
            return call()
        except StoreError as error:
            raise OperationError(self._problem(doing, error)) from error

    def _problem(self, doing: str, error: StoreError) -> str:
        """The controller's own words are for its log."""
        from botocore.exceptions import BotoCoreError, ClientError

        cause = error.__cause__
        if isinstance(cause, ClientError) and code_of(cause) == "ResourceNotFoundException":
            return (
                f"there is no table {self.name} in {self.region}: deploy the stack with control: live,"
                " or say which with --stack"
            )
        if isinstance(cause, (BotoCoreError, ClientError)) and code_of(cause) != "TransactionCanceledException":
            return f"{doing}: {problem_of(cause, self.region)}"
        return str(error)


def control_table(stack: Stack, running: RunningStack) -> Place:
    """The one of this running stack. UsageError as `check_live` has it."""
    check_live(stack)
    name, region = stack.control_table_name, stack.settings.control.home_region
    at = _local(running.dynamodb_url, region) if isinstance(running, LocalStack) else client("dynamodb", region)
    return Place(name, region, running.text, at, store=STORE if stack.settings.needs.viewer_function else "")


def in_aws(name: str, region: str, where: str = AWS) -> Place:
    """The table of this name there, which may be another than the stack's settings say by now."""
    return Place(name, region, where, client("dynamodb", region))


def check_live(stack: Stack) -> None:
    """UsageError for a stack that has no control table."""
    if not stack.settings.control.is_live:
        raise UsageError(
            f"{stack.project}:control is baked: a rollout moves the percentage in the control table. Set control to"
            " live and run `pulumi up`"
        )


def _local(url: str, region: str) -> Any:
    from simulator.dynamodb.sdk import local_client

    return local_client(url, region)
