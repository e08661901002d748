"""Reads the cache behaviors out of a state of the shape of `pulumi stack export`, whoever made it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from cache_check.model.behaviors import Association, Behavior
from infra.config.errors import describe
from pulumi_state.managed_policies import CACHE_POLICIES, ORIGIN_REQUEST_POLICIES, CachePolicy
from pulumi_state.origins import targets
from pulumi_state.other_distributions import DISTRIBUTION, NotJudged, not_judged, unfinished
from pulumi_state.parts import (
    BehaviorPart,
    CachePolicyPart,
    DistributionPart,
    ForwardedValues,
    FunctionPart,
    PolicyValues,
    Resource,
    State,
    StatePart,
)
from pulumi_state.policies import cache_policy, legacy_policies, values_of
from pulumi_state.sealed import Hidden, open_values
from pulumi_state.selections import Values

CACHE_POLICY = "aws:cloudfront/cachePolicy:CachePolicy"
ORIGIN_REQUEST_POLICY = "aws:cloudfront/originRequestPolicy:OriginRequestPolicy"
FUNCTION = "aws:cloudfront/function:Function"
OUR_COMPONENT = "edge-router:infra:Distribution$"
"""In the URN of a distribution that this project's program made (infra.cdn.distribution)."""

Part = TypeVar("Part", bound=StatePart)


class StateShapeError(Exception):
    """A state that cannot be read; the message names the resource and the property."""


@dataclass(frozen=True)
class Reading:
    """All behaviors of the distributions that were read, and the distributions that were not."""

    behaviors: tuple[Behavior, ...]
    not_judged: tuple[NotJudged, ...]


@dataclass(frozen=True)
class _Known:
    """What behaviors refer to: policies by id, the code of CloudFront Functions by ARN."""

    cache_policies: Mapping[str, CachePolicy]
    origin_request_policies: Mapping[str, Values]
    code: Mapping[str, str | None]


def read_behaviors(state: Mapping[str, Any]) -> Reading:
    """The behaviors are in CloudFront's order, a distribution's default one last.

    StateShapeError where the state is none, has no distribution of any kind, or one that cannot be read.
    """
    deployment = _part(State, open_values(dict(state)), "this is no state of `pulumi stack export`").deployment
    living = [resource for resource in deployment.resources if resource.is_living]
    distributions = [(_read(DistributionPart, one), one) for one in living if one.type == DISTRIBUTION]
    known = _known(living, [distribution for distribution, _ in distributions])
    behaviors = [behavior for part, one in distributions for behavior in _behaviors(part, one, known)]
    pending = [unfinished(one.resource, _label(one.resource), one.type) for one in deployment.pending_operations]
    others = tuple(filter(None, [*(not_judged(resource, _label(resource)) for resource in living), *pending]))
    if not behaviors and not others:
        raise StateShapeError(f"the state has no {DISTRIBUTION}")
    return Reading(tuple(behaviors), others)


def _known(living: list[Resource], distributions: list[DistributionPart]) -> _Known:
    """Of the policies those that a behavior names: what is sealed in another is nobody's business."""
    parts = [part for one in distributions for part in (*one.ordered_cache_behaviors, one.default_cache_behavior)]
    named = {policy for part in parts for policy in (part.cache_policy_id, part.origin_request_policy_id)}
    policies = [one for one in living if one.id in named]
    own = {one.id: cache_policy(_read(CachePolicyPart, one)) for one in policies if one.type == CACHE_POLICY}
    forwarding = {one.id: values_of(_read(PolicyValues, one)) for one in policies if one.type == ORIGIN_REQUEST_POLICY}
    functions = [_read(FunctionPart, one) for one in living if one.type == FUNCTION]
    return _Known(
        CACHE_POLICIES | own,
        ORIGIN_REQUEST_POLICIES | forwarding,
        {function.arn: function.code for function in functions if function.arn},
    )


def _read(kind: type[Part], resource: Resource) -> Part:
    return _part(kind, resource.outputs or resource.inputs, _label(resource))


def _part(kind: type[Part], value: object, label: str) -> Part:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        entry = error.errors(include_url=False)[0]
        where = ".".join(map(str, entry["loc"]))
        text = entry["input"].how if isinstance(entry["input"], Hidden) else describe(entry)
        raise StateShapeError(f"{label}: {where or 'the whole'} {text}") from None


def _label(resource: Resource) -> str:
    return resource.urn.rpartition("::")[2] or resource.id or resource.type


def _behaviors(distribution: DistributionPart, resource: Resource, known: _Known) -> Iterator[Behavior]:
    for position, part in enumerate(distribution.ordered_cache_behaviors):
        yield _behavior(part, (part.path_pattern, f"orderedCacheBehaviors[{position}]"), distribution, resource, known)
    default = distribution.default_cache_behavior
    yield _behavior(default, ("*", "defaultCacheBehavior"), distribution, resource, known)


def _behavior(
    part: BehaviorPart, place: tuple[str, str], distribution: DistributionPart, resource: Resource, known: _Known
) -> Behavior:
    """`place` is the path pattern, and where the resource has the behavior."""
    policy, extra, unknown = _policies(part, known)
    origins, group = targets(distribution, part.target_origin_id)
    return Behavior(
        distribution=_label(resource),
        path_pattern=place[0],
        urn=resource.urn,
        address=place[1],
        key=policy.key,
        extra=extra,
        min_ttl=policy.min_ttl,
        default_ttl=policy.default_ttl,
        max_ttl=policy.max_ttl,
        is_legacy=not part.cache_policy_id,
        associations=tuple(_associations(part, known)),
        origins=origins,
        origin_group=group,
        aliases=None if distribution.aliases is None else tuple(distribution.aliases),
        error_ttls={one.error_code: one.error_caching_min_ttl for one in distribution.custom_error_responses},
        unknown_policies=unknown,
        managed_cache_policy=policy.managed_name,
        made_by=_made_by(resource.urn),
    )


def _made_by(urn: str) -> str:
    """`urn:pulumi:prod::edge-router::…` of our component is `edge-router-prod`."""
    head, _, kinds = urn.partition("::")
    project = kinds.partition("::")[0]
    return f"{project}-{head.rpartition(':')[2]}" if OUR_COMPONENT in urn else ""


def _associations(part: BehaviorPart, known: _Known) -> Iterator[Association]:
    for one in part.lambda_function_associations:
        yield Association(one.event_type, one.lambda_arn, one.include_body)
    for other in part.function_associations:
        code = known.code.get(other.function_arn)
        yield Association(other.event_type, other.function_arn, is_lambda=False, code=code)


def _policies(part: BehaviorPart, known: _Known) -> tuple[CachePolicy, Values, tuple[tuple[str, str], ...]]:
    if not part.cache_policy_id:
        return *legacy_policies(part, part.forwarded_values or ForwardedValues()), ()
    policy = known.cache_policies.get(part.cache_policy_id)
    extra = known.origin_request_policies.get(part.origin_request_policy_id)
    is_extra_unknown = bool(part.origin_request_policy_id) and extra is None
    unknown = [(CACHE_POLICY, part.cache_policy_id)] if policy is None else []
    unknown += [(ORIGIN_REQUEST_POLICY, part.origin_request_policy_id)] if is_extra_unknown else []
    return policy or CachePolicy(0, 0, 0), extra or Values(), tuple(unknown)
