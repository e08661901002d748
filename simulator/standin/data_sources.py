"""The data sources that the stand-in models."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from simulator.standin.model.errors import DataSourceError, StandInError
from simulator.standin.model.model import ACCOUNT_ID, Scope, draw
from simulator.standin.model.rules import children
from simulator.standin.models.s3 import LOG_DELIVERY_ID, OWNER_ID

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


Answer = dict[str, object]


def parameter(arguments: Mapping[str, object], scope: Scope) -> Answer:
    """A public parameter that names an image; there are no others."""
    name, region = str(arguments["name"]), str(arguments.get("region") or scope.region)
    if not name.startswith("/aws/service/ami-"):
        raise DataSourceError(f"reading SSM Parameter ({name}): couldn't find resource")
    image = f"ami-{draw('0123456789abcdef', 17, name, region)}"
    arn = f"arn:aws:ssm:{region}::parameter{name}"
    shared = {"arn": arn, "id": name, "name": name, "region": region, "type": "String", "version": 1}
    return {**shared, "insecureValue": image, "value": image, "withDecryption": True}


def managed_prefix_list(arguments: Mapping[str, object], scope: Scope) -> Answer:
    """One of AWS's own, by name."""
    name, region = str(arguments.get("name")), str(arguments.get("region") or scope.region)
    if not name.startswith("com.amazonaws."):
        raise DataSourceError(f"reading EC2 Managed Prefix List ({name}): no matching EC2 Managed Prefix List found")
    identity = f"pl-{draw('0123456789abcdef', 8, name, region)}"
    arn = f"arn:aws:ec2:{region}:aws:prefix-list/{identity}"
    shared = {"addressFamily": "IPv4", "arn": arn, "entries": [], "filters": [], "id": identity, "name": name}
    return {**shared, "maxEntries": 0, "ownerId": "AWS", "region": region, "tags": {}, "version": 0}


def instance_type_offerings(arguments: Mapping[str, object], scope: Scope) -> Answer:
    """In the zones b and c: as in AWS, not in every zone, and in no order."""
    filters = children(arguments, "filters")
    region, kind = str(arguments.get("region") or scope.region), str(arguments.get("locationType", "region"))
    types = [name for one in filters if one.get("name") == "instance-type" for name in _texts(one.get("values"))]
    places = [f"{region}c", f"{region}b"] if kind == "availability-zone" else [region]
    return {
        "filters": filters,
        "id": region,
        "instanceTypes": [name for name in types for _ in places],
        "locationType": kind,
        "locationTypes": [kind for _ in types for _ in places],
        "locations": [place for _ in types for place in places],
        "region": region,
    }


def _texts(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else []


Answer = dict[str, object]


def _caller_identity(_arguments: Mapping[str, object], _scope: Scope) -> Answer:
    return {
        "accountId": ACCOUNT_ID,
        "arn": f"arn:aws:iam::{ACCOUNT_ID}:user/stand-in",
        "id": ACCOUNT_ID,
        "userId": "AIDASTANDINSTANDIN234",
    }


def _region(arguments: Mapping[str, object], scope: Scope) -> Answer:
    region = str(arguments.get("region") or arguments.get("name") or scope.region)
    return {
        "description": region,
        "endpoint": f"ec2.{region}.amazonaws.com",
        "id": region,
        "name": region,
        "region": region,
    }


def _partition(_arguments: Mapping[str, object], _scope: Scope) -> Answer:
    return {"dnsSuffix": "amazonaws.com", "id": "aws", "partition": "aws", "reverseDnsPrefix": "com.amazonaws"}


def _canonical_user_id(_arguments: Mapping[str, object], _scope: Scope) -> Answer:
    return {"displayName": "", "id": OWNER_ID}


def _log_delivery_canonical_user_id(arguments: Mapping[str, object], scope: Scope) -> Answer:
    return {"id": LOG_DELIVERY_ID, "region": str(arguments.get("region") or scope.region)}


INVOKES: Mapping[str, Callable[[Mapping[str, object], Scope], Answer]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
    "aws:dynamodb/getTableItem:getTableItem": table_item,
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": instance_type_offerings,
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": managed_prefix_list,
    "aws:ssm/getParameter:getParameter": parameter,
    "aws:s3/getCanonicalUserId:getCanonicalUserId": _canonical_user_id,
    "aws:cloudfront/getLogDeliveryCanonicalUserId:getLogDeliveryCanonicalUserId": _log_delivery_canonical_user_id,
}
