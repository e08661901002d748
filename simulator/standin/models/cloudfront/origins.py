"""CloudFront's rules for a distribution's origins."""

from collections.abc import Iterator

from simulator.cloudfront_rules import SSL_PROTOCOLS, domain_name_error, is_denied_custom_header, is_origin_port
from simulator.standin.model.errors import Failure
from simulator.standin.model.model import UPPER, Creation, Properties, ResourceModel, Scope, draw, in_account, words
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


ACCESS_CONTROL_TYPE = "aws:cloudfront/originAccessControl:OriginAccessControl"
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


def origin_failures(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    """Ids are unique, each origin is of one kind with its access control, and CloudFront sends its custom headers."""
    seen: set[object] = set()
    for path, origin in numbered_children(inputs, "origins"):
        if origin.get("originId") in seen:
            yield Failure(f"{path}.originId", f"is {origin.get('originId')!r}, which another origin has")
        seen.add(origin.get("originId"))
        yield from _kind(origin, path)
        yield from _access_control(origin, path, scope)
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
                yield Failure(f"{path}.members", f"has {member!r}, which is not an origin")
        if group.get("originId") in ids:
            yield Failure(f"{path}.originId", f"is {group.get('originId')!r}, which an origin has")


def _kind(origin: Properties, path: str) -> Iterator[Failure]:
    if origin.get("vpcOriginConfig") is not None:
        yield Failure(f"{path}.vpcOriginConfig", "the stand-in does not model it")
    if origin.get("customOriginConfig") is not None and origin.get("s3OriginConfig") is not None:
        yield Failure(path, "has both customOriginConfig and s3OriginConfig")


def _access_control(origin: Properties, path: str, scope: Scope) -> Iterator[Failure]:
    """It is one of this deployment, for the kind of origin that it is (CreateDistribution, InvalidArgument)."""
    given = origin.get("originAccessControlId")
    if not isinstance(given, str):
        return
    found = scope.existing.get((ACCESS_CONTROL_TYPE, given))
    if found is None:
        yield Failure(f"{path}.originAccessControlId", f"is {given!r}: no access control of this deployment")
        return
    kind = found.outputs.get("originAccessControlOriginType")
    if (kind == "s3") is not (origin.get("s3OriginConfig") is not None):
        yield Failure(f"{path}.originAccessControlId", f"is for origins of type {kind}, which this one is not")


def _headers(origin: Properties, path: str) -> Iterator[Failure]:
    for where, header in numbered_children(origin, "customHeaders", path):
        name = header.get("name")
        if isinstance(name, str) and is_denied_custom_header(name.lower()):
            yield Failure(f"{where}.name", f"is {name!r}, which CloudFront does not send")


def _compute_access_control(creation: Creation) -> dict[str, object]:
    return {"etag": "E" + draw(UPPER, 13, "etag", creation.id)}


def with_defaults(origin: Properties) -> dict[str, object]:
    """An origin with what CloudFront fills in, as the provider's outputs show it."""
    custom = child(origin, "customOriginConfig")
    complete = {"connectionAttempts": 3, "connectionTimeout": 10, "originPath": "", **origin}
    if custom:
        complete["customOriginConfig"] = {"originKeepaliveTimeout": 5, "originReadTimeout": 30, **custom}
    return complete


ACCESS_CONTROL = ResourceModel(
    type=ACCESS_CONTROL_TYPE,
    modelled=words("description name originAccessControlOriginType signingBehavior signingProtocol"),
    identify=lambda creation: "E" + draw(UPPER, 13, creation.urn),
    compute=_compute_access_control,
    arn="cloudfront:origin-access-control/{id}",
    computed=words("etag"),
    rules={
        "name": matching(r".{1,64}", "1 to 64 characters"),
        "originAccessControlOriginType": among_aws("cloudfront", "OriginAccessControlOriginTypes"),
        "signingBehavior": among_aws("cloudfront", "OriginAccessControlSigningBehaviors"),
        "signingProtocol": among_aws("cloudfront", "OriginAccessControlSigningProtocols"),
    },
    named=64,
    unique=in_account("OriginAccessControlAlreadyExists"),
)

MODELS = (ACCESS_CONTROL,)
