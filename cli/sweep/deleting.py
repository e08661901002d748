"""The deletion of functions and versions, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from cli.stacks.aws_errors import THROTTLED_CODES, describe_error, error_code
from cli.sweep.finding import WAITING_TAG
from cli.sweep.plan import Item
from infra.naming.edge_functions import EDGE_REGION

REPLICATED = "because it is a replicated function"
"""Lambda's message while replicas still exist ("Delete Lambda@Edge functions")."""
REPLICAS = "AWS has not deleted its replicas yet: it does so some hours after the last association is gone"


def delete(items: Iterable[Item], functions: Any, now: float) -> Iterator[Item]:
    """Delete the items and yield each with its new state; throttling or a broken connection stops all."""
    stopped_by = ""
    for item in items:
        if item.state != "to delete":
            yield item
        elif stopped_by:
            yield item.with_state("not tried", stopped_by)
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
        return item.with_state("gone", "it has been deleted meanwhile")
    except (ClientError, BotoCoreError) as error:
        if error_code(error) == "InvalidParameterValueException" and REPLICATED in str(error):
            return _waiting(item, functions, now)
        is_over = isinstance(error, BotoCoreError) or error_code(error) in THROTTLED_CODES
        return item.with_state("not tried" if is_over else "failed", describe_error(error, EDGE_REGION))
    return item.with_state("deleted")


def _waiting(item: Item, functions: Any, now: float) -> Item:
    """The item with the state "waits"; a function without a time is tagged with the first rejection."""
    if item.since:
        return item.with_state("waits", REPLICAS)
    since = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    waiting = Item(item.function, item.arn, item.stack, item.version, since, "waits", REPLICAS)
    try:
        functions.tag_resource(Resource=item.arn, Tags={WAITING_TAG: since})
    except functions.exceptions.ClientError as error:
        return waiting.with_state(
            "waits", f"{REPLICAS} (the time cannot be saved: {describe_error(error, EDGE_REGION)})"
        )
    return waiting
