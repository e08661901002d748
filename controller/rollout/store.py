"""The control table: reads config and rollout together, and writes the rollout by conditional writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from botocore.exceptions import BotoCoreError, ClientError

from controller.analysis.document import FieldError
from controller.rollout.item import HISTORY, Item, from_item, to_history, to_item, to_routed_item
from controller.rollout.state import Rollout
from router.control.live import ItemError, Live, parse_live

SCOPE = "edge"
MAX_FORMER = 50
"""Former rollouts that the table keeps. A start deletes older ones."""
MAX_DELETIONS = 20
"""In one transaction, which has room for 100 actions (TransactWriteItems)."""


class StoreError(Exception):
    """The table cannot be read or written; the text has its name and the reason."""


class MalformedError(StoreError):
    """An invalid item. Nothing is done until its author has corrected or deleted it."""


class ConflictError(StoreError):
    """Another process wrote the rollout or the config after it was read."""


@dataclass(frozen=True)
class Items:
    """The items of one read; `config` is the config item's control by itself."""

    config_item: Item
    config: Live
    rollout: Rollout | None

    @property
    def live(self) -> Live:
        """The effective control at the edge, by the router's own precedence."""
        rollout = [to_routed_item(self.rollout)] if self.rollout else []
        return parse_live([self.config_item, *rollout])

    @property
    def config_revision(self) -> str:
        """The config item's revision, without the prefix that it has in logs."""
        return self.config.revision.removeprefix("config:")

    def next_revision(self, rollout: Rollout) -> Rollout:
        """Return the rollout to write after this read: with the next revision, and this config's.

        One that was over already keeps the config's of its end: a later config has taken its place.
        """
        read = self.rollout
        was_over = read is not None and read.started_at == rollout.started_at and not read.is_active
        config_revision = rollout.config_revision if was_over else self.config_revision
        return replace(rollout, revision=(read.revision if read else 0) + 1, config_revision=config_revision)

    def former(self, written: Rollout) -> list[Rollout]:
        """Return the rollouts that writing this one makes former ones: itself where it ends, and what it replaces."""
        replaced = self.rollout if self.rollout and self.rollout.started_at != written.started_at else None
        was_over = replaced is None and self.rollout is not None and not self.rollout.is_active
        found = [] if replaced is None else [replaced.make_room(written.release, written.started_at)]
        return found if written.is_active or was_over else [*found, written]

    def with_rollout(self, written: Rollout) -> Items:
        """Return the items with this rollout."""
        return replace(self, rollout=written)


class Store(Protocol):
    """A store of the two items."""

    def read(self) -> Items:
        """Read both items. StoreError: no response from the table; MalformedError: an invalid item."""
        ...

    def write(self, rollout: Rollout, read: Items) -> Items:
        """Replace the rollout that was read; return the items then. ConflictError where it has changed since."""
        ...


