"""CloudFront's rules for a distribution's origins."""

from collections.abc import Iterator

from simulator.cloudfront_rules import SSL_PROTOCOLS, domain_name_error, is_denied_custom_header, is_origin_port
from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Properties
from simulator.standin.model.rules import Rule, among, among_aws, between, child, children, matching, numbered_children


def _domain_name(value: object) -> str:
    if not isinstance(value, str):
        return ""
    is_name = "." in value and not value.endswith(".") and len(value) <= 253 and not domain_name_error(value)
    return "" if is_name else f"is {value!r}: must be a domain name without scheme, port or path, and not an IP address"


def _port(value: object) -> str:
    if not isinstance(value, int) or is_origin_port(value):
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
    f"{_CUSTOM}.originSslProtocols[*]": among(*SSL_PROTOCOLS),
    f"{_CUSTOM}.originReadTimeout": between(1, 120),
    f"{_CUSTOM}.originKeepaliveTimeout": between(1, 120),
}


GROUP_RULES: dict[str, Rule] = {
    "originGroups[*].failoverCriteria.statusCodes[*]": among(400, 403, 404, 416, 429, 500, 502, 503, 504)
}


def origin_failures(inputs: Properties) -> Iterator[Failure]:
    """Ids are unique, each origin is of one kind, and its custom headers are ones CloudFront sends."""
    seen: set[object] = set()
    for path, origin in numbered_children(inputs, "origins"):
        if origin.get("originId") in seen:
            yield Failure(f"{path}.originId", f"is {origin.get('originId')!r}, which another origin has")
        seen.add(origin.get("originId"))
        yield from _kind(origin, path)
        yield from _headers(origin, path)


def group_failures(inputs: Properties) -> Iterator[Failure]:
    """Two members each, both origins of the distribution, and an ID that nothing else has (API: OriginGroup)."""
    ids = [origin.get("originId") for origin in children(inputs, "origins")]
    for path, group in numbered_children(inputs, "originGroups"):
        members = [member.get("originId") for member in children(group, "members")]
        if len(members) != 2 or len(set(members)) != 2:
            yield Failure(f"{path}.members", "must be two origins")
        for member in members:
            if isinstance(member, str) and member not in ids:
                yield Failure(f"{path}.members", f"has {member!r}, which is no origin")
        if group.get("originId") in ids:
            yield Failure(f"{path}.originId", f"is {group.get('originId')!r}, which an origin has")


def _kind(origin: Properties, path: str) -> Iterator[Failure]:
    if origin.get("vpcOriginConfig") is not None:
        yield Failure(f"{path}.vpcOriginConfig", "the stand-in does not model it")
    if origin.get("customOriginConfig") is not None and origin.get("s3OriginConfig") is not None:
        yield Failure(path, "has both customOriginConfig and s3OriginConfig")


def _headers(origin: Properties, path: str) -> Iterator[Failure]:
    for where, header in numbered_children(origin, "customHeaders", path):
        name = header.get("name")
        if isinstance(name, str) and is_denied_custom_header(name.lower()):
            yield Failure(f"{where}.name", f"is {name!r}, which CloudFront does not send")


def with_defaults(origin: Properties) -> dict[str, object]:
    """An origin with what CloudFront fills in, as the provider's outputs show it."""
    custom = child(origin, "customOriginConfig")
    complete = {"connectionAttempts": 3, "connectionTimeout": 10, "originPath": "", **origin}
    if custom:
        complete["customOriginConfig"] = {"originKeepaliveTimeout": 5, "originReadTimeout": 30, **custom}
    return complete
