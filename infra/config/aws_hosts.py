"""AWS services as origins, by host name: settings that are known to fail with them."""

from __future__ import annotations

import re
from typing import NamedTuple

DNS_SUFFIXES = (
    *("amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "c2s.ic.gov", "sc2s.sgov.gov", "cloud.adc-e.uk"),
    "csp.hci.ic.gov",
)
"""Of all partitions, as botocore's partitions.json has them."""

_AWS = f"(?:{'|'.join(re.escape(suffix) for suffix in DNS_SUFFIXES)})"
_REGION = r"[a-z]{2,}(?:-[a-z]+)+-[0-9]+"
_ENDPOINT = rf"(?:[.-]{_REGION}|\.dualstack(?:\.{_REGION})?)?"


class AwsHosts(NamedTuple):
    """The hosts of a service; `port` is the only one that they accept, with its protocol (0: any)."""

    hosts: re.Pattern[str]
    what: str
    port: int = 0


WEBSITE = AwsHosts(
    re.compile(rf"(?:.+\.)?s3-website(?:[.-]|\.dualstack\.){_REGION}\.{_AWS}"), "the website of an S3 bucket", port=80
)
BUCKET = AwsHosts(
    re.compile(
        rf"(?:.+\.)?s3(?:-fips|-accelerate|-external-1)?{_ENDPOINT}\.{_AWS}"
        rf"|.+\.s3-(?:accesspoint|object-lambda|outposts)(?:-fips)?(?:\.dualstack)?\.{_REGION}\.{_AWS}"
        rf"|.+\.s3express-[a-z0-9-]+\.{_REGION}\.{_AWS}|.+\.accesspoint\.s3-global\.{_AWS}"
    ),
    "an S3 bucket",
)
API = AwsHosts(
    # The target of a custom domain name of API Gateway (d-….execute-api.…) answers to that name: it is none of these.
    re.compile(rf"[a-z0-9]+(?:-vpce-[0-9a-f]+)?\.execute-api(?:-fips)?\.{_REGION}\.(?:{_AWS}|api\.aws)"),
    "an API of API Gateway",
    port=443,
)
FUNCTION_URL = AwsHosts(
    re.compile(rf"[a-z0-9]+\.lambda-url\.{_REGION}\.on\.(?:aws|amazonwebservices\.(?:com\.cn|eu))"),
    "the URL of a Lambda function",
)
SERVICES = (WEBSITE, BUCKET, API, FUNCTION_URL)


def find_service(host: str) -> AwsHosts | None:
    """Return the service of a host; None for all others."""
    return next((service for service in SERVICES if service.hosts.fullmatch(host.lower())), None)


def host_errors(host: str, protocol: str, port: int, host_header: str) -> dict[str, str]:
    """Return the errors in an origin's settings that its host rejects, by the origin's key.

    "Website endpoints" (Amazon S3): http only. "Virtual hosting of general purpose buckets": Host names the bucket.
    "Use managed origin request policies" (AllViewerExceptHostHeader): API Gateway and function URLs require their own
    Host. Amazon API Gateway FAQs: https only.
    """
    service = find_service(host)
    if service is None:
        return {}
    errors: dict[str, str] = {}
    only = {80: "http", 443: "https"}.get(service.port, protocol)
    if protocol != only:
        errors["protocol"] = f"is {protocol!r}: {host} is {service.what}, which speaks {only} only"
    elif service.port not in (0, port):
        errors["port"] = f"is {port}: {host} is {service.what}, which listens on port {service.port} only"
    # A bucket may be named by another of its names, and an API by a custom domain name; a function URL has none.
    if host_header == "viewer" or (service is FUNCTION_URL and host_header.lower() not in ("origin", host.lower())):
        errors["hostHeader"] = (
            f"is {host_header!r}: {host} is {service.what}, which serves requests with its own name as Host only, and"
            " responds to others with 403 or 404; write origin"
        )
    return errors


def host_warning(host: str) -> str:
    """Return a warning for a host that works in some cases only; "" for all others."""
    if find_service(host) is not BUCKET:
        return ""
    return (
        f"is {host!r}, {BUCKET.what}: requests to custom origins are not signed, so a bucket that is not public"
        " responds with 403"
    )


def allowed_domain_error(entry: str) -> str:
    """Return the error in a domain for a tenant's backend, which is requested with https; ".…" is all below it."""
    host = f"any{entry}" if entry.startswith(".") else entry
    if find_service(host) is WEBSITE:
        return f"has {entry!r}, {WEBSITE.what}: those speak http only, and tenants' backends are requested with https"
    return ""
