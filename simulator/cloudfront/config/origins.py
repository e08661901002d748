"""The origins of a distribution, and where one request goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pulumi_state.values import StateError
from simulator.cloudfront.http.headers import Headers

_PROTOCOLS = {"http-only": "http", "https-only": "https", "match-viewer": "match-viewer"}


@dataclass(frozen=True)
class Origin:
    """An origin of the distribution. Exactly one of custom and S3: S3 has `protocol` None.

    Timeouts are seconds, as in the distribution. `protocol` "match-viewer" follows the viewer's. `host_header` is the
    Host that a CloudFront Function asked for, whatever the policies forward. `access_control` is the service for which
    an origin access control signs, "" where there is none.
    """

    origin_id: str
    domain_name: str
    path: str = ""
    custom_headers: Headers = field(default_factory=Headers)
    protocol: str | None = "https"
    http_port: int = 80
    https_port: int = 443
    ssl_protocols: tuple[str, ...] = ("TLSv1.2",)
    read_timeout: int = 30
    keepalive_timeout: int = 5
    response_completion_timeout: int | None = None
    connection_attempts: int = 3
    connection_timeout: int = 10
    s3_auth_method: str = "none"
    s3_region: str = ""
    host_header: str | None = None
    access_control: str = ""

    @property
    def is_s3(self) -> bool:
        return self.protocol is None


@dataclass(frozen=True)
class OriginGroup:
    """A primary and a secondary origin by ID, and the status codes with which the primary has failed."""

    primary: str
    secondary: str
    status_codes: frozenset[int]


@dataclass(frozen=True)
class Target:
    """Destination of one request: the origin object of the event after the origin-request trigger."""

    domain_name: str
    port: int
    path: str
    custom_headers: Headers
    read_timeout: float
    completion_timeout: float | None
    connection_attempts: int
    connection_timeout: float


def read_origin(item: dict[str, Any], label: str) -> Origin:
    """Read a custom origin where there is a customOriginConfig, else an S3 origin. Errors: StateError.

    Its access control is taken for one that always signs, for the kind of origin that it is.
    """
    origin_id = str(item.get("originId") or "")
    where = f'{label}: origin "{origin_id}"'
    if not item.get("domainName"):
        raise StateError(f"{where} has no domainName")
    if item.get("vpcOriginConfig"):
        raise StateError(f"{where}: vpcOriginConfig is not simulated (and takes no Lambda@Edge origin triggers)")
    if (item.get("originShield") or {}).get("enabled"):
        raise StateError(f"{where}: originShield is not simulated")
    shared: dict[str, Any] = {
        "origin_id": origin_id,
        "domain_name": str(item["domainName"]),
        "path": str(item.get("originPath") or ""),
        "custom_headers": Headers.of((h["name"], h["value"]) for h in item.get("customHeaders") or []),
        "connection_attempts": int(item.get("connectionAttempts") or 3),
        "connection_timeout": int(item.get("connectionTimeout") or 10),
        "response_completion_timeout": int(item.get("responseCompletionTimeout") or 0) or None,
    }
    custom = item.get("customOriginConfig")
    if item.get("originAccessControlId"):
        shared["access_control"] = "lambda" if custom else "s3"
    return Origin(**shared, **(_custom(custom, where) if custom else _s3(item)))


def read_origin_group(item: dict[str, Any], label: str) -> OriginGroup:
    """Read a group of two origins (page high_availability_origin_failover). Errors: StateError."""
    given: list[dict[str, Any]] = item.get("members") or []
    members = [str(member.get("originId")) for member in given]
    if len(members) != 2:
        raise StateError(f'{label}: origin group "{item.get("originId")}" has {len(members)} members: it takes two')
    criteria: dict[str, list[int]] = item.get("failoverCriteria") or {}
    return OriginGroup(members[0], members[1], frozenset(map(int, criteria.get("statusCodes") or [])))


def _custom(config: dict[str, Any], where: str) -> dict[str, Any]:
    policy = config.get("originProtocolPolicy")
    if policy not in _PROTOCOLS:
        raise StateError(f'{where}: originProtocolPolicy "{policy}" is not one of {", ".join(_PROTOCOLS)}')
    return {
        "protocol": _PROTOCOLS[policy],
        "http_port": int(config.get("httpPort") or 80),
        "https_port": int(config.get("httpsPort") or 443),
        "ssl_protocols": tuple(config.get("originSslProtocols") or ("TLSv1.2",)),
        "read_timeout": int(config.get("originReadTimeout") or 30),
        "keepalive_timeout": int(config.get("originKeepaliveTimeout") or 5),
    }


def _s3(item: dict[str, Any]) -> dict[str, Any]:
    identity = (item.get("s3OriginConfig") or {}).get("originAccessIdentity")
    return {
        "protocol": None,
        "s3_auth_method": "origin-access-identity" if identity else "none",
        "s3_region": _bucket_region(str(item["domainName"])) if identity else "",
    }


def _bucket_region(domain_name: str) -> str:
    """`bucket.s3.eu-west-1.amazonaws.com` → `eu-west-1`; the global name stands for us-east-1."""
    region = domain_name.removesuffix(".amazonaws.com").rpartition(".s3")[2].strip(".-")
    return region or "us-east-1"
