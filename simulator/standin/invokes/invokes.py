"""The data sources the stand-in answers: one line per function."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulator.standin.invokes.ec2 import instance_type_offerings, managed_prefix_list, parameter
from simulator.standin.invokes.stored_item import table_item
from simulator.standin.model.model import ACCOUNT_ID, Scope
from simulator.standin.models.s3 import LOG_DELIVERY_ID, OWNER_ID

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
