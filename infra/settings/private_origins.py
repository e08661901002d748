"""Private origins, which answer to signed requests only: S3 buckets and function URLs; who signs, and who may ask."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from infra.config.aws_hosts import FUNCTION_URL
from infra.config.aws_regions import region_error
from infra.config.errors import format_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.settings.model import CoreSettings
    from infra.settings.origins import OriginSettings

PAGES = ("index", "app", "none")
VPC_PAGE = "AWS page private-content-vpc-origins"

_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_FUNCTION = re.compile(r"arn:aws[a-z-]*:lambda:([a-z0-9-]+):[0-9]{12}:function:[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_-]+)?")
_KINDS = {"bucket": "bucket", "function_url": "functionUrl", "vpc_origin_id": "vpcOriginId"}


def bucket_error(value: str) -> str:
    """ "General purpose bucket naming rules"; with a period no certificate of S3's covers the bucket's host name."""
    if not value or (_BUCKET.fullmatch(value) and not value.startswith("xn--")):
        return ""
    rule = "a bucket name has 3 to 63 of a-z, 0-9, and -; S3 has no TLS certificate for one with a period"
    return f"is {format_value(value)}: {rule}"


def function_url_error(value: str) -> str:
    """Check the host name of a function URL, without scheme and path."""
    if not value or FUNCTION_URL.hosts.fullmatch(value):
        return ""
    host = re.sub(r"^https://|/$", "", value)
    example = host if FUNCTION_URL.hosts.fullmatch(host) else "abc123.lambda-url.eu-west-1.on.aws"
    return f"is {format_value(value)}: the host name of a function URL is such as {example}"


def function_arn_error(value: str) -> str:
    """Check the ARN of a function, with or without an alias."""
    if not value or _FUNCTION.fullmatch(value):
        return ""
    example = "arn:aws:lambda:eu-west-1:123456789012:function:shop"
    return f"is {format_value(value)}: the ARN of a function is such as {example}"


def complete(given: dict[str, Any]) -> dict[str, Any]:
    """Return the origin's settings with the domain name that bucket and Region, or the function URL, stand for."""
    bucket, region, url = given.get("bucket"), given.get("region"), given.get("functionUrl")
    found = ""
    if isinstance(bucket, str) and isinstance(region, str) and not bucket_error(bucket):
        found = f"{bucket}.s3.{region}.amazonaws.com"
    if isinstance(url, str) and not function_url_error(url):
        found = url
    return {**given, "domainName": found} if found and not given.get("domainName") else given


def kind_errors(origin: OriginSettings) -> dict[str, str]:
    """Return the errors in the keys of one origin's kind, by key."""
    kinds = [key for name, key in _KINDS.items() if getattr(origin, name)]
    if len(kinds) > 1:
        return {kinds[1]: f"cannot be set with {kinds[0]}: remove one of them"}
    if origin.vpc_origin_id:
        return {
            "vpcOriginId": "cannot be behind the router: for a VPC origin CloudFront runs no function on origin-request"
            f" and origin-response ({VPC_PAGE}); name a public origin, such as a load balancer that only CloudFront"
            " reaches"
        }
    if not kinds:
        idle = {"region": origin.region, "functionArn": origin.function_arn, "attachPolicy": origin.attach_policy}
        errors = {key: "is for a bucket or a function URL only" for key, value in idle.items() if value}
        pages = {"pages": "is for a bucket only"} if origin.pages != "index" else {}
        missing = (
            {"domainName": "is missing: name a host, or a bucket or functionUrl"} if not origin.domain_name else {}
        )
        return {**missing, **errors, **pages}
    return _bucket_errors(origin) if origin.bucket else _function_errors(origin)


