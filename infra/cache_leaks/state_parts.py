"""The parts of an exported state that the check reads, as pulumi-aws names them; all the rest is passed over."""

from __future__ import annotations

import json
from typing import Any, ClassVar, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from infra.cache_leaks.behaviors import Mode

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  the mark that Pulumi puts on secret values, no secret itself


class StatePart(BaseModel):
    """An object in a state. A null stands for what is not there, and a secret in plain text for its value.

    An encrypted secret is a mistake, but where `spares_sealed` is set: then it is as good as not there.
    """

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)
    spares_sealed: ClassVar[bool] = False

    @model_validator(mode="before")
    @classmethod
    def _opened(cls, value: Any) -> Any:
        opened = _plain(value)
        if not isinstance(opened, dict):
            return opened
        given = cast("dict[str, Any]", opened)
        present = {key: item for key, item in given.items() if item is not None}
        return {key: _plain(item) for key, item in present.items() if not (cls.spares_sealed and _is_sealed(item))}


def _plain(value: Any) -> Any:
    if _is_sealed(value):
        raise ValueError("is an encrypted secret: export the state with `pulumi stack export --show-secrets`")
    return json.loads(value["plaintext"]) if _is_secret(value) else value


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and cast("dict[str, Any]", value).get(_SIGNATURE) == _SECRET


def _is_sealed(value: Any) -> bool:
    return _is_secret(value) and "plaintext" not in value


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
    include_body: bool = False


class FunctionAssociation(StatePart):
    event_type: str
    function_arn: str = ""


class BehaviorPart(StatePart):
    path_pattern: str = "*"
    cache_policy_id: str = ""
    origin_request_policy_id: str = ""
    forwarded_values: ForwardedValues | None = None
    min_ttl: int = 0
    default_ttl: int = 86_400
    max_ttl: int = 31_536_000
    lambda_function_associations: list[LambdaAssociation] = Field(default_factory=list[LambdaAssociation])
    function_associations: list[FunctionAssociation] = Field(default_factory=list[FunctionAssociation])


class CustomErrorResponse(StatePart):
    error_code: int
    error_caching_min_ttl: int = 10


class DistributionPart(StatePart):
    default_cache_behavior: BehaviorPart
    ordered_cache_behaviors: list[BehaviorPart] = Field(default_factory=list[BehaviorPart])
    custom_error_responses: list[CustomErrorResponse] = Field(default_factory=list[CustomErrorResponse])


class FunctionPart(StatePart):
    """A CloudFront Function. Its code may be secret; then nothing is known of it."""

    spares_sealed = True
    arn: str = ""
    code: str = ""


class Resource(StatePart):
    """An entry of deployment.resources. `delete` marks one that is replaced and not yet gone."""

    type: str
    urn: str = ""
    id: str = ""
    delete: bool = False
    inputs: dict[str, Any] = Field(default_factory=dict[str, Any])
    outputs: dict[str, Any] = Field(default_factory=dict[str, Any])


class Deployment(StatePart):
    resources: list[Resource] = Field(default_factory=list[Resource])


class State(StatePart):
    deployment: Deployment
