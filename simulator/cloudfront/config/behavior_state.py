"""A cache behavior as a state's distribution holds it."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pulumi_state import managed_policies
from pulumi_state.policies import (
    CachePolicy,
    OriginRequestPolicy,
    read_cache_policy,
    read_forwarded_values,
    read_origin_request_policy,
)
from pulumi_state.resources import CACHE_POLICY, ORIGIN_REQUEST_POLICY, Resource, living_resources
from pulumi_state.values import StateError
from simulator.cloudfront.config.behaviors import EVENT_TYPES, Behavior, EventType, Trigger
from simulator.cloudfront.config.response_headers import ResponseHeadersPolicy, response_headers_policies

_REFUSED = ("fieldLevelEncryptionId", "smoothStreaming", "realtimeLogConfigArn")
_VIEWER_PROTOCOL_POLICIES = ("allow-all", "https-only", "redirect-to-https")
VIEWER_EVENT_TYPES: tuple[EventType, ...] = ("viewer-request", "viewer-response")
_Policy = TypeVar("_Policy")
_NUMBERED = re.compile(r"arn:[^:]+:lambda:([^:]+):\d+:function:[^:]+:(.+)")


class Policies:
    """Policies by ID: AWS's managed ones and those of the state."""

    def __init__(self, state: dict[str, Any]) -> None:
        own = {item.id: _cache_policy(item) for item in living_resources(state, CACHE_POLICY)}
        requested = {
            item.id: read_origin_request_policy(item.properties, item.label)
            for item in living_resources(state, ORIGIN_REQUEST_POLICY)
        }
        self._cache = managed_policies.CACHE_POLICIES | own
        self._origin_request = managed_policies.ORIGIN_REQUEST_POLICIES | requested
        self._response_headers = response_headers_policies(state)

    def cache_policy(self, policy_id: str, label: str) -> CachePolicy:
        return _find(self._cache, policy_id, f"{label}: cachePolicyId")

    def origin_request_policy(self, policy_id: str, label: str) -> OriginRequestPolicy:
        return _find(self._origin_request, policy_id, f"{label}: originRequestPolicyId")

    def response_headers_policy(self, policy_id: str, label: str) -> ResponseHeadersPolicy:
        return _find(self._response_headers, policy_id, f"{label}: responseHeadersPolicyId")


def _cache_policy(resource: Resource) -> CachePolicy:
    resource.require("parametersInCacheKeyAndForwardedToOrigin")
    return read_cache_policy(resource.properties, resource.label)


def _find(known: dict[str, _Policy], policy_id: str, label: str) -> _Policy:
    if policy_id in known:
        return known[policy_id]
    raise StateError(f"{label} {policy_id} is neither in the state nor a managed policy that is simulated")


def default_behavior(item: dict[str, Any], policies: Policies, label: str) -> Behavior:
    return _behavior("*", item, policies, f"{label}: defaultCacheBehavior")


def ordered_behavior(item: dict[str, Any], policies: Policies, label: str) -> Behavior:
    pattern = str(item.get("pathPattern") or "")
    if not pattern:
        raise StateError(f"{label}: an orderedCacheBehavior has no pathPattern")
    return _behavior(pattern, item, policies, f'{label}: behavior "{pattern}"')


def _behavior(pattern: str, item: dict[str, Any], policies: Policies, where: str) -> Behavior:
    _refuse_unmodelled(item, where)
    protocol_policy = item.get("viewerProtocolPolicy")
    if protocol_policy not in _VIEWER_PROTOCOL_POLICIES:
        allowed = ", ".join(_VIEWER_PROTOCOL_POLICIES)
        raise StateError(f'{where}: viewerProtocolPolicy "{protocol_policy}" is not one of {allowed}')
    cache_policy, origin_request_policy = _policies(item, policies, where)
    triggers = _triggers(item.get("lambdaFunctionAssociations") or [], where)
    return Behavior(
        path_pattern=pattern,
        origin_id=str(item.get("targetOriginId") or ""),
        cache_policy=cache_policy,
        origin_request_policy=origin_request_policy,
        allowed_methods=frozenset(item.get("allowedMethods") or ("GET", "HEAD")),
        cached_methods=frozenset(item.get("cachedMethods") or ("GET", "HEAD")),
        viewer_protocol_policy=str(protocol_policy),
        compresses=bool(item.get("compress")),
        response_headers_policy=_response_headers(item, policies, where),
        triggers=triggers,
        viewer_functions=_viewer_functions(item.get("functionAssociations") or [], triggers, where),
    )


