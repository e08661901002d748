"""The data sources that the stand-in models."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from simulator.standin.model.errors import DataSourceError, StandInError
from simulator.standin.model.model import ACCOUNT_ID, HEX, Properties, Scope, draw
from simulator.standin.model.rules import children
from simulator.standin.models.s3 import LOG_DELIVERY_ID, OWNER_ID

Result = dict[str, object]


def table_item(arguments: Properties, scope: Scope) -> Result:
    """The item in DynamoDB's JSON. DataSourceError where there is none, as the provider has it, or no DynamoDB."""
    table, key = str(arguments.get("tableName")), str(arguments.get("key"))
    if unmodelled := sorted(
        {name for name, value in arguments.items() if value is not None} - {"tableName", "key", "region"}
    ):
        raise StandInError(f"the stand-in does not model {unmodelled[0]} of aws:dynamodb/getTableItem:getTableItem")
    region = _region(arguments, scope)
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


def parameter(arguments: Properties, scope: Scope) -> Result:
    """A public parameter that names an image; there are no others."""
    name, region = str(arguments["name"]), _region(arguments, scope)
    if not name.startswith("/aws/service/ami-"):
        raise DataSourceError(f"reading SSM Parameter ({name}): couldn't find resource")
    image = f"ami-{draw(HEX, 17, name, region)}"
    arn = f"arn:aws:ssm:{region}::parameter{name}"
    shared = {"arn": arn, "id": name, "name": name, "region": region, "type": "String", "version": 1}
    return {**shared, "insecureValue": image, "value": image, "withDecryption": True}


def managed_prefix_list(arguments: Properties, scope: Scope) -> Result:
    """Find one of AWS's own prefix lists by name."""
    name, region = str(arguments.get("name")), _region(arguments, scope)
    if not name.startswith("com.amazonaws."):
        raise DataSourceError(f"reading EC2 Managed Prefix List ({name}): no matching EC2 Managed Prefix List found")
    identity = f"pl-{draw(HEX, 8, name, region)}"
    arn = f"arn:aws:ec2:{region}:aws:prefix-list/{identity}"
    return {
        "addressFamily": "IPv4",
        "arn": arn,
        "entries": [],
        "filters": [],
        "id": identity,
        "maxEntries": 0,
        "name": name,
        "ownerId": "AWS",
        "region": region,
        "tags": {},
        "version": 0,
    }


def instance_type_offerings(arguments: Properties, scope: Scope) -> Result:
    """Offerings in the zones b and c: as in AWS, not in every zone, and in no order."""
    filters = children(arguments, "filters")
    region, kind = _region(arguments, scope), str(arguments.get("locationType", "region"))
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


def _region(arguments: Properties, scope: Scope) -> str:
    return str(arguments.get("region") or scope.region)


def _region_details(arguments: Properties, scope: Scope) -> Result:
    region = str(arguments.get("region") or arguments.get("name") or scope.region)
    return {**dict.fromkeys(("description", "id", "name", "region"), region), "endpoint": f"ec2.{region}.amazonaws.com"}


INVOKES: Mapping[str, Callable[[Properties, Scope], Result]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": lambda _arguments, _scope: {
        "accountId": ACCOUNT_ID,
        "arn": f"arn:aws:iam::{ACCOUNT_ID}:user/stand-in",
        "id": ACCOUNT_ID,
        "userId": "AIDASTANDINSTANDIN234",
    },
    "aws:index/getRegion:getRegion": _region_details,
    "aws:index/getPartition:getPartition": lambda _arguments, _scope: {
        "dnsSuffix": "amazonaws.com",
        "id": "aws",
        "partition": "aws",
        "reverseDnsPrefix": "com.amazonaws",
    },
    "aws:dynamodb/getTableItem:getTableItem": table_item,
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": instance_type_offerings,
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": managed_prefix_list,
    "aws:ssm/getParameter:getParameter": parameter,
    "aws:s3/getCanonicalUserId:getCanonicalUserId": lambda _arguments, _scope: {"displayName": "", "id": OWNER_ID},
    "aws:cloudfront/getLogDeliveryCanonicalUserId:getLogDeliveryCanonicalUserId": lambda arguments, scope: {
        "id": LOG_DELIVERY_ID,
        "region": _region(arguments, scope),
    },
}
