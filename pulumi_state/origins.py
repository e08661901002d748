"""The origins of a distribution, as far as it matters to a router that replaces them."""

from __future__ import annotations

from dataclasses import dataclass

from infra.config.aws_hosts import BUCKET, WEBSITE, find_service
from pulumi_state.parts import DistributionPart, OriginPart


@dataclass(frozen=True)
class Origin:
    """`signed_by` says what CloudFront signs its requests with, "" where it signs none.

    `is_bucket`: it is one of S3, by its own host or by that of its website.
    """

    origin_id: str
    domain_name: str = ""
    signed_by: str = ""
    is_vpc: bool = False
    is_bucket: bool = False


def targets(distribution: DistributionPart, target: str | None) -> tuple[tuple[Origin, ...] | None, str]:
    """What a behavior's targetOriginId stands for, and the id of the origin group if it is one; None is unknown."""
    if target is None or distribution.origins is None or distribution.origin_groups is None:
        return None, ""
    known = {part.origin_id: _origin(part) for part in distribution.origins if part is not None}
    group = next((one for one in distribution.origin_groups if one.origin_id == target), None)
    ids = [target] if group is None else [member.origin_id for member in group.members]
    has_hidden = any(part is None for part in distribution.origins)
    if has_hidden and any(one not in known for one in ids):
        return None, target if group else ""
    return tuple(known[one] for one in ids if one in known), target if group else ""


def _origin(part: OriginPart) -> Origin:
    domain = part.domain_name or ""
    return Origin(
        part.origin_id,
        domain,
        signed_by=_signed_by(part),
        is_vpc=part.vpc_origin_config is not None,
        is_bucket=find_service(domain) in (BUCKET, WEBSITE),
    )


def _signed_by(part: OriginPart) -> str:
    if part.origin_access_control_id:
        return f"the origin access control {part.origin_access_control_id}"
    identity = part.s3_origin_config.origin_access_identity if part.s3_origin_config else None
    return f"the origin access identity {identity.rpartition('/')[2]}" if identity else ""
