"""AWS Regions, as botocore's endpoint list has them (partition aws, the only one with CloudFront)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from infra.config.errors import suggestion
from infra.config.replica_order import COORDINATES

EDGE_REGIONS = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    *("ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2"),
    *("eu-central-1", "eu-west-1", "eu-west-2", "sa-east-1"),
)
"""Regions with a regional edge cache, where origin triggers run ("How CloudFront delivers content").

The local edge has me-central-1 too, where Origin Shield can be. It is not listed here because it is an opt-in Region:
an account has to enable it before it can create anything, such as a log group ("AWS Regions").
"""
ENABLED_BY_DEFAULT = frozenset(
    (
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
        *("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3"),
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
    )
)
"""Regions launched before March 20, 2019; every later one is an opt-in Region ("Enable or disable AWS Regions in your
account", AWS Account Management)."""


@cache
def available_regions(service: str = "dynamodb") -> tuple[str, ...]:
    """Return the Regions of a service, sorted; it is named by its endpoints: `monitoring` for CloudWatch."""
    return tuple(sorted(_service_regions(_partitions()["aws"], service)))


def find_partition(region: str) -> str:
    """Return the partition that has this Region, "" where none has."""
    return next((name for name, one in _partitions().items() if region in _service_regions(one, "ec2")), "")


def _service_regions(partition: Mapping[str, Any], service: str) -> set[str]:
    """Return the Regions among the endpoints of a service, of which some are a whole partition's or for FIPS."""
    return partition["regions"].keys() & partition["services"][service]["endpoints"].keys()


@cache
def _partitions() -> dict[str, Any]:
    """Read botocore's endpoint list without importing botocore, which takes long."""
    botocore = find_spec("botocore")
    assert botocore is not None
    assert botocore.origin is not None
    endpoints = Path(botocore.origin).with_name("data") / "endpoints.json"
    return {one["partition"]: one for one in json.loads(endpoints.read_text(encoding="utf-8"))["partitions"]}


def region_error(region: str, service: str = "dynamodb") -> str:
    """Return the error of a Region that the service is not in, "" otherwise.

    Those of COORDINATES have every service that is asked for; only for another one is botocore's list decoded.
    """
    if region in COORDINATES:
        return ""
    known = available_regions(service)
    return "" if region in known else f"is {region!r}, which is not an AWS Region: {suggestion(region, known)}"


def replica_errors(home_region: str, replicas: Sequence[str]) -> dict[int, str]:
    """Return the errors in the Regions of a global table's replicas, by index."""
    errors: dict[int, str] = {}
    for index, region in enumerate(replicas):
        if text := region_error(region):
            errors[index] = text
        elif region == home_region:
            errors[index] = f"is {region!r}: that is homeRegion, where the table is anyway; list the other Regions"
        elif region in replicas[:index]:
            errors[index] = f"is {region!r}, which is listed already: every replica once"
    return errors


def opt_in_warning(key: str, region: str) -> str:
    """Return the warning about an opt-in Region, "" for all others."""
    if region in ENABLED_BY_DEFAULT:
        return ""
    return (
        f"{key} is {region!r}, an opt-in Region: `up` can create nothing there until the account has enabled it, by"
        f" `aws account enable-region --region-name {region}`"
    )
