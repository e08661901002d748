"""The control table: reads config and rollout together, and writes the rollout only where nobody else did meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from botocore.exceptions import BotoCoreError, ClientError

from controller.analysis.fields import FieldError
from controller.rollout.item import Item, from_item, to_item
from controller.rollout.state import Rollout
from router.control.live import ItemError, Live, parse_items

SCOPE = "edge"


class StoreError(Exception):
    """The table cannot be read or written; the text says which one and why."""


class MalformedError(StoreError):
    """An item that makes no sense. Nothing is done then: whoever wrote it has to put it right, or delete it."""


class ConflictError(StoreError):
    """Somebody else wrote the rollout, or the config, since it was read."""


@dataclass(frozen=True)
class Items:
    """What was read at once; `config` is what the config item says by itself."""

    config_item: Item
    config: Live
    rollout: Rollout | None

    @property
    def live(self) -> Live:
        """What is in force at the edge: the router's own precedence."""
        rollout = [to_item(self.rollout)] if self.rollout else []
        return parse_items([self.config_item, *rollout])

    @property
    def config_revision(self) -> str:
        """The config item's own, without what the log puts before it."""
        return self.config.revision.removeprefix("config:")

    def following(self, rollout: Rollout) -> Rollout:
        """The rollout as it is written after these were read: the next revision, seen with this config."""
        revision = self.rollout.revision if self.rollout else 0
        return replace(rollout, revision=revision + 1, config_revision=self.config_revision)

    def after(self, written: Rollout) -> Items:
        """The same with this rollout."""
        return replace(self, rollout=written)


class Store(Protocol):
    """Where the two items are."""

    def read(self) -> Items:
        """StoreError where the table does not answer; MalformedError names the item and what is wrong with it."""
        ...

    def write(self, rollout: Rollout, read: Items) -> Items:
        """Replace the rollout that was read; what is in force then. ConflictError where it is not the same any more."""
        ...


class ControlTable:
    """The table in its home Region, the only one where it is written: conditions judge a Region's own copy.

    `client` is boto3's for DynamoDB in that Region.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table

    def read(self) -> Items:
        """One consistent query."""
        try:
            answer = self._client.query(
                TableName=self._table,
                ConsistentRead=True,
                KeyConditionExpression="#scope = :edge",
                ExpressionAttributeNames={"#scope": "scope"},
                ExpressionAttributeValues={":edge": {"S": SCOPE}},
            )
        except (BotoCoreError, ClientError) as error:
            raise StoreError(f"the control table {self._table} cannot be read: {error}") from error
        return items_of(cast("list[Item]", answer["Items"]))

    def write(self, rollout: Rollout, read: Items) -> Items:
        """One transaction: the rollout is the one that was read, and so is the config.

        Otherwise a config that came in between would count as a change made after this rollout's end, and would lift
        a rollback.
        """
        written = read.following(rollout)
        put, check = self._put(to_item(written), read.rollout), self._same_config(read.config_revision)
        try:
            self._client.transact_write_items(TransactItems=[{"Put": put}, {"ConditionCheck": check}])
        except self._client.exceptions.TransactionCanceledException as error:
            raise ConflictError(_conflict(error.response.get("CancellationReasons", []))) from error
        except (BotoCoreError, ClientError) as error:
            raise StoreError(f"the control table {self._table} cannot be written: {error}") from error
        return read.after(written)

    def _put(self, item: Item, read: Rollout | None) -> dict[str, Any]:
        if read is None:
            names, condition = {"#item": "item"}, "attribute_not_exists(#item)"
            return self._of_table(Item=item, ConditionExpression=condition, ExpressionAttributeNames=names)
        return self._of_table(
            Item=item,
            ConditionExpression="#revision = :read",
            ExpressionAttributeNames={"#revision": "revision"},
            ExpressionAttributeValues={":read": {"N": str(read.revision)}},
        )

    def _same_config(self, revision: str) -> dict[str, Any]:
        return self._of_table(
            Key={"scope": {"S": SCOPE}, "item": {"S": "config"}},
            ConditionExpression="#revision = :read",
            ExpressionAttributeNames={"#revision": "revision"},
            ExpressionAttributeValues={":read": {"S": revision}},
        )

    def _of_table(self, **parameters: Any) -> dict[str, Any]:
        return {"TableName": self._table, **parameters}


def items_of(found: list[Item]) -> Items:
    """Out of the items of the scope; MalformedError where one makes no sense."""
    named = {item["item"].get("S", ""): item for item in found}
    try:
        config = parse_items(item for name, item in named.items() if name == "config")
    except ItemError as error:
        raise MalformedError(f"the control table's config item makes no sense: {error}") from None
    try:
        rollout = from_item(named["rollout"]) if "rollout" in named else None
    except FieldError as error:
        raise MalformedError(f"the control table's rollout item makes no sense: {error}") from None
    return Items(named["config"], config, rollout)


def _conflict(reasons: list[dict[str, Any]]) -> str:
    """Which of the two was not the same any more; throttling and such are not told apart by AWS's own exception."""
    codes = [reason.get("Code", "None") for reason in reasons]
    if codes[:1] == ["ConditionalCheckFailed"]:
        return "somebody else wrote the rollout at the same time: look where it stands, and ask again"
    if codes[1:2] == ["ConditionalCheckFailed"]:
        return "the config was changed at the same time (`pulumi up`): look where it stands, and ask again"
    return f"the write met another one at the same time ({', '.join(codes)}): ask again"
