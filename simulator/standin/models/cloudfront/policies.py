"""aws:cloudfront/cachePolicy:CachePolicy and aws:cloudfront/originRequestPolicy:OriginRequestPolicy."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Creation, Properties, ResourceModel, Scope, child, digest, drawn
from simulator.standin.model.rules import among_aws, between, matching
from simulator.standin.model.taken import in_account

CACHE_POLICY_TYPE = "aws:cloudfront/cachePolicy:CachePolicy"
ORIGIN_REQUEST_POLICY_TYPE = "aws:cloudfront/originRequestPolicy:OriginRequestPolicy"

# "Use managed cache policies" and "Use managed origin request policies", CloudFront Developer Guide.
MANAGED_CACHE_POLICIES = {
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": "CachingDisabled",
    "658327ea-f89d-4fab-a63d-7e88639e58f6": "CachingOptimized",
}
MANAGED_ORIGIN_REQUEST_POLICIES = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": "AllViewer",
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": "AllViewerExceptHostHeader",
    "33f36d7e-f396-46d9-90e0-52428a34d9dc": "AllViewerAndCloudFrontHeaders-2022-06",
    "bf0718e1-ba1e-49d1-88b1-f726733018ae": "HostHeaderOnly",
}

_PARTS = (("cookies", "cookie"), ("headers", "header"), ("queryStrings", "queryString"))
_LISTING = ("whitelist", "allExcept", "allViewerAndWhitelistCloudFront")
_NAMES_LIMIT = 10
"""Cookies, headers or query strings per policy ("Quotas": Quotas on policies)."""


def _parts(parameters: Properties, prefix: str) -> Iterator[tuple[str, object, list[object], str]]:
    """(path, behavior, names, what) of each of the three configurations that is known."""
    for plural, singular in _PARTS:
        config = child(parameters, f"{plural}Config")
        listed = child(config, plural).get("items") or []
        if config:
            names = listed if isinstance(listed, list) else []
            yield f"{prefix}{plural}Config", config.get(f"{singular}Behavior"), names, plural


def _names(parameters: Properties, prefix: str) -> Iterator[Failure]:
    for path, behavior, names, what in _parts(parameters, prefix):
        if behavior in _LISTING and not names:
            yield Failure(f"{path}.{what}.items", f"is required when the behavior is {behavior}")
        if isinstance(behavior, str) and behavior not in _LISTING and names:
            yield Failure(f"{path}.{what}.items", f"must be empty when the behavior is {behavior}")
        if len(names) > _NAMES_LIMIT:
            yield Failure(f"{path}.{what}.items", f"has {len(names)} names: CloudFront's quota is {_NAMES_LIMIT}")
        folded = [str(name).lower() for name in names]
        if len(folded) != len(set(folded)):
            yield Failure(f"{path}.{what}.items", "names one twice")


def _check_cache_policy(inputs: Properties, _scope: Scope) -> Iterator[Failure]:
    key = "parametersInCacheKeyAndForwardedToOrigin"
    parameters = child(inputs, key)
    yield from _names(parameters, f"{key}.")
    low, default, high = (inputs.get(name, alt) for name, alt in _TTL_DEFAULTS.items())
    if isinstance(low, int) and isinstance(default, int) and isinstance(high, int) and not low <= default <= high:
        yield Failure("defaultTtl", f"is {default}: must be from minTtl ({low}) to maxTtl ({high})")
    if high == 0:
        yield from _caching_disabled(parameters, key)


def _caching_disabled(parameters: Properties, key: str) -> Iterator[Failure]:
    """CreateCachePolicy refuses key parameters for a policy that never caches ("InvalidArgument")."""
    for path, behavior, _listed, _what in _parts(parameters, f"{key}."):
        if isinstance(behavior, str) and behavior != "none":
            yield Failure(path, f"has the behavior {behavior}: with maxTtl 0 (caching disabled) only none is allowed")
    for flag in ("enableAcceptEncodingGzip", "enableAcceptEncodingBrotli"):
        if parameters.get(flag) is True:
            yield Failure(f"{key}.{flag}", "must be false when maxTtl is 0 (caching disabled)")


def _check_origin_request_policy(inputs: Properties, _scope: Scope) -> Iterator[Failure]:
    yield from _names(inputs, "")
    for path, behavior, names, what in _parts(inputs, ""):
        if what == "headers" and behavior == "whitelist" and "authorization" in [str(name).lower() for name in names]:
            # "Add the Authorization header to a cache policy, or use AllViewer" (Understand origin request policies).
            yield Failure(f"{path}.headers.items", "may not name Authorization; forward all headers, or cache by it")


def _compute_cache_policy(creation: Creation) -> dict[str, object]:
    return {"arn": creation.scope.arn("cloudfront", f"cache-policy/{creation.id}", ""), **_etag(creation)}


def _compute_origin_request_policy(creation: Creation) -> dict[str, object]:
    return {"arn": creation.scope.arn("cloudfront", f"origin-request-policy/{creation.id}", ""), **_etag(creation)}


def _etag(creation: Creation) -> dict[str, object]:
    return {"etag": etag(creation)}


def etag(creation: Creation) -> str:
    """An ETag of CloudFront's form, another one for every configuration."""
    return "E" + drawn("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 13, creation.id, creation.inputs)


def _policy_id(creation: Creation) -> str:
    return str(uuid.UUID(bytes=digest("policy", creation.urn)[:16], version=4))


_NAME = matching(r"[A-Za-z0-9_-]{1,128}", "1 to 128 letters, digits, '-' or '_'")
_COMMENT = matching(r"(?s).{0,128}", "at most 128 characters")
_TTL_DEFAULTS = {"minTtl": 0, "defaultTtl": 86_400, "maxTtl": 31_536_000}
_TTL = between(0, 3_153_600_000)
_KEY = "parametersInCacheKeyAndForwardedToOrigin"

CACHE_POLICY = ResourceModel(
    type=CACHE_POLICY_TYPE,
    args="cloudfront.CachePolicyArgs",
    modelled=frozenset({"comment", "defaultTtl", "maxTtl", "minTtl", "name", _KEY}),
    identify=_policy_id,
    compute=_compute_cache_policy,
    replaces=frozenset(),
    computed=frozenset({"arn", "etag"}),
    defaults=_TTL_DEFAULTS,
    unordered=frozenset({"items"}),
    rules={
        "name": _NAME,
        "comment": _COMMENT,
        "minTtl": _TTL,
        "defaultTtl": _TTL,
        "maxTtl": _TTL,
        f"{_KEY}.cookiesConfig.cookieBehavior": among_aws("cloudfront", "CachePolicyCookieBehavior"),
        f"{_KEY}.headersConfig.headerBehavior": among_aws("cloudfront", "CachePolicyHeaderBehavior"),
        f"{_KEY}.queryStringsConfig.queryStringBehavior": among_aws("cloudfront", "CachePolicyQueryStringBehavior"),
    },
    check=_check_cache_policy,
    named=128,
    unique=in_account("CachePolicyAlreadyExists"),
)

ORIGIN_REQUEST_POLICY = ResourceModel(
    type=ORIGIN_REQUEST_POLICY_TYPE,
    args="cloudfront.OriginRequestPolicyArgs",
    modelled=frozenset({"comment", "cookiesConfig", "headersConfig", "name", "queryStringsConfig"}),
    identify=_policy_id,
    compute=_compute_origin_request_policy,
    replaces=frozenset(),
    computed=frozenset({"arn", "etag"}),
    unordered=frozenset({"items"}),
    rules={
        "name": _NAME,
        "comment": _COMMENT,
        "cookiesConfig.cookieBehavior": among_aws("cloudfront", "OriginRequestPolicyCookieBehavior"),
        "headersConfig.headerBehavior": among_aws("cloudfront", "OriginRequestPolicyHeaderBehavior"),
        "queryStringsConfig.queryStringBehavior": among_aws("cloudfront", "OriginRequestPolicyQueryStringBehavior"),
    },
    check=_check_origin_request_policy,
    named=128,
    unique=in_account("OriginRequestPolicyAlreadyExists"),
)
