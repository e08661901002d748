"""AWS Regions, as botocore's endpoint list has them (partition aws, the only one with CloudFront)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from infra.config.errors import suggestion

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

COORDINATES = {
    "af-south-1": (-33.92, 18.42),
    "ap-east-1": (22.32, 114.17),
    "ap-east-2": (25.03, 121.57),
    "ap-northeast-1": (35.68, 139.69),
    "ap-northeast-2": (37.57, 126.98),
    "ap-northeast-3": (34.69, 135.50),
    "ap-south-1": (19.08, 72.88),
    "ap-south-2": (17.39, 78.49),
    "ap-southeast-1": (1.35, 103.82),
    "ap-southeast-2": (-33.87, 151.21),
    "ap-southeast-3": (-6.21, 106.85),
    "ap-southeast-4": (-37.81, 144.96),
    "ap-southeast-5": (3.14, 101.69),
    "ap-southeast-6": (-36.85, 174.76),
    "ap-southeast-7": (13.76, 100.50),
    "ca-central-1": (45.50, -73.57),
    "ca-west-1": (51.05, -114.07),
    "eu-central-1": (50.11, 8.68),
    "eu-central-2": (47.38, 8.54),
    "eu-north-1": (59.33, 18.07),
    "eu-south-1": (45.46, 9.19),
    "eu-south-2": (41.65, -0.88),
    "eu-west-1": (53.35, -6.26),
    "eu-west-2": (51.51, -0.13),
    "eu-west-3": (48.86, 2.35),
    "il-central-1": (32.08, 34.78),
    "me-central-1": (25.20, 55.27),
    "me-south-1": (26.07, 50.56),
    "mx-central-1": (20.59, -100.39),
    "sa-east-1": (-23.55, -46.63),
    "us-east-1": (38.95, -77.45),
    "us-east-2": (39.96, -83.00),
    "us-west-1": (37.35, -121.96),
    "us-west-2": (45.84, -119.70),
}
"""Latitude and longitude of the place that AWS names for each Region ("AWS Regions": geography and location)."""


@cache
def available_regions(service: str = "dynamodb") -> tuple[str, ...]:
    """Return the Regions of a service, sorted."""
    return tuple(sorted(_regions_of(_partitions()["aws"], service)))


def find_partition(region: str) -> str:
    """Return the partition that has this Region, "" where none has."""
    return next((name for name, one in _partitions().items() if region in _regions_of(one, "ec2")), "")


def _regions_of(partition: Mapping[str, Any], service: str) -> set[str]:
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
    return "" if region in known else f"is {region!r}, which is no AWS Region: {suggestion(region, known)}"


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
