"""The parts of an exported state that the check reads, as pulumi-aws names them; all the rest is passed over."""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from pulumi_state.sealed import unless_hidden
from pulumi_state.selections import Mode


class StatePart(BaseModel):
    """An object in a state whose values were opened (pulumi_state.sealed)."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class Items(StatePart):
    items: list[str] = Field(default_factory=list[str])


class HeadersConfig(StatePart):
    header_behavior: str = "none"
    headers: Items = Items()


class CookiesConfig(StatePart):
    cookie_behavior: Mode = "none"
    cookies: Items = Items()


class QueryStringsConfig(StatePart):
    query_string_behavior: Mode = "none"
    query_strings: Items = Items()


class PolicyValues(StatePart):
    headers_config: HeadersConfig = HeadersConfig()
    cookies_config: CookiesConfig = CookiesConfig()
    query_strings_config: QueryStringsConfig = QueryStringsConfig()


class CachePolicyPart(StatePart):
    min_ttl: int = 0
    default_ttl: int = 86_400
    max_ttl: int = 31_536_000
    parameters_in_cache_key_and_forwarded_to_origin: PolicyValues = PolicyValues()


class ForwardedCookies(StatePart):
    forward: str = "none"
    whitelisted_names: list[str] = Field(default_factory=list[str])


class ForwardedValues(StatePart):
    headers: list[str] = Field(default_factory=list[str])
    query_string: bool = False
    query_string_cache_keys: list[str] = Field(default_factory=list[str])
    cookies: ForwardedCookies = ForwardedCookies()


class LambdaAssociation(StatePart):
    event_type: str
    lambda_arn: str = ""
    include_body: bool = False


class FunctionAssociation(StatePart):
    event_type: str
    function_arn: str = ""


class BehaviorPart(StatePart):
    """With a cache policy `forwardedValues` and the TTLs beside them count for nothing, so they may be sealed."""

    path_pattern: str = "*"
    target_origin_id: Annotated[str | None, BeforeValidator(unless_hidden)] = None
    cache_policy_id: str = ""
    origin_request_policy_id: str = ""
    forwarded_values: ForwardedValues | None = None
    min_ttl: int = 0
    default_ttl: int = 86_400
    max_ttl: int = 31_536_000
    lambda_function_associations: list[LambdaAssociation] = Field(default_factory=list[LambdaAssociation])
    function_associations: list[FunctionAssociation] = Field(default_factory=list[FunctionAssociation])

    @model_validator(mode="before")
    @classmethod
    def _without_what_a_policy_replaces(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return cast("object", value)
        given = cast("dict[str, Any]", value)
        replaced = ("forwardedValues", "minTtl", "defaultTtl", "maxTtl") if given.get("cachePolicyId") else ()
        return {key: item for key, item in given.items() if key not in replaced}


class CustomErrorResponse(StatePart):
    error_code: int
    error_caching_min_ttl: int = 10


class S3OriginConfig(StatePart):
    origin_access_identity: Annotated[str | None, BeforeValidator(unless_hidden)] = None


class OriginPart(StatePart):
    """An origin. Whatever of it is sealed counts as not there, but for its id."""

    origin_id: str = ""
    domain_name: Annotated[str | None, BeforeValidator(unless_hidden)] = None
    origin_access_control_id: Annotated[str | None, BeforeValidator(unless_hidden)] = None
    s3_origin_config: Annotated[S3OriginConfig | None, BeforeValidator(unless_hidden)] = None
    custom_origin_config: Annotated[dict[str, Any] | None, BeforeValidator(unless_hidden)] = None
    vpc_origin_config: Annotated[dict[str, Any] | None, BeforeValidator(unless_hidden)] = None


HideableOrigin = Annotated[OriginPart | None, BeforeValidator(unless_hidden)]


class GroupMember(StatePart):
    origin_id: str = ""


class OriginGroup(StatePart):
    origin_id: str = ""
    members: list[GroupMember] = Field(default_factory=list[GroupMember])


class DistributionPart(StatePart):
    """None stands for a list that is sealed: origins often are, for a secret header of theirs."""

    default_cache_behavior: BehaviorPart
    ordered_cache_behaviors: list[BehaviorPart] = Field(default_factory=list[BehaviorPart])
    custom_error_responses: list[CustomErrorResponse] = Field(default_factory=list[CustomErrorResponse])
    aliases: Annotated[list[str] | None, BeforeValidator(unless_hidden)] = Field(default_factory=list[str])
    origins: Annotated[list[HideableOrigin] | None, BeforeValidator(unless_hidden)] = Field(
        default_factory=list[OriginPart | None]
    )
    origin_groups: Annotated[list[OriginGroup] | None, BeforeValidator(unless_hidden)] = Field(
        default_factory=list[OriginGroup]
    )


class FunctionPart(StatePart):
    """A CloudFront Function. Its code may be secret; then nothing is known of it."""

    arn: Annotated[str | None, BeforeValidator(unless_hidden)] = None
    code: Annotated[str | None, BeforeValidator(unless_hidden)] = None


class Resource(StatePart):
    """An entry of deployment.resources.

    `delete` marks one that is replaced and not yet gone, `pendingReplacement` one that is gone and not yet made anew;
    a component is not `custom`. One that is only read (`external`) has its outputs like any other.
    """

    type: str
    urn: str = ""
    id: str = ""
    custom: bool = True
    delete: bool = False
    pending_replacement: bool = False
    inputs: dict[str, Any] = Field(default_factory=dict[str, Any])
    outputs: dict[str, Any] = Field(default_factory=dict[str, Any])

    @property
    def is_living(self) -> bool:
        return self.custom and not (self.delete or self.pending_replacement)


class PendingOperation(StatePart):
    """What an update had begun and did not see the end of."""

    resource: Resource
    type: str = "unknown"


class Deployment(StatePart):
    resources: list[Resource] = Field(default_factory=list[Resource])
    pending_operations: list[PendingOperation] = Field(
        default_factory=list[PendingOperation], validation_alias="pending_operations"
    )


class State(StatePart):
    deployment: Deployment
