"""The control table's replicas: the revision that each Region has, beside that of the home Region, and the reads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cli.console.stacks import Documents, Opened, Stacks
from cli.stacks.aws_errors import describe_error
from router.control.reader import KEY, PARTITION


class ReplicaDocuments(Documents):
    """Makes the document of a stack's replicas.

    The lag of a replica is measured from when the home Region was first seen with a revision until the replica has it;
    it is no more exact than the time between two reads.
    """

    def __init__(self, stacks: Stacks, name: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__(stacks, name, clock)
        self._first_seen: tuple[str, float] = ("", 0.0)

    def _document(self, opened: Opened) -> dict[str, Any]:
        if opened.place is None:
            return {"problem": "control is baked: there is no control table", "regions": []}
        control = opened.stack.settings.control
        regions = list(dict.fromkeys((control.home_region, *control.replicas)))
        with ThreadPoolExecutor(max_workers=8) as threads:
            rows = list(threads.map(_read_replica, repeat(opened), regions))
        home = next(row for row in rows if row["region"] == control.home_region)
        if home["revision"] != self._first_seen[0]:
            self._first_seen = home["revision"], self._clock()
        behind_seconds = round(self._clock() - self._first_seen[1], 1)
        for row in rows:
            row["isHome"] = row is home
            is_behind = not row["problem"] and not home["problem"] and row["revision"] != home["revision"]
            row["behindSeconds"] = behind_seconds if is_behind else 0
        return {"problem": "", "table": opened.place.name, "regions": rows, **_local_reads(opened)}


def _read_replica(opened: Opened, region: str) -> dict[str, Any]:
    """Read a replica as the router does: it may be behind."""
    dynamodb, began = opened.client("dynamodb", region), time.perf_counter()
    row: dict[str, Any] = {"region": region, "revision": "", "problem": "", "readMs": 0}
    try:
        response = dynamodb.query(
            TableName=opened.table.name,
            KeyConditionExpression="#scope = :edge",
            ProjectionExpression="#item, #revision",
            ExpressionAttributeNames={"#scope": KEY, "#item": "item", "#revision": "revision"},
            ExpressionAttributeValues={":edge": {"S": PARTITION}},
        )
    except (BotoCoreError, ClientError) as error:
        return row | {"problem": describe_error(error, region)}
    elapsed = round((time.perf_counter() - began) * 1_000, 1)
    return row | {"revision": _revisions(response["Items"]), "readMs": elapsed}


def _revisions(items: Sequence[Mapping[str, Any]]) -> str:
    """Return `config 0a1b2c3d, rollout 7`."""
    named = sorted((str(item["item"]["S"]), next(iter(item["revision"].values()))) for item in items)
    return ", ".join(f"{name} {revision}" for name, revision in named)


def _local_reads(opened: Opened) -> dict[str, Any]:
    """Return the counters of the local edge's DynamoDB: the router's reads, by Region, and its replication."""
    if opened.here is None:
        return {}
    dynamodb: Mapping[str, Any] = opened.here.status["dynamodb"]
    calls: Mapping[str, Any] = dynamodb.get("calls", {})
    counted = {
        kind: {region: sum(sum(one.values()) for one in tables.values()) for region, tables in by_region.items()}
        for kind, by_region in calls.items()
    }
    return {"replication": dynamodb.get("replication", {}), "faults": dynamodb.get("faults", {}), "calls": counted}
