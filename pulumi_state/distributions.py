"""A distribution and its functions in a state, as far as the cache-leak check reads them; all the rest is ignored."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from pulumi_state.values import Hidden


def _unless_hidden(value: Any) -> Any:
    return None if isinstance(value, Hidden) else value


_READABLE = BeforeValidator(_unless_hidden)
"""A property that may be hidden; then it is None."""


class StatePart(BaseModel):
    """An object in a state whose values were opened (pulumi_state.values)."""

    model_config = ConfigDict(alias_generator=to_camel, defer_build=True, extra="ignore", frozen=True)


class LambdaAssociation(StatePart):
    event_type: str
    lambda_arn: str = ""
    include_body: bool = False


class FunctionAssociation(StatePart):
    event_type: str
    function_arn: str = ""


class BehaviorPart(StatePart):
    """A cache behavior, without its `forwardedValues` and TTLs (pulumi_state.policies.read_forwarded_values)."""

    path_pattern: str = "*"
    target_origin_id: Annotated[str | None, _READABLE] = None
    cache_policy_id: str = ""
    origin_request_policy_id: str = ""
    lambda_function_associations: list[LambdaAssociation] = Field(default_factory=list[LambdaAssociation])
    function_associations: list[FunctionAssociation] = Field(default_factory=list[FunctionAssociation])


class CustomErrorResponse(StatePart):
    error_code: int
    error_caching_min_ttl: int = 10


class S3OriginConfig(StatePart):
    origin_access_identity: Annotated[str | None, _READABLE] = None


class CustomHeader(StatePart):
    name: str = ""
    value: Annotated[str | None, _READABLE] = None


class OriginPart(StatePart):
    """An origin. Hidden properties count as absent, except for the ID."""

    origin_id: str = ""
    domain_name: Annotated[str | None, _READABLE] = None
    origin_access_control_id: Annotated[str | None, _READABLE] = None
    s3_origin_config: Annotated[S3OriginConfig | None, _READABLE] = None
    vpc_origin_config: Annotated[dict[str, Any] | None, _READABLE] = None
    custom_headers: Annotated[list[CustomHeader] | None, _READABLE] = Field(default_factory=list[CustomHeader])

    @property
    def signed_by(self) -> str:
        """Signer of CloudFront's requests to the origin, in words; "" where none signs them."""
        if self.origin_access_control_id:
            return f"the origin access control {self.origin_access_control_id}"
        identity = self.s3_origin_config.origin_access_identity if self.s3_origin_config else None
        return f"the origin access identity {identity.rpartition('/')[2]}" if identity else ""


class GroupMember(StatePart):
    origin_id: str = ""


class OriginGroup(StatePart):
    origin_id: str = ""
    members: list[GroupMember] = Field(default_factory=list[GroupMember])


class DistributionPart(StatePart):
    """A distribution. None stands for a hidden list: origins often are one, because of a secret header."""

    default_cache_behavior: BehaviorPart
    ordered_cache_behaviors: list[BehaviorPart] = Field(default_factory=list[BehaviorPart])
    custom_error_responses: list[CustomErrorResponse] = Field(default_factory=list[CustomErrorResponse])
    aliases: Annotated[list[str] | None, _READABLE] = Field(default_factory=list[str])
    origins: Annotated[list[Annotated[OriginPart | None, _READABLE]] | None, _READABLE] = Field(
        default_factory=list[OriginPart | None]
    )
    origin_groups: Annotated[list[OriginGroup] | None, _READABLE] = Field(default_factory=list[OriginGroup])

    def find_origins(self, target: str | None) -> tuple[tuple[OriginPart, ...] | None, str]:
        """The origins of a behavior's targetOriginId, None if unknown, and the ID of the origin group, if it is one."""
        if target is None or self.origins is None or self.origin_groups is None:
            return None, ""
        known = {origin.origin_id: origin for origin in self.origins if origin is not None}
        group = next((one for one in self.origin_groups if one.origin_id == target), None)
        ids = [target] if group is None else [member.origin_id for member in group.members]
        has_hidden = any(origin is None for origin in self.origins)
        is_unknown = has_hidden and any(one not in known for one in ids)
        return None if is_unknown else tuple(known[one] for one in ids if one in known), target if group else ""


class FunctionPart(StatePart):
    """A CloudFront Function. Its code may be a secret, and is unknown then.

    Without `publish` the code is that of the stage DEVELOPMENT, and another may be live.
    """

    arn: Annotated[str | None, _READABLE] = None
    code: Annotated[str | None, _READABLE] = None
    publish: Annotated[bool | None, _READABLE] = None
