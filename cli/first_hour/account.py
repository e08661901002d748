"""The AWS account: credentials, Regions, and the quotas that a new account meets first. Nothing is created."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cli.first_hour.doctor import FAILED, OK, UNCHECKED, Line
from cli.output.errors import OperationError, UsageError
from cli.stacks.aws import BRIEFLY, client, find_account, has_credentials
from cli.stacks.aws_errors import aws_errors

CONCURRENCY = 1_000
"""Lambda's default in each Region ("Lambda quotas"); new accounts begin lower."""
CONCURRENCY_QUOTA, DISTRIBUTIONS_QUOTA = "L-B99A9384", "L-24B04930"
MAX_REQUESTED = 8
"""Regions that are asked at the same time."""


def check_account(regions: Sequence[str]) -> Iterator[Line]:
    """Yield the checks of the account in these Regions, each within seconds."""
    names = ("Regions", "Lambda concurrency", "CloudFront account", "CloudFront quota")
    line = _credentials()
    yield line
    if line.state != OK:
        for name in names:
            yield Line(name, UNCHECKED, "not asked without credentials")
        return
    checks = (lambda: _regions(regions), lambda: _concurrency(regions), _verify, _distributions)
    with ThreadPoolExecutor(len(checks)) as pool:
        asked = [pool.submit(_ask, name, check) for name, check in zip(names, checks, strict=True)]
        for one in asked:
            yield one.result()


def _credentials() -> Line:
    name = "AWS credentials"
    if not has_credentials():
        fix = (
            "Run `aws sso login`, `aws login` or `aws configure`, or set AWS_PROFILE; on EC2 the role counts only here"
        )
        if not (account := find_account("us-east-1")):
            return Line(name, FAILED, "none in the environment, a profile or a role", fix)
        return Line(name, OK, f"account {account}, by the role of this machine")
    try:
        sts = client("sts", "us-east-1", BRIEFLY)
        with aws_errors("cannot be used", "us-east-1"):
            identity: dict[str, Any] = sts.get_caller_identity()
    except OperationError as error:
        return Line(name, FAILED, str(error))
    return Line(name, OK, f"account {identity['Account']}, {identity['Arn']}")


def _ask(name: str, check: Callable[[], Line]) -> Line:
    """The line of a check; what cannot be asked is not checked, and the line says why."""
    try:
        return check()
    except (OperationError, UsageError) as error:
        return Line(name, UNCHECKED, str(error))
    except Exception as error:  # noqa: BLE001  one response that cannot be read hides no other check
        return Line(name, UNCHECKED, f"the response cannot be read ({type(error).__name__})")


def _regions(regions: Sequence[str]) -> Line:
    with aws_errors("cannot list the Regions of the account", "us-east-1"):
        found: dict[str, Any] = client("ec2", "us-east-1", BRIEFLY).describe_regions(AllRegions=True)
    states = {one["RegionName"]: one.get("OptInStatus") for one in found["Regions"]}
    disabled = [region for region in regions if states.get(region, "not-opted-in") == "not-opted-in"]
    if not disabled:
        return Line("Regions", OK, f"enabled: {', '.join(regions)}")
    commands = ", ".join(f"`aws account enable-region --region-name {region}`" for region in disabled)
    return Line("Regions", FAILED, f"not enabled in the account: {', '.join(disabled)}", f"Run {commands}")


def _concurrency(regions: Sequence[str]) -> Line:
    """The limit in each Region: the function's replicas share it with all other functions there."""
    with ThreadPoolExecutor(MAX_REQUESTED) as pool:
        limits = dict(zip(regions, pool.map(_concurrency_in, regions), strict=True))
    low = {region: limit for region, limit in limits.items() if limit < CONCURRENCY}
    name = "Lambda concurrency"
    if not low:
        return Line(name, OK, ", ".join(f"{limit:,} in {region}" for region, limit in limits.items()))
    commands = ", ".join(f"`{_increase(region, 'lambda', CONCURRENCY_QUOTA, CONCURRENCY)}`" for region in low)
    found = ", ".join(f"{limit:,} in {region}" for region, limit in low.items())
    return Line(name, FAILED, f"{found}: further requests at the same time are a 503", f"Run {commands}")


def _concurrency_in(region: str) -> int:
    with aws_errors(f"cannot read Lambda's limits in {region}", region):
        found: dict[str, Any] = client("lambda", region, BRIEFLY).get_account_settings()
    return int(found["AccountLimit"]["ConcurrentExecutions"])


def _verify() -> Line:
    """A distribution proves that AWS has verified the account; without one only creating something would tell."""
    name = "CloudFront account"
    if count := _count_distributions():
        return Line(
            name, OK, f"verified: it has {count} distributions" if count > 1 else "verified: it has a distribution"
        )
    fix = "A new account may have to be verified by AWS Support first: docs/deploy.md has the command that tells"
    return Line(name, UNCHECKED, "it has no distribution yet, and only creating something would tell", fix)


def _distributions() -> Line:
    name = "CloudFront quota"
    with aws_errors("cannot read the quota of distributions", "us-east-1"):
        quotas = client("service-quotas", "us-east-1", BRIEFLY)
        found: dict[str, Any] = quotas.get_service_quota(ServiceCode="cloudfront", QuotaCode=DISTRIBUTIONS_QUOTA)
    limit, count = int(found["Quota"]["Value"]), _count_distributions()
    if count < limit:
        return Line(name, OK, f"{count} of {limit} distributions")
    fix = f"Run `{_increase('us-east-1', 'cloudfront', DISTRIBUTIONS_QUOTA, limit * 2)}`"
    return Line(name, FAILED, f"all {limit} distributions are in use", fix)


def _count_distributions() -> int:
    with aws_errors("cannot list distributions", "us-east-1"):
        pages = client("cloudfront", "us-east-1", BRIEFLY).get_paginator("list_distributions").paginate()
        return sum(len(page["DistributionList"].get("Items") or ()) for page in pages)


def _increase(region: str, service: str, quota: str, value: int) -> str:
    return (
        f"aws service-quotas request-service-quota-increase --region {region} --service-code {service}"
        f" --quota-code {quota} --desired-value {value}"
    )
