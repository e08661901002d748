"""aws:cloudfront: cachePolicy, originRequestPolicy and responseHeadersPolicy."""

from collections.abc import Iterator
from typing import cast

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import (
    UPPER,
    Creation,
    Properties,
    ResourceModel,
    Scope,
    draw,
    draw_uuid,
    in_account,
    words,
)
from simulator.standin.model.rules import among_aws, between, child, matching

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

_KEY = "parametersInCacheKeyAndForwardedToOrigin"
_PARTS = (("cookies", "cookie"), ("headers", "header"), ("queryStrings", "queryString"))
_LISTING = ("whitelist", "allExcept", "allViewerAndWhitelistCloudFront")
_NAMES_LIMIT = 10
"""Cookies, headers or query strings per policy ("Quotas": Quotas on policies)."""


def _parts(parameters: Properties, prefix: str) -> Iterator[tuple[str, object, list[object], str]]:
    """(path, behavior, names, what) of each of the three configurations that is known."""
    for plural, singular in _PARTS:
        config = child(parameters, f"{plural}Config")
        listed = child(config, plural).get("items")
        if config:
            names = cast("list[object]", listed) if isinstance(listed, list) else []
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
    parameters = child(inputs, _KEY)
    yield from _names(parameters, f"{_KEY}.")
    low, default, high = (inputs.get(name, alt) for name, alt in _TTL_DEFAULTS.items())
    if isinstance(low, int) and isinstance(default, int) and isinstance(high, int) and not low <= default <= high:
        yield Failure("defaultTtl", f"is {default}: must be from minTtl ({low}) to maxTtl ({high})")
    if high == 0:
        yield from _caching_disabled(parameters)


def _caching_disabled(parameters: Properties) -> Iterator[Failure]:
    """CreateCachePolicy refuses key parameters for a policy that never caches ("InvalidArgument")."""
    for path, behavior, _listed, _what in _parts(parameters, f"{_KEY}."):
        if isinstance(behavior, str) and behavior != "none":
            yield Failure(path, f"has the behavior {behavior}: with maxTtl 0 (caching disabled) only none is allowed")
    for flag in ("enableAcceptEncodingGzip", "enableAcceptEncodingBrotli"):
        if parameters.get(flag) is True:
            yield Failure(f"{_KEY}.{flag}", "must be false when maxTtl is 0 (caching disabled)")


def _check_origin_request_policy(inputs: Properties, _scope: Scope) -> Iterator[Failure]:
    yield from _names(inputs, "")
    for path, behavior, names, what in _parts(inputs, ""):
        if what == "headers" and behavior == "whitelist" and "authorization" in [str(name).lower() for name in names]:
            # "Add the Authorization header to a cache policy, or use AllViewer" (Understand origin request policies).
            yield Failure(f"{path}.headers.items", "may not name Authorization; forward all headers, or cache by it")


def policy_id(creation: Creation) -> str:
    """A policy's id, always the same for a URN."""
    return draw_uuid("policy", creation.urn)


def etag(creation: Creation) -> str:
    """An ETag of CloudFront's form, another one for every configuration."""
    return "E" + draw(UPPER, 13, creation.id, creation.inputs)


NAME = matching(r"[A-Za-z0-9_-]{1,128}", "1 to 128 letters, digits, '-' or '_'")
COMMENT = matching(r"(?s).{0,128}", "at most 128 characters")
_TTL_DEFAULTS = {"minTtl": 0, "defaultTtl": 86_400, "maxTtl": 31_536_000}
_TTL = between(0, 3_153_600_000)

CACHE_POLICY = ResourceModel(
    type=CACHE_POLICY_TYPE,
    modelled=frozenset({"comment", "defaultTtl", "maxTtl", "minTtl", "name", _KEY}),
    identify=policy_id,
    arn="cloudfront:cache-policy/{id}",
    compute=lambda creation: {"etag": etag(creation)},
    computed=words("etag"),
    defaults=_TTL_DEFAULTS,
    unordered=words("items"),
    rules={
        "name": NAME,
        "comment": COMMENT,
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
    modelled=words("comment cookiesConfig headersConfig name queryStringsConfig"),
    identify=policy_id,
    arn="cloudfront:origin-request-policy/{id}",
    compute=lambda creation: {"etag": etag(creation)},
    computed=words("etag"),
    unordered=words("items"),
    rules={
        "name": NAME,
        "comment": COMMENT,
        "cookiesConfig.cookieBehavior": among_aws("cloudfront", "OriginRequestPolicyCookieBehavior"),
        "headersConfig.headerBehavior": among_aws("cloudfront", "OriginRequestPolicyHeaderBehavior"),
        "queryStringsConfig.queryStringBehavior": among_aws("cloudfront", "OriginRequestPolicyQueryStringBehavior"),
    },
    check=_check_origin_request_policy,
    named=128,
    unique=in_account("OriginRequestPolicyAlreadyExists"),
)


RESPONSE_HEADERS_POLICY_TYPE = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
# "Use managed response headers policies", CloudFront Developer Guide.
MANAGED_RESPONSE_HEADERS_POLICIES = {"67f7725c-6f97-4210-82d7-5512b31e9d03": "SecurityHeadersPolicy"}
_SECURITY = "securityHeadersConfig"
_HEADER_PARTS = (_SECURITY, "customHeadersConfig", "corsConfig", "removeHeadersConfig", "serverTimingHeadersConfig")


def _check_response_headers_policy(inputs: Properties, _scope: Scope) -> Iterator[Failure]:
    if not any(inputs.get(part) for part in _HEADER_PARTS):
        yield Failure(_SECURITY, "is required, or another part: a policy without headers is none (InvalidArgument)")
    transport = child(child(inputs, _SECURITY), "strictTransportSecurity")
    if transport.get("preload") is True and transport.get("includeSubdomains") is not True:
        yield Failure(f"{_SECURITY}.strictTransportSecurity.preload", "needs includeSubdomains beside it")


RESPONSE_HEADERS_POLICY = ResourceModel(
    type=RESPONSE_HEADERS_POLICY_TYPE,
    modelled=words("comment customHeadersConfig name securityHeadersConfig"),
    identify=policy_id,
    arn="cloudfront:response-headers-policy/{id}",
    compute=lambda creation: {"etag": etag(creation)},
    computed=words("etag"),
    rules={
        "name": NAME,
        "comment": COMMENT,
        f"{_SECURITY}.frameOptions.frameOption": among_aws("cloudfront", "FrameOptionsList"),
        f"{_SECURITY}.referrerPolicy.referrerPolicy": among_aws("cloudfront", "ReferrerPolicyList"),
        f"{_SECURITY}.strictTransportSecurity.accessControlMaxAgeSec": between(0, 2_147_483_647),
    },
    check=_check_response_headers_policy,
    named=128,
    unique=in_account("ResponseHeadersPolicyAlreadyExists"),
)

MODELS = (CACHE_POLICY, ORIGIN_REQUEST_POLICY, RESPONSE_HEADERS_POLICY)
