"""An origin as a state's distribution holds it."""

from __future__ import annotations

from typing import Any

from simulator.cloudfront.config.origins import Origin
from simulator.cloudfront.http.errors import StateError
from simulator.cloudfront.http.headers import Headers

_PROTOCOLS = {"http-only": "http", "https-only": "https", "match-viewer": "match-viewer"}


def origin_from_state(item: dict[str, Any], label: str) -> Origin:
    """A custom origin where there is a customOriginConfig, else an S3 one. Raises StateError."""
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
    return Origin(**shared, **(_custom(custom, where) if custom else _s3(item)))


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
