"""Deletes what a sweep may take, one by one, and keeps what Lambda says to each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from cli.stacks.aws import THROTTLED_CODES, code_of, problem_of
from cli.sweep.finding import WAITING_TAG
from cli.sweep.plan import Item
from infra.naming.edge_functions import EDGE_REGION

REPLICATED = "because it is a replicated function"
"""Lambda's words for a function or a version whose replicas are still there ("Delete Lambda@Edge functions")."""
REPLICAS = "its replicas are still there: they go some hours after the last distribution has let go of it"


def delete(items: Iterable[Item], functions: Any, now: float) -> Iterator[Item]:
    """The items as they are afterwards. One that is refused stops nothing; throttling and a broken connection do."""
    stopped_by = ""
    for item in items:
        if item.state != "to delete":
            yield item
        elif stopped_by:
            yield item.become("not tried", stopped_by)
        else:
            done = _delete(item, functions, now)
            stopped_by = done.detail if done.state == "not tried" else ""
            yield done


def _delete(item: Item, functions: Any, now: float) -> Item:
    from botocore.exceptions import BotoCoreError, ClientError

    qualifier = {} if item.version is None else {"Qualifier": str(item.version)}
    try:
        functions.delete_function(FunctionName=item.function, **qualifier)
    except functions.exceptions.ResourceNotFoundException:
        return item.become("gone", "another sweep or somebody has deleted it")
    except (ClientError, BotoCoreError) as error:
        if code_of(error) == "InvalidParameterValueException" and REPLICATED in str(error):
            return _waiting(item, functions, now)
        is_over = isinstance(error, BotoCoreError) or code_of(error) in THROTTLED_CODES
        return item.become("not tried" if is_over else "failed", problem_of(error, EDGE_REGION))
    return item.become("deleted")


def _waiting(item: Item, functions: Any, now: float) -> Item:
    """A function is told when it was refused first; of a version it is known when it was replaced."""
    if item.since:
        return item.become("waits", REPLICAS)
    since = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    waiting = Item(item.function, item.arn, item.stack, item.version, since, "waits", REPLICAS)
    try:
        functions.tag_resource(Resource=item.arn, Tags={WAITING_TAG: since})
    except functions.exceptions.ClientError as error:
        return waiting.become("waits", f"{REPLICAS} (since when cannot be noted: {problem_of(error, EDGE_REGION)})")
    return waiting
