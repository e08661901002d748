"""A CloudFront distribution, read from a state of the shape of `pulumi stack export`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pulumi_state.resources import DISTRIBUTION, Resource, living_resources
from pulumi_state.values import StateError, expect_shape
from simulator.cloudfront.config.behavior_state import Policies, default_behavior, ordered_behavior
from simulator.cloudfront.config.behaviors import Behavior, normalized_path
from simulator.cloudfront.config.deployed_functions import DeployedFunction, deployed_functions, key_values
from simulator.cloudfront.config.origins import Origin, OriginGroup, read_origin, read_origin_group

# What a distribution can have and the simulator does not do: an entry is refused by name, never ignored.
_REFUSED = (
    "webAclId",
    "continuousDeploymentPolicyId",
    "staging",
    "connectionFunctionAssociation",
    "viewerMtlsConfig",
)


@dataclass(frozen=True)
class CustomErrorResponse:
    """The response instead of an error (page GeneratingCustomErrorResponses). TTL in seconds."""

    error_code: int
    response_page_path: str = ""
    response_code: int | None = None
    caching_min_ttl: int = 10


@dataclass(frozen=True)
class Distribution:
    """The settings of one distribution that decide how a request is served.

    `functions` are its CloudFront Functions and `key_values` the content of the state's key value stores, both by ARN.
    """

    id: str
    domain_name: str
    behaviors: tuple[Behavior, ...]
    origins: dict[str, Origin]
    custom_errors: dict[int, CustomErrorResponse] = field(default_factory=dict)
    default_root_object: str = ""
    aliases: tuple[str, ...] = ()
    origin_groups: dict[str, OriginGroup] = field(default_factory=dict[str, OriginGroup])
    functions: dict[str, DeployedFunction] = field(default_factory=dict)
    key_values: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    @expect_shape("the distribution", StateError)
    def from_state(cls, state: dict[str, Any], name: str | None = None) -> Distribution:
        """The state's distribution; `name` picks one by its Pulumi name, id or domain where there are several.

        Raises StateError naming the resource and what is missing, not simulated, or of another shape.
        """
        resource = _choose(living_resources(state, DISTRIBUTION), name)
        _refuse_unmodelled(resource)
        policies = Policies(state)
        properties = resource.properties
        ordered = properties.get("orderedCacheBehaviors") or []
        behaviors = (
            *(ordered_behavior(item, policies, resource.label) for item in ordered),
            default_behavior(resource.require("defaultCacheBehavior"), policies, resource.label),
        )
        arns = {arn for behavior in behaviors for arn in behavior.viewer_functions.values()}
        distribution = cls(
            id=resource.id or str(resource.require("id")),
            domain_name=str(resource.require("domainName")),
            behaviors=behaviors,
            origins=_origins(resource),
            custom_errors=_custom_errors(properties.get("customErrorResponses") or []),
            default_root_object=str(properties.get("defaultRootObject") or ""),
            aliases=tuple(properties.get("aliases") or ()),
            origin_groups=_origin_groups(properties.get("originGroups") or [], resource.label),
            functions=deployed_functions(state, arns, resource.label),
            key_values=key_values(state),
        )
        distribution._check_origin_ids(resource.label)
        return distribution

    def behavior_for(self, uri: str) -> Behavior:
        """The first behavior whose path pattern matches; the last one is the default and matches everything."""
        path = normalized_path(uri)
        return next(behavior for behavior in self.behaviors if behavior.matches(path) or behavior.path_pattern == "*")

    def error_caching_min_ttl(self, status: int) -> int:
        """Seconds that an error is cached at least: 10 unless set (page GeneratingCustomErrorResponses)."""
        custom = self.custom_errors.get(status)
        return custom.caching_min_ttl if custom else 10

    def _check_origin_ids(self, label: str) -> None:
        targets = [*self.origins, *self.origin_groups]
        for behavior in self.behaviors:
            if behavior.origin_id not in targets:
                raise StateError(
                    f'{label}: behavior "{behavior.path_pattern}" targets the origin "{behavior.origin_id}", '
                    f"which is not one of {', '.join(targets)}"
                )
        for name, group in self.origin_groups.items():
            for member in (group.primary, group.secondary):
                if member not in self.origins:
                    raise StateError(
                        f'{label}: origin group "{name}" has the member "{member}", which is not an origin'
                    )


def _choose(found: list[Resource], name: str | None) -> Resource:
    if not found:
        raise StateError("the state has no CloudFront distribution")
    if name is not None:
        found_by_name = [item for item in found if name in _names(item)]
        if not found_by_name:
            raise StateError(f'the state has no CloudFront distribution "{name}"; it has {_join_names(found)}')
        return found_by_name[0]
    if len(found) > 1:
        raise StateError(
            f"the state has several CloudFront distributions; name one of {_join_names(found)} (--distribution)"
        )
    return found[0]


def _names(resource: Resource) -> tuple[str, ...]:
    aliases = resource.properties.get("aliases") or []
    return (resource.name, resource.id, str(resource.properties.get("domainName")), *aliases)


def _join_names(found: list[Resource]) -> str:
    return ", ".join(_names(item)[0] for item in found)


def _refuse_unmodelled(resource: Resource) -> None:
    for setting in _REFUSED:
        if resource.properties.get(setting):
            raise StateError(f"{resource.label}: {setting} is not simulated")
    if resource.properties.get("enabled") is False:
        raise StateError(f"{resource.label}: enabled is false, so CloudFront would not serve it")
    geo = ((resource.properties.get("restrictions") or {}).get("geoRestriction") or {}).get("restrictionType", "none")
    if geo != "none":
        raise StateError(f'{resource.label}: geoRestriction "{geo}" is not simulated')


def _origins(resource: Resource) -> dict[str, Origin]:
    origins = [read_origin(item, resource.label) for item in resource.require("origins")]
    return {origin.origin_id: origin for origin in origins}


def _origin_groups(items: list[dict[str, Any]], label: str) -> dict[str, OriginGroup]:
    return {str(item["originId"]): read_origin_group(item, label) for item in items}


def _custom_errors(items: list[dict[str, Any]]) -> dict[int, CustomErrorResponse]:
    responses = [
        CustomErrorResponse(
            error_code=int(item["errorCode"]),
            response_page_path=str(item.get("responsePagePath") or ""),
            response_code=int(item["responseCode"]) if item.get("responseCode") else None,
            caching_min_ttl=10 if item.get("errorCachingMinTtl") is None else int(item["errorCachingMinTtl"]),
        )
        for item in items
    ]
    return {response.error_code: response for response in responses}
