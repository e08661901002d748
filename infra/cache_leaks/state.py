"""Reads the cache behaviors out of a state of the shape of `pulumi stack export`, whoever made it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from infra.cache_leaks.behaviors import Behavior, Mode, Selection, Values
from infra.cache_leaks.managed import ALL, CACHE_POLICIES, ORIGIN_REQUEST_POLICIES, CachePolicy
from infra.cache_leaks.state_parts import (
    BehaviorPart,
    CachePolicyPart,
    DistributionPart,
    ForwardedValues,
    FunctionPart,
    HeadersConfig,
    PolicyValues,
    Resource,
    State,
    StatePart,
)
from infra.problems import words

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
CACHE_POLICY = "aws:cloudfront/cachePolicy:CachePolicy"
ORIGIN_REQUEST_POLICY = "aws:cloudfront/originRequestPolicy:OriginRequestPolicy"
FUNCTION = "aws:cloudfront/function:Function"

Part = TypeVar("Part", bound=StatePart)


class StateShapeError(Exception):
    """A state that cannot be read; the message names the resource and the property."""


@dataclass(frozen=True)
class _Known:
    """What behaviors refer to: policies by id, the code of CloudFront Functions by ARN."""

    cache_policies: Mapping[str, CachePolicy]
    origin_request_policies: Mapping[str, Values]
    code: Mapping[str, str]


def read_behaviors(state: Mapping[str, Any]) -> list[Behavior]:
    """All behaviors of all distributions, in CloudFront's order: the default one last.

    StateShapeError where the state is none, has no distribution, or one that cannot be read.
    """
    found = _part(State, state, "this is no state of `pulumi stack export`").deployment.resources
    living = [resource for resource in found if not resource.delete]
    known = _known(living)
    behaviors = [
        behavior
        for resource in living
        if resource.type == DISTRIBUTION
        for behavior in _behaviors(_read(DistributionPart, resource), _label(resource), known)
    ]
    if not behaviors:
        raise StateShapeError(f"the state has no {DISTRIBUTION}")
    return behaviors


def _known(living: list[Resource]) -> _Known:
    own = {one.id: _cache_policy(_read(CachePolicyPart, one)) for one in living if one.type == CACHE_POLICY}
    forwarding = {one.id: _values(_read(PolicyValues, one)) for one in living if one.type == ORIGIN_REQUEST_POLICY}
    functions = [_read(FunctionPart, one) for one in living if one.type == FUNCTION]
    return _Known(
        CACHE_POLICIES | own,
        ORIGIN_REQUEST_POLICIES | forwarding,
        {function.arn: function.code for function in functions},
    )


def _read(kind: type[Part], resource: Resource) -> Part:
    return _part(kind, resource.outputs or resource.inputs, _label(resource))


def _part(kind: type[Part], value: object, label: str) -> Part:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        entry = error.errors(include_url=False)[0]
        where = ".".join(map(str, entry["loc"]))
        text = str(entry["ctx"]["error"]) if entry["type"] == "value_error" and "ctx" in entry else words(entry)
        raise StateShapeError(f"{label}: {where or 'the whole'} {text}") from None


def _label(resource: Resource) -> str:
    return resource.urn.rpartition("::")[2] or resource.id or resource.type


def _behaviors(distribution: DistributionPart, label: str, known: _Known) -> Iterator[Behavior]:
    errors = {one.error_code: one.error_caching_min_ttl for one in distribution.custom_error_responses}
    for part in distribution.ordered_cache_behaviors:
        yield _behavior(part, part.path_pattern, label, known, errors)
    yield _behavior(distribution.default_cache_behavior, "*", label, known, errors)


def _behavior(part: BehaviorPart, pattern: str, label: str, known: _Known, errors: Mapping[int, int]) -> Behavior:
    policy, extra, unknown = _policies(part, known)
    return Behavior(
        distribution=label,
        path_pattern=pattern,
        key=policy.key,
        extra=extra,
        min_ttl=policy.min_ttl,
        default_ttl=policy.default_ttl,
        max_ttl=policy.max_ttl,
        is_legacy=not part.cache_policy_id,
        lambdas={one.event_type: one.include_body for one in part.lambda_function_associations},
        functions={one.event_type: known.code.get(one.function_arn, "") for one in part.function_associations},
        error_ttls=errors,
        unknown_policies=unknown,
    )


def _policies(part: BehaviorPart, known: _Known) -> tuple[CachePolicy, Values, tuple[str, ...]]:
    if not part.cache_policy_id:
        return *_legacy(part, part.forwarded_values or ForwardedValues()), ()
    policy = known.cache_policies.get(part.cache_policy_id)
    extra = known.origin_request_policies.get(part.origin_request_policy_id)
    is_extra_unknown = bool(part.origin_request_policy_id) and extra is None
    unknown = [part.cache_policy_id] if policy is None else []
    unknown += [part.origin_request_policy_id] if is_extra_unknown else []
    return policy or CachePolicy(0, 0, 0), extra or Values(), tuple(unknown)


def _cache_policy(part: CachePolicyPart) -> CachePolicy:
    key = _values(part.parameters_in_cache_key_and_forwarded_to_origin)
    return CachePolicy(part.min_ttl, part.default_ttl, part.max_ttl, key)


def _values(part: PolicyValues) -> Values:
    cookies, query = part.cookies_config, part.query_strings_config
    return Values(
        headers=_headers(part.headers_config),
        cookies=_selection(cookies.cookie_behavior, cookies.cookies.items),
        query=_selection(query.query_string_behavior, query.query_strings.items),
    )


def _headers(config: HeadersConfig) -> Selection:
    """The CloudFront-* headers that allViewerAndWhitelistCloudFront adds are no viewer's: they are left out."""
    if config.header_behavior.startswith("allViewer"):
        return ALL
    mode: Mode = "allExcept" if config.header_behavior == "allExcept" else "whitelist"
    names = [] if config.header_behavior == "none" else config.headers.items
    return _selection(mode, [name.lower() for name in names])


def _selection(mode: Mode, names: list[str]) -> Selection:
    return Selection(mode, frozenset(names) if mode in ("whitelist", "allExcept") else frozenset())


def _legacy(part: BehaviorPart, values: ForwardedValues) -> tuple[CachePolicy, Values]:
    """`forwardedValues`, where "*" as a header switches caching off (page header-caching)."""
    cookies = ALL if values.cookies.forward == "all" else _selection("whitelist", values.cookies.whitelisted_names)
    query = ALL if values.query_string else Selection()
    key_names = values.query_string_cache_keys if values.query_string else []
    if "*" in values.headers:
        return CachePolicy(0, 0, 0), Values(ALL, cookies, query)
    headers = _selection("whitelist", [name.lower() for name in values.headers])
    key = Values(headers, cookies, _selection("whitelist", key_names) if key_names else query)
    return CachePolicy(part.min_ttl, part.default_ttl, part.max_ttl, key), Values(headers, cookies, query)
