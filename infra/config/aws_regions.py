"""Which Regions there are, as botocore's endpoint list has them (partition aws, the only one with CloudFront)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from infra.config.errors import suggestion

EDGE_REGIONS = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    *("ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2"),
    *("eu-central-1", "eu-west-1", "eu-west-2", "sa-east-1"),
)
"""Where origin triggers are known to run: Regions with a regional edge cache ("How CloudFront delivers content").

The local edge has me-central-1 too, where Origin Shield can be. It is none here: an account has to opt in to it before
anything, so a log group too, can be made there ("AWS Regions").
"""


@cache
def available_regions(service: str = "dynamodb") -> tuple[str, ...]:
    """The Regions of a service, sorted."""
    from botocore.session import Session  # pyright: ignore[reportMissingTypeStubs]  botocore has no types

    session: Any = Session()
    return tuple(sorted(session.get_available_regions(service, partition_name="aws")))


def partition_of(region: str) -> str:
    """The partition that has this Region, "" where none has."""
    from botocore.session import Session  # pyright: ignore[reportMissingTypeStubs]  botocore has no types

    session: Any = Session()
    names: list[str] = session.get_available_partitions()
    return next((name for name in names if region in session.get_available_regions("ec2", partition_name=name)), "")


def region_problem(region: str, service: str = "dynamodb") -> str:
    """What is wrong with a Region's name."""
    known = available_regions(service)
    return "" if region in known else f"is {region!r}, which is no AWS Region: {suggestion(region, known)}"


def replica_problems(home_region: str, replicas: Sequence[str]) -> dict[int, str]:
    """What is wrong with a global table's replicas, by index."""
    problems: dict[int, str] = {}
    for index, region in enumerate(replicas):
        if text := region_problem(region):
            problems[index] = text
        elif region == home_region:
            problems[index] = f"is {region!r}: that is homeRegion, where the table is anyway; list the other Regions"
        elif region in replicas[:index]:
            problems[index] = f"is {region!r}, which is listed already: every replica once"
    return problems
