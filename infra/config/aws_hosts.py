"""Hosts of AWS's own services as origins: what is known to fail there is told at preview."""

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


class HostedBy(NamedTuple):
    """A service's hosts; `what` one is, `port` the only one that it answers on, with that protocol alone (0: any)."""

    hosts: re.Pattern[str]
    what: str
    port: int = 0


WEBSITE = HostedBy(
    re.compile(rf"(?:.+\.)?s3-website(?:[.-]|\.dualstack\.){_REGION}\.{_AWS}"), "the website of an S3 bucket", port=80
)
BUCKET = HostedBy(
    re.compile(
        rf"(?:.+\.)?s3(?:-fips|-accelerate|-external-1)?{_ENDPOINT}\.{_AWS}"
        rf"|.+\.s3-(?:accesspoint|object-lambda|outposts)(?:-fips)?(?:\.dualstack)?\.{_REGION}\.{_AWS}"
        rf"|.+\.s3express-[a-z0-9-]+\.{_REGION}\.{_AWS}|.+\.accesspoint\.s3-global\.{_AWS}"
    ),
    "an S3 bucket",
)
API = HostedBy(
    # The target of a custom domain name of API Gateway (d-….execute-api.…) answers to that name: it is none of these.
    re.compile(rf"[a-z0-9]+(?:-vpce-[0-9a-f]+)?\.execute-api(?:-fips)?\.{_REGION}\.(?:{_AWS}|api\.aws)"),
    "an API of API Gateway",
    port=443,
)
FUNCTION_URL = HostedBy(
    re.compile(rf"[a-z0-9]+\.lambda-url\.{_REGION}\.on\.(?:aws|amazonwebservices\.(?:com\.cn|eu))"),
    "the URL of a Lambda function",
)
SERVICES = (WEBSITE, BUCKET, API, FUNCTION_URL)


def service_of(host: str) -> HostedBy | None:
    """Whose host it is; None for all others."""
    return next((service for service in SERVICES if service.hosts.fullmatch(host.lower())), None)


def host_problems(host: str, protocol: str, port: int, host_header: str) -> dict[str, str]:
    """The settings that cannot work, by the origin's key.

    "Website endpoints" (Amazon S3): http only. "Virtual hosting of general purpose buckets": Host names the bucket.
    "Use managed origin request policies" (AllViewerExceptHostHeader): API Gateway and function URLs want their own
    Host. Amazon API Gateway FAQs: https only.
    """
    service = service_of(host)
    if service is None:
        return {}
    problems: dict[str, str] = {}
    only = {80: "http", 443: "https"}.get(service.port, protocol)
    if protocol != only:
        problems["protocol"] = f"is {protocol!r}: {host} is {service.what}, which speaks {only} only"
    elif service.port not in (0, port):
        problems["port"] = f"is {port}: {host} is {service.what}, which answers on port {service.port} only"
    # A bucket may be named by another of its names, and an API by a custom domain name; a function URL has none.
    if host_header == "viewer" or (service is FUNCTION_URL and host_header.lower() not in ("origin", host.lower())):
        problems["hostHeader"] = (
            f"is {host_header!r}: {host} is {service.what}, which serves requests with its own name as Host only, and"
            " answers others with 403 or 404; write origin"
        )
    return problems


def host_warning(host: str) -> str:
    """A warning for a host that works only in some cases; "" for all others."""
    if service_of(host) is not BUCKET:
        return ""
    return (
        f"is {host!r}, {BUCKET.what}: requests to custom origins are not signed, so that a bucket which is not public"
        " answers 403"
    )


def allowed_domain_problem(entry: str) -> str:
    """The fault in a domain that a table may name, whose hosts are spoken to by https; ".…" is all below it."""
    host = f"any{entry}" if entry.startswith(".") else entry
    if service_of(host) is WEBSITE:
        return f"has {entry!r}, {WEBSITE.what}: those speak http only, and tenants' back ends are asked by https"
    return ""
