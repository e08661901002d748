"""What CloudFront asks of a distribution's origins."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Properties, child, children
from simulator.standin.model.rules import Rule, among, among_aws, between, matching

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_REFUSED_HEADERS = re.compile(
    r"cache-control|connection|content-length|cookie|host|if-.*|max-forwards|pragma|proxy-.*|range|request-range|te"
    r"|trailer|transfer-encoding|upgrade|via|x-amz-.*|x-edge-.*|x-real-ip",
    re.IGNORECASE,
)
"""Custom headers CloudFront will not send ("Add custom headers to origin requests")."""


def _domain_name(value: object) -> str:
    if not isinstance(value, str):
        return ""
    if _HOST.fullmatch(value) and len(value) <= 253 and not _is_ip(value) and "." in value:
        return ""
    return f"is {value!r}: must be a domain name without scheme, port or path, and not an IP address"


def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _port(value: object) -> str:
    if not isinstance(value, int) or value in (80, 443) or 1024 <= value <= 65_535:
        return ""
    return f"is {value}: CloudFront connects to 80, 443 and 1024 to 65535"


_CUSTOM = "origins[*].customOriginConfig"
ORIGIN_RULES: dict[str, Rule] = {
    "origins[*].domainName": _domain_name,
    "origins[*].originPath": matching(r"(/[^?#\s]*[^/?#\s])?", "empty, or begin with '/' and not end with one"),
    "origins[*].connectionAttempts": between(1, 3),
    "origins[*].connectionTimeout": between(1, 10),
    f"{_CUSTOM}.httpPort": _port,
    f"{_CUSTOM}.httpsPort": _port,
    f"{_CUSTOM}.originProtocolPolicy": among_aws("cloudfront", "OriginProtocolPolicy"),
    f"{_CUSTOM}.originSslProtocols[*]": among("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"),
    f"{_CUSTOM}.originReadTimeout": between(1, 120),
    f"{_CUSTOM}.originKeepaliveTimeout": between(1, 120),
}


def origin_failures(inputs: Properties) -> Iterator[Failure]:
    """Ids are unique, each origin is of one kind, and its custom headers are ones CloudFront sends."""
    seen: set[object] = set()
    for index, origin in enumerate(children(inputs, "origins")):
        path = f"origins[{index}]"
        if origin.get("originId") in seen:
            yield Failure(f"{path}.originId", f"is {origin.get('originId')!r}, which another origin has")
        seen.add(origin.get("originId"))
        yield from _kind(origin, path)
        yield from _headers(origin, path)


def _kind(origin: Properties, path: str) -> Iterator[Failure]:
    if origin.get("vpcOriginConfig") is not None:
        yield Failure(f"{path}.vpcOriginConfig", "the stand-in does not model it")
    if origin.get("customOriginConfig") is not None and origin.get("s3OriginConfig") is not None:
        yield Failure(path, "has both customOriginConfig and s3OriginConfig")


def _headers(origin: Properties, path: str) -> Iterator[Failure]:
    for index, header in enumerate(children(origin, "customHeaders")):
        name = header.get("name")
        if isinstance(name, str) and _REFUSED_HEADERS.fullmatch(name):
            yield Failure(f"{path}.customHeaders[{index}].name", f"is {name!r}, which CloudFront does not send")


def with_defaults(origin: Properties) -> dict[str, object]:
    """An origin with what CloudFront fills in, as the provider's outputs show it."""
    custom = child(origin, "customOriginConfig")
    complete = {"connectionAttempts": 3, "connectionTimeout": 10, "originPath": "", **origin}
    if custom:
        complete["customOriginConfig"] = {"originKeepaliveTimeout": 5, "originReadTimeout": 30, **custom}
    return complete
