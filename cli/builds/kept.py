"""The item of kept builds in the control table: read, written on condition, and copied into the key-value store."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cli.output.errors import OperationError
from cli.stacks.aws import client
from cli.stacks.aws_errors import aws_errors, describe_error, error_code
from cli.stacks.control_table import Place
from cli.stacks.in_force import list_pairs
from cli.stacks.running import LocalStack, RunningStack
from controller.sources.key_values import BUILD_KEY, build_pairs
from infra.data.control_item import CONFIG, item_key
from infra.naming.edge_functions import EDGE_REGION, viewer_function_name
from infra.settings.stack import Stack
from router.skew import BUILDS, RETIRED, parse_builds

MOST_KEPT = 20


@dataclass(frozen=True)
class Entry:
    """A build that was kept or retired; `place` as of router.skew.Builds, `added_at` in seconds since 1970."""

    build: str
    place: str
    added_at: int


@dataclass(frozen=True)
class Known:
    """The builds of one read: the config item's by origin, and the kept ones, newest first."""

    config_item: Mapping[str, Any]
    entries: tuple[Entry, ...] = ()
    revision: int = 0

    @property
    def places(self) -> dict[str, str]:
        """The place of every build as the edge reads it."""
        return parse_builds([dict(self.config_item), self.item])

    @property
    def current(self) -> dict[str, str]:
        """The origins of the config's builds, whatever is kept."""
        return parse_builds([dict(self.config_item)])

    @property
    def item(self) -> dict[str, Any]:
        """The item as DynamoDB has it."""
        kept = [
            {"M": {"id": {"S": one.build}, "place": {"S": one.place}, "addedAt": {"N": f"{one.added_at}"}}}
            for one in self.entries
        ]
        return {**item_key(BUILDS), "revision": {"N": f"{self.revision}"}, BUILDS: {"L": kept}}

    def add(self, build: str, place: str) -> tuple[Known, list[str]]:
        """Return the builds with this one as the newest, and the ids that made room for it."""
        entries = (Entry(build, place, int(time.time())), *self._without(build))
        dropped = [one.build for one in entries[MOST_KEPT:]]
        return replace(self, entries=entries[:MOST_KEPT]), dropped

    def retire(self, build: str) -> Known:
        """Return the builds without this one; one of the config's is marked, because it cannot be left out."""
        if build in self.current:
            return self.add(build, RETIRED)[0]
        return replace(self, entries=self._without(build))

    def _without(self, build: str) -> tuple[Entry, ...]:
        return tuple(one for one in self.entries if one.build != build)


def read_known(place: Place) -> Known:
    """Read both items. OperationError without an answer, or with builds that make no sense."""
    with aws_errors(f"cannot read {place.name}", place.region):
        config, builds = (
            place.client.get_item(TableName=place.name, Key=item_key(name), ConsistentRead=True).get("Item", {})
            for name in (CONFIG, BUILDS)
        )
    try:
        found = [one["M"] for one in builds.get(BUILDS, {"L": []})["L"]]
        entries = [Entry(one["id"]["S"], one["place"]["S"], int(one["addedAt"]["N"])) for one in found]
        return Known(config, tuple(entries), int(builds.get("revision", {"N": "0"})["N"]))
    except (KeyError, TypeError, ValueError) as error:
        raise OperationError(f"the builds in {place.name} make no sense: delete the item {BUILDS}") from error


def write_known(place: Place, known: Known) -> None:
    """Write the kept builds unless they have changed since they were read. OperationError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        place.client.put_item(
            TableName=place.name,
            Item=replace(known, revision=known.revision + 1).item,
            ConditionExpression="attribute_not_exists(#revision) OR #revision = :read",
            ExpressionAttributeNames={"#revision": "revision"},
            ExpressionAttributeValues={":read": {"N": f"{known.revision}"}},
        )
    except (BotoCoreError, ClientError) as error:
        if error_code(error) == "ConditionalCheckFailedException":
            raise OperationError("the builds were changed at the same time: run it again") from error
        raise OperationError(f"cannot write {place.name}: {describe_error(error, place.region)}") from error


def copy_to_store(stack: Stack, running: RunningStack, places: Mapping[str, str]) -> None:
    """Make the builds in the stack's key-value store these, where the edge reads that. OperationError."""
    function = stack.settings.needs.viewer_function
    if not stack.settings.needs.version_header:
        return
    wanted = build_pairs(places)
    if isinstance(running, LocalStack):
        (stored,) = running.status["keyValues"].values()
        running.change_pairs(*_changes(stored, wanted))
        return
    name = viewer_function_name(stack.prefix, function)
    cloudfront, stores = client("cloudfront", EDGE_REGION), client("cloudfront-keyvaluestore", EDGE_REGION)
    try:
        with aws_errors(f"the control table has it, but the key-value store {name} has not: run it again"):
            arn = cloudfront.describe_key_value_store(Name=name)["KeyValueStore"]["ARN"]
            etag = stores.describe_key_value_store(KvsARN=arn)["ETag"]
            puts, deletes = _changes(list_pairs(stores, arn), wanted)
            if puts or deletes:
                stores.update_keys(
                    KvsARN=arn,
                    IfMatch=etag,
                    Puts=[{"Key": key, "Value": value} for key, value in puts.items()],
                    Deletes=[{"Key": key} for key in deletes],
                )
    finally:
        cloudfront.close()
        stores.close()


def _changes(stored: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return (pairs to put, keys to delete)."""
    puts = {key: value for key, value in wanted.items() if stored.get(key) != value}
    return puts, [key for key in stored if key.startswith(BUILD_KEY) and key not in wanted]
