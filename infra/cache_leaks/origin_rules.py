"""The rules about what a router may stand in front of: it writes another origin into the request."""

from __future__ import annotations

from collections.abc import Iterator

from infra.cache_leaks.behaviors import Behavior
from infra.cache_leaks.decides import Decides
from infra.cache_leaks.findings import Finding, found
from infra.cache_leaks.mends import mended


def origin_findings(behavior: Behavior, decides: Decides) -> Iterator[Finding]:
    """Of a behavior with the router on an origin event, or one that shall have it."""
    if not any(needed.is_lambda for needed in decides.needed):
        return
    if behavior.origins is None:
        yield _unreadable(behavior)
        return
    if behavior.origin_group:
        yield _group(behavior, decides)
    for origin in behavior.origins:
        if origin.is_vpc:
            yield found(
                behavior,
                "vpc-origin-takes-no-trigger",
                "error",
                f"The origin {origin.origin_id} is a VPC origin, for which CloudFront runs no Lambda@Edge function on"
                " origin-request or origin-response: nothing is routed (AWS page private-content-vpc-origins).",
                mended(behavior, decides, f"a public origin in the place of {origin.origin_id} as its targetOriginId"),
            )
        elif origin.signed_by:
            yield found(
                behavior,
                "router-replaces-signed-origin",
                "error",
                f"CloudFront signs its requests to the origin {origin.origin_id} ({origin.domain_name}) with"
                f" {origin.signed_by}. The router writes a custom origin in its place"
                f"{_hosts(decides)}, and for that nothing is signed: a private bucket, or whatever wants the signature,"
                f" answers 403 (AWS page {_page(origin.signed_by, is_bucket=origin.is_bucket)}).",
                mended(
                    behavior,
                    decides,
                    "a targetOriginId that answers unsigned requests, such as the application itself; leave what comes"
                    " from the bucket to a behavior without the router",
                ),
            )


def _group(behavior: Behavior, decides: Decides) -> Finding:
    members = [origin.origin_id for origin in behavior.origins or ()]
    return found(
        behavior,
        "router-defeats-origin-group",
        "error",
        f"Its target {behavior.origin_group} is an origin group ({' and '.join(members)}). The function on"
        " origin-request runs again for the second attempt and writes the same origin as before: the second attempt"
        " goes to the origin that has just failed, never to the group's own (AWS page"
        " high_availability_origin_failover).",
        mended(behavior, decides, f"one origin as targetOriginId in the place of {behavior.origin_group}"),
    )


def _unreadable(behavior: Behavior) -> Finding:
    return found(
        behavior,
        "origins-not-readable",
        "warning",
        "The distribution's origins are an encrypted secret in this state: nobody can tell whether the router would"
        " stand in front of a private bucket, a VPC origin or an origin group.",
        "export the state with `pulumi stack export --show-secrets`, and delete the file after the check.",
    )


def _hosts(decides: Decides) -> str:
    return f" ({' or '.join(decides.origin_hosts)})" if decides.origin_hosts else ""


def _page(signed_by: str, *, is_bucket: bool) -> str:
    is_s3 = is_bucket or "identity" in signed_by
    return "private-content-restricting-access-to-s3" if is_s3 else "private-content-restricting-access-to-origin"