class ControlTable:
    """The table in its home Region, the only one where it is written: conditions check a Region's own replica.

    `client` is boto3's for DynamoDB in that Region.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table

    def read(self) -> Items:
        """Read both items with one consistent query."""
        return parse_items(self._query(SCOPE))

    def write(self, rollout: Rollout, read: Items) -> Items:
        """Write in one transaction, on condition that rollout and config are those that were read.

        Otherwise a config written in between would count as a change after this rollout's end, and lift a rollback.
        The same transaction keeps a rollout that ends, or that this one replaces, as a former one.
        """
        written = read.next_revision(rollout)
        put, check = self._put(to_item(written), read.rollout), self._check_config(read.config_revision)
        former = [{"Put": {"TableName": self._table, "Item": to_history(one)}} for one in read.former(written)]
        is_start = read.rollout is not None and read.rollout.started_at != written.started_at
        deletions = self._deletions() if is_start else []
        try:
            self._client.transact_write_items(
                TransactItems=[{"Put": put}, {"ConditionCheck": check}, *former, *deletions]
            )
        except self._client.exceptions.TransactionCanceledException as error:
            raise ConflictError(_describe_conflict(error.response.get("CancellationReasons", []))) from error
        except (BotoCoreError, ClientError) as error:
            raise StoreError(f"the control table {self._table} cannot be written: {error}") from error
        return read.with_rollout(written)

    def history(self) -> list[Rollout]:
        """Return the former rollouts, the newest first; MalformedError where one of them is invalid."""
        try:
            return [from_item(item) for item in self._query(HISTORY, ScanIndexForward=False)]
        except FieldError as error:
            raise MalformedError(f"a former rollout in the control table is invalid: {error}") from None

    def _deletions(self) -> list[dict[str, Any]]:
        """Return the deletions that leave room for one more former rollout."""
        names = {"#scope": "scope", "#item": "item"}
        items = self._query(HISTORY, ScanIndexForward=False, ProjectionExpression="#scope, #item", names=names)
        keys = [{"scope": item["scope"], "item": item["item"]} for item in items[MAX_FORMER - 1 :]]
        return [{"Delete": {"TableName": self._table, "Key": key}} for key in keys[:MAX_DELETIONS]]

    def _query(self, scope: str, names: Mapping[str, str] | None = None, **options: Any) -> list[Item]:
        """Return the items of a scope, by consistent queries."""
        items: list[Item] = []
        try:
            while True:
                page = self._client.query(
                    TableName=self._table,
                    ConsistentRead=True,
                    KeyConditionExpression="#scope = :scope",
                    ExpressionAttributeNames=names or {"#scope": "scope"},
                    ExpressionAttributeValues={":scope": {"S": scope}},
                    **options,
                )
                items += cast("list[Item]", page["Items"])
                if "LastEvaluatedKey" not in page:
                    return items
                options["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        except (BotoCoreError, ClientError) as error:
            raise StoreError(f"the control table {self._table} cannot be read: {error}") from error

    def _put(self, item: Item, read: Rollout | None) -> dict[str, Any]:
        if read is None:
            condition = {
                "ConditionExpression": "attribute_not_exists(#item)",
                "ExpressionAttributeNames": {"#item": "item"},
            }
        else:
            condition = _is_revision({"N": str(read.revision)})
        return {"TableName": self._table, "Item": item, **condition}

    def _check_config(self, revision: str) -> dict[str, Any]:
        key = {"scope": {"S": SCOPE}, "item": {"S": "config"}}
        return {"TableName": self._table, "Key": key, **_is_revision({"S": revision})}


def _is_revision(revision: Mapping[str, str]) -> dict[str, Any]:
    """Return the condition that the item has the revision that was read."""
    return {
        "ConditionExpression": "#revision = :read",
        "ExpressionAttributeNames": {"#revision": "revision"},
        "ExpressionAttributeValues": {":read": revision},
    }


def parse_items(items: list[Item]) -> Items:
    """Parse the items of the scope; MalformedError where one is invalid."""
    named = {item["item"].get("S", ""): item for item in items}
    try:
        config = parse_live(item for name, item in named.items() if name == "config")
    except ItemError as error:
        raise MalformedError(f"the control table's config item is invalid: {error}") from None
    try:
        rollout = from_item(named["rollout"]) if "rollout" in named else None
    except FieldError as error:
        raise MalformedError(f"the control table's rollout item is invalid: {error}") from None
    return Items(named["config"], config, rollout)


def _describe_conflict(reasons: list[dict[str, Any]]) -> str:
    """Describe which item has changed; the exception is also that of throttling and of transaction conflicts."""
    codes = [reason.get("Code", "None") for reason in reasons]
    if codes[:1] == ["ConditionalCheckFailed"]:
        return "the rollout was changed at the same time: check its status and try again"
    if codes[1:2] == ["ConditionalCheckFailed"]:
        return "the config was changed at the same time (`pulumi up`): check its status and try again"
    return f"the write conflicted with another one ({', '.join(codes)}): try again"
