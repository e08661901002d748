"""The data source aws:dynamodb/getTableItem: an item of a table in the local DynamoDB."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from simulator.standin.model.errors import DataSourceError, StandInError
from simulator.standin.model.model import Scope

_MODELLED = frozenset({"tableName", "key", "region"})


def table_item(arguments: Mapping[str, object], scope: Scope) -> dict[str, object]:
    """The item in DynamoDB's JSON. DataSourceError where there is none, as the provider has it, or no DynamoDB."""
    table, key = str(arguments.get("tableName")), str(arguments.get("key"))
    if unmodelled := sorted({name for name, value in arguments.items() if value is not None} - _MODELLED):
        raise StandInError(f"the stand-in does not model {unmodelled[0]} of aws:dynamodb/getTableItem:getTableItem")
    region = str(arguments.get("region") or scope.region)
    found = _read(scope.dynamodb_url, region, table, key) if scope.dynamodb_url else None
    if found is None:
        raise DataSourceError(f"reading DynamoDB Table Item ({table}|{key}): empty result")
    return {"id": f"{table}|{key}", "item": json.dumps(found), "key": key, "region": region, "tableName": table}


def _read(url: str, region: str, table: str, key: str) -> dict[str, Any] | None:
    from botocore.exceptions import BotoCoreError, ClientError  # here, for few runs read an item, and SDKs load slowly

    from simulator.dynamodb.sdk import local_client

    client = local_client(url, region)
    try:
        return client.get_item(TableName=table, Key=json.loads(key), ConsistentRead=True).get("Item")
    except (BotoCoreError, ClientError, ValueError) as error:
        raise DataSourceError(f"reading DynamoDB Table Item ({table}|{key}): {error}") from None
    finally:
        client.close()
