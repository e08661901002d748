"""Reads the cache behaviors of an exported state, whichever program made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from cache_check.model.behaviors import NO_CODE, NOT_PUBLISHED, OUR_COMPONENT, Association, Behavior
from cache_check.model.findings import NotChecked
from cache_check.unread import unfinished_update, unread_distribution
from infra.config.errors import describe
from pulumi_state.distributions import BehaviorPart, DistributionPart, FunctionPart, StatePart
from pulumi_state.managed_policies import CACHE_POLICIES, ORIGIN_REQUEST_POLICIES
from pulumi_state.policies import (
    CachePolicy,
    OriginRequestPolicy,
    Values,
    read_cache_policy,
    read_forwarded_values,
    read_origin_request_policy,
)
from pulumi_state.resources import (
    CACHE_POLICY,
    DISTRIBUTION,
    FUNCTION,
    ORIGIN_REQUEST_POLICY,
    Resource,
    pending_operations,
    read_resources,
)
from pulumi_state.values import Hidden, Properties, StateError, expect_shape

Part = TypeVar("Part", bound=StatePart)
Policy = TypeVar("Policy")


@dataclass(frozen=True)
class Reading:
    """All behaviors of the distributions that were read, and the distributions that were not."""

    behaviors: tuple[Behavior, ...]
    not_checked: tuple[NotChecked, ...]


@dataclass(frozen=True)
class _Known:
    """Policies by ID, and CloudFront Functions by ARN."""

    cache_policies: Mapping[str, CachePolicy]
    origin_request_policies: Mapping[str, OriginRequestPolicy]
    functions: Mapping[str, FunctionPart]


@dataclass(frozen=True)
class _Distribution:
    resource: Resource
    properties: Properties
    part: DistributionPart

    def behaviors(self) -> Iterator[tuple[str, str, BehaviorPart, Mapping[str, Any]]]:
        """Path pattern, address in the resource, and both forms of each behavior; the default one is last."""
        ordered: list[Mapping[str, Any]] = self.properties.get("orderedCacheBehaviors") or []
        for position, part in enumerate(self.part.ordered_cache_behaviors):
            yield part.path_pattern, f"orderedCacheBehaviors[{position}]", part, ordered[position]
        yield "*", "defaultCacheBehavior", self.part.default_cache_behavior, self.properties["defaultCacheBehavior"]


def read_behaviors(state: Mapping[str, Any]) -> Reading:
    """The behaviors, in CloudFront's order.

    StateError where the state has no distribution of any kind, or none of them can be read.
    """
    living = [resource for resource in read_resources(state) if resource.is_living]
    functions = _read_functions(living)
    behaviors: list[Behavior] = []
    failures: list[tuple[str, StateError]] = []
    for one in living:
        try:
            behaviors += _read_distribution(one, living, functions) if one.type == DISTRIBUTION else []
        except StateError as error:
            failures.append((one.name, error))
    if failures and not behaviors:
        raise failures[0][1]
    others: list[NotChecked | None] = []
    others += [NotChecked(name, str(error).removeprefix(f"{name}: ")) for name, error in failures]
    others += [unread_distribution(resource) for resource in living]
    others += [unfinished_update(resource, operation) for resource, operation in pending_operations(state)]
    not_checked = tuple(one for one in others if one is not None)
    if not behaviors and not not_checked:
        raise StateError(f"the state has no {DISTRIBUTION}")
    return Reading(tuple(behaviors), not_checked)


def _read_distribution(
    resource: Resource, living: list[Resource], functions: Mapping[str, FunctionPart]
) -> list[Behavior]:
    properties = resource.open(resource.name)
    distribution = _Distribution(resource, properties, _part(DistributionPart, properties, resource.name))
    return list(_behaviors(distribution, _read_known(living, distribution, functions)))


def _read_functions(living: list[Resource]) -> dict[str, FunctionPart]:
    functions = [_part(FunctionPart, one.open(one.name), one.name) for one in living if one.type == FUNCTION]
    return {function.arn: function for function in functions if function.arn}


def _read_known(living: list[Resource], distribution: _Distribution, functions: Mapping[str, FunctionPart]) -> _Known:
    """Read the policies that a behavior names: nobody needs the hidden values of others."""
    parts = [part for _, _, part, _ in distribution.behaviors()]
    named = {policy for part in parts for policy in (part.cache_policy_id, part.origin_request_policy_id)}
    policies = [one for one in living if one.id in named]
    cache = {one.id: _policy(read_cache_policy, one) for one in policies if one.type == CACHE_POLICY}
    request = {
        one.id: _policy(read_origin_request_policy, one) for one in policies if one.type == ORIGIN_REQUEST_POLICY
    }
    return _Known(CACHE_POLICIES | cache, ORIGIN_REQUEST_POLICIES | request, functions)


def _policy(read: Callable[[Mapping[str, Any], str], Policy], resource: Resource) -> Policy:
    with expect_shape(f"the policy {resource.name}", StateError):
        return read(resource.open(resource.name), resource.name)


def _part(kind: type[Part], properties: Properties, label: str) -> Part:
    try:
        return kind.model_validate(properties.unguard())
    except ValidationError as error:
        entry = error.errors(include_url=False)[0]
        hidden = entry["input"]
        if isinstance(hidden, Hidden):
            raise StateError(f"{label}: {hidden.path} {hidden.how}") from None
        where = ".".join(map(str, entry["loc"]))
        raise StateError(f"{label}: {where} {describe(entry)}") from None


def _behaviors(distribution: _Distribution, known: _Known) -> Iterator[Behavior]:
    resource, whole = distribution.resource, distribution.part
    for pattern, address, part, properties in distribution.behaviors():
        policy, extra, unknown = _policies(part, properties, resource.name, known)
        origins, group = whole.find_origins(part.target_origin_id)
        # Where all headers are forwarded nothing is cached, and the cache key tells nothing apart.
        has_no_key = policy.is_legacy and extra.headers.mode == "all"
        yield Behavior(
            distribution=resource.name,
            path_pattern=pattern,
            urn=resource.urn,
            address=address,
            key=Values() if has_no_key else policy,
            extra=extra,
            min_ttl=policy.min_ttl,
            default_ttl=policy.default_ttl,
            max_ttl=policy.max_ttl,
            is_legacy=policy.is_legacy,
            associations=tuple(_associations(part, known)),
            origins=origins,
            origin_group=group,
            aliases=None if whole.aliases is None else tuple(whole.aliases),
            error_ttls={one.error_code: one.error_caching_min_ttl for one in whole.custom_error_responses},
            unknown_policies=unknown,
            managed_cache_policy=policy.name if part.cache_policy_id in CACHE_POLICIES else "",
            made_by=_creator(resource.urn),
        )


def _creator(urn: str) -> str:
    """`edge-router-prod` for `urn:pulumi:prod::edge-router::…::distribution` of the program's component, and
    `shop-prod-web` for `urn:pulumi:prod::shop::…::web-distribution` of one called web: how its resources are called.
    """
    if OUR_COMPONENT not in urn:
        return ""
    head, project, _, name = [*urn.split("::", 3), "", "", ""][:4]  # a name may have :: in it
    return f"{project}-{head.rpartition(':')[2]}-{name.removesuffix('distribution')}".rstrip("-")


def _associations(part: BehaviorPart, known: _Known) -> Iterator[Association]:
    for one in part.lambda_function_associations:
        yield Association(one.event_type, one.lambda_arn, one.include_body)
    for other in part.function_associations:
        function = known.functions.get(other.function_arn, FunctionPart())
        is_live = function.publish is not False
        yield Association(
            other.event_type,
            other.function_arn,
            is_lambda=False,
            code=function.code if is_live else None,
            why_without_code=NO_CODE if is_live else NOT_PUBLISHED,
        )


def _policies(
    part: BehaviorPart, properties: Mapping[str, Any], label: str, known: _Known
) -> tuple[CachePolicy, Values, tuple[tuple[str, str], ...]]:
    """The cache policy, the values forwarded besides its key, and (type, ID) of the policies that are not known."""
    if not part.cache_policy_id:
        with expect_shape(f"the distribution {label}", StateError):
            return *read_forwarded_values(properties), ()
    policy = known.cache_policies.get(part.cache_policy_id)
    extra = known.origin_request_policies.get(part.origin_request_policy_id)
    unknown = [(CACHE_POLICY, part.cache_policy_id)] if policy is None else []
    if part.origin_request_policy_id and extra is None:
        unknown.append((ORIGIN_REQUEST_POLICY, part.origin_request_policy_id))
    uncached = CachePolicy(name="", min_ttl=0, default_ttl=0, max_ttl=0)
    return policy or uncached, extra or Values(), tuple(unknown)