def _policies(item: dict[str, Any], policies: Policies, where: str) -> tuple[CachePolicy, OriginRequestPolicy | None]:
    cache_policy_id = item.get("cachePolicyId")
    if not cache_policy_id:
        if not item.get("forwardedValues"):
            raise StateError(f"{where} has neither cachePolicyId nor forwardedValues")
        return read_forwarded_values(item)
    policy_id = item.get("originRequestPolicyId")
    return (
        policies.cache_policy(str(cache_policy_id), where),
        policies.origin_request_policy(str(policy_id), where) if policy_id else None,
    )


def _response_headers(item: dict[str, Any], policies: Policies, where: str) -> ResponseHeadersPolicy | None:
    policy_id = item.get("responseHeadersPolicyId")
    return policies.response_headers_policy(str(policy_id), where) if policy_id else None


def _refuse_unmodelled(item: dict[str, Any], where: str) -> None:
    for setting in _REFUSED:
        if item.get(setting):
            raise StateError(f"{where}: {setting} is not simulated")
    if (item.get("grpcConfig") or {}).get("enabled"):
        raise StateError(f"{where}: grpcConfig is not simulated")
    for setting in ("trustedKeyGroups", "trustedSigners"):
        value = item.get(setting)
        if value if isinstance(value, list) else (value or {}).get("enabled"):
            raise StateError(f"{where}: {setting} is not simulated")


def _viewer_functions(
    associations: list[dict[str, Any]], triggers: dict[EventType, Trigger], where: str
) -> dict[EventType, str]:
    """CloudFront Functions, which do not mix with Lambda@Edge on viewer events (page edge-functions-choosing)."""
    functions: dict[EventType, str] = {}
    for association in associations:
        event_type = association.get("eventType")
        if event_type not in VIEWER_EVENT_TYPES:
            allowed = ", ".join(VIEWER_EVENT_TYPES)
            raise StateError(f'{where}: a CloudFront Function on "{event_type}", which is not one of {allowed}')
        if event_type in functions:
            raise StateError(f"{where}: {event_type} has two functions; CloudFront takes one for each event type")
        functions[event_type] = str(association.get("functionArn") or "")
    if functions and triggers.keys() & set(VIEWER_EVENT_TYPES):
        raise StateError(f"{where}: CloudFront Functions and Lambda@Edge do not mix on viewer events")
    return functions


def _triggers(associations: list[dict[str, Any]], where: str) -> dict[EventType, Trigger]:
    triggers: dict[EventType, Trigger] = {}
    for association in associations:
        event_type = association.get("eventType")
        if event_type not in EVENT_TYPES:
            raise StateError(f'{where}: eventType "{event_type}" is not one of {", ".join(EVENT_TYPES)}')
        if event_type in triggers:
            raise StateError(f"{where}: {event_type} has two functions; CloudFront takes one for each event type")
        triggers[event_type] = _trigger(association, event_type, where)
    return triggers


def _trigger(association: dict[str, Any], event_type: str, where: str) -> Trigger:
    """Only numbered versions in us-east-1 can be attached (page lambda-at-edge-function-restrictions)."""
    arn = str(association.get("lambdaArn") or "")
    parts = _NUMBERED.fullmatch(arn)
    if parts is None or not parts[2].isdigit():
        raise StateError(f'{where}: {event_type} needs the ARN of a numbered version, not "{arn}"')
    if parts[1] != "us-east-1":
        raise StateError(f"{where}: {event_type} needs a function in us-east-1, not {parts[1]}")
    if association.get("includeBody") and not event_type.endswith("request"):
        raise StateError(f"{where}: includeBody is for request events, not for {event_type}")
    return Trigger(arn, bool(association.get("includeBody")))