def _bucket_errors(origin: OriginSettings) -> dict[str, str]:
    missing = "is missing: the Region of the bucket, such as eu-west-1"
    text = region_error(origin.region, "s3") if origin.region else missing
    errors = {"region": text} if text else {}
    if (origin.protocol, origin.port) != ("https", 443):
        errors["protocol"] = "must be https on port 443: CloudFront sends requests to a bucket that way only"
    if origin.host_header != "origin":
        errors["hostHeader"] = f"is {origin.host_header!r}: a bucket is found by its own host name; set it to origin"
    if not text and origin.domain_name != f"{origin.bucket}.s3.{origin.region}.amazonaws.com":
        errors["domainName"] = "cannot be set with bucket: remove one of them"
    return errors


def _function_errors(origin: OriginSettings) -> dict[str, str]:
    found = _FUNCTION.fullmatch(origin.function_arn)
    region = origin.function_region
    errors: dict[str, str] = {}
    if found is None:
        errors["functionArn"] = "is missing: the ARN of the function, which the permission to invoke it names"
    elif found[1] != region:
        errors["functionArn"] = f"is in {found[1]}, and functionUrl in {region}"
    if origin.protocol != "https" or origin.port != 443:
        errors["protocol"] = "must be https on port 443: a function URL accepts nothing else"
    if origin.pages != "index":
        errors["pages"] = "is for a bucket only"
    return errors


def private_errors(settings: CoreSettings) -> dict[tuple[str, ...], str]:
    """Return the errors of private origins beside the other settings, by key."""
    private = {name: one for name, one in settings.origins.items() if one.is_private}
    if private and not settings.needs.origin_request:
        key = "bucket" if next(iter(private.values())).bucket else "functionUrl"
        return {
            ("origins", next(iter(private)), key): f"cannot be with {settings.strategy}: what updateRequestOrigin()"
            " leaves out is inherited, and the backends' requests would be signed for another service (AWS page"
            " helper-functions-origin-modification)"
        }
    return {}


def is_signed_by_cloudfront(settings: CoreSettings) -> bool:
    """Return whether CloudFront signs the requests that are routed: where all origins are at one address.

    "OAC doesn't support origin redirect by using Lambda@Edge" ("Restrict access to an Amazon S3 origin"): the router
    changes the path then, and nothing else. In front of other origins the router signs, and the distribution's origin
    has no access control that might sign as well ("Serving SSE-KMS encrypted content from S3 using CloudFront", AWS
    Networking & Content Delivery Blog).
    """
    addresses = {settings.address(name) for name in settings.origins}
    is_elsewhere = len(addresses) > 1 or settings.strategy_class.name == "tenant-lookup"
    return settings.origins["stable"].is_private and not is_elsewhere


def has_access_control(settings: CoreSettings) -> bool:
    """Return whether there is an origin access control: for what is routed, or for static paths without the router."""
    is_static = settings.origins["stable"].is_private and bool(settings.static_paths)
    return is_static or is_signed_by_cloudfront(settings)


def signs(settings: CoreSettings, origin: OriginSettings) -> bool:
    """Return whether the router signs requests to this origin."""
    return origin.is_private and not is_signed_by_cloudfront(settings)


def objects(settings: CoreSettings, origin: OriginSettings) -> str:
    """Return the ARN of the objects that a bucket may be asked for; former builds have other paths."""
    keeps_builds = settings.skew is not None and settings.skew.names_builds
    return f"arn:aws:s3:::{origin.bucket}{'' if keeps_builds else origin.path}/*"


def baked_private(settings: CoreSettings) -> dict[str, dict[str, Any]]:
    """Return the origins of router.private_origins.PrivateOrigins."""
    return {
        name: {
            "host": one.domain_name,
            "service": "s3" if one.bucket else "lambda",
            "region": one.region or one.function_region,
            "pages": one.pages,
            "signs": signs(settings, one),
        }
        for name, one in settings.origins.items()
        if one.is_private
    }


def private_resources(settings: CoreSettings) -> Mapping[str, Mapping[str, OriginSettings]]:
    """Return the private origins, by name, by what a policy is for: the bucket, or the ARN of the function."""
    found: dict[str, dict[str, OriginSettings]] = {}
    for name, one in settings.origins.items():
        if one.is_private:
            found.setdefault(one.bucket or one.function_arn, {})[name] = one
    return found
