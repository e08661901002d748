"""Arguments of the CloudFront distribution: the stable origin, the behaviors, and the edge functions' associations.

Plain dictionaries, so that `edge-router config check` checks them without an import of pulumi-aws.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from pydantic.alias_generators import to_camel

from infra.cdn.invalidation import MARK_TAG, cached_paths, format_mark
from infra.settings.failover import OriginGroup
from infra.settings.model import CoreSettings
from infra.settings.origins import OriginSettings
from infra.settings.stack import Stack
from router.failover import ATTEMPT_HEADER

if TYPE_CHECKING:
    import pulumi
    from pulumi_aws import cloudfront

    from infra.cdn.access_logs import LogBucket

ALL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
CACHED_METHODS = ("GET", "HEAD")
READING_METHODS = ("GET", "HEAD", "OPTIONS")
"""All that fails over, and all that a behavior with an origin group may allow: CloudFront's API rejects others."""
CACHED_ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
"""The errors that CloudFront caches for 10 seconds by default ("How CloudFront caches HTTP error codes")."""
HTTP_PORT, HTTPS_PORT = 80, 443
STATIC = "static"
OLDEST_TLS = "TLSv1.2_2021"
OF_VALUES = ("origin_groups", "tags")
"""The arguments that depend on which hosts the origins are, and on nothing else that may be known later."""


@dataclass(frozen=True)
class DistributionExtras:
    """By default none: CloudFront's own name and certificate, and only the headers of viewers and origins.

    `origin_headers` go to every origin. `logs` receives the access logs; v2 is not configured on the distribution.
    """

    aliases: Sequence[str] = ()
    certificate_arn: pulumi.Input[str] | None = None
    response_headers_policy_id: pulumi.Input[str] | None = None
    web_acl_arn: pulumi.Input[str] | None = None
    origin_headers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, "pulumi.Input[str]"])
    logs: LogBucket | None = None
    logs_are_legacy: bool = False

    @property
    def needed_first(self) -> list[pulumi.Resource]:
        """The bucket's permissions, which CloudFront checks before it accepts a legacy log bucket."""
        return self.logs.ready if self.logs is not None and self.logs_are_legacy else []


@dataclass(frozen=True)
class Attached:
    """Resources that the distribution refers to, and those that have to exist first (`needed_first`).

    `function_arn` is the Lambda function's, `viewer_function_arn` the CloudFront Function's, `rewriting_arn` that of
    the one that names the site in responses. `access_control_id` is the origin access control of private origins.
    `domain_names` are those of the origins that are known later.
    """

    cache_policy_id: pulumi.Input[str]
    origin_request_policy_id: pulumi.Input[str]
    function_arn: pulumi.Input[str] | None = None
    viewer_function_arn: pulumi.Input[str] | None = None
    rewriting_arn: pulumi.Input[str] | None = None
    static_cache_policy_id: pulumi.Input[str] | None = None
    access_control_id: pulumi.Input[str] | None = None
    extras: DistributionExtras = field(default_factory=DistributionExtras)
    needed_first: Sequence[pulumi.Resource] = ()
    domain_names: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, "pulumi.Input[str]"])


def distribution_args(stack: Stack, attached: Attached) -> dict[str, Any]:
    """Return the distribution's arguments; except for the ids they are known before the update, for cache_check."""
    settings, extras = stack.settings, attached.extras
    args = {
        "comment": f"{stack.prefix}: {settings.strategy}",
        "enabled": True,
        "aliases": list(extras.aliases) or None,
        "http_version": "http2and3",
        "is_ipv6_enabled": True,
        "price_class": settings.price_class,
        "origins": [_drop_none(one) for one in _origins(settings, attached)],
        "origin_groups": [_origin_group(group) for group in settings.origin_groups] or None,
        "default_cache_behavior": _drop_none(_default_behavior(settings, attached)),
        "ordered_cache_behaviors": [_drop_none(one) for one in _ordered_behaviors(settings, attached)] or None,
        "custom_error_responses": _error_responses(settings),
        "restrictions": {"geo_restriction": {"restriction_type": "none"}},
        "viewer_certificate": _certificate(extras),
        "web_acl_id": extras.web_acl_arn,
        "logging_config": _logging(extras),
        "wait_for_deployment": True,
        "tags": {MARK_TAG: format_mark(cached_paths(stack))},
    }
    return _drop_none(args)


def _drop_none(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments without None, which the engine would receive as null."""
    return {name: value for name, value in args.items() if value is not None}


def in_camel_case(args: Any) -> Any:
    """Return arguments as the engine records them: camelCase, but for the names of tags."""
    if isinstance(args, Mapping):
        given = cast("Mapping[str, object]", args)
        return {to_camel(name): item if name == "tags" else in_camel_case(item) for name, item in given.items()}
    return [in_camel_case(item) for item in cast("list[object]", args)] if isinstance(args, list) else args


def _certificate(extras: DistributionExtras) -> cloudfront.DistributionViewerCertificateArgsDict:
    """Return the certificate; with CloudFront's own, the minimum TLS version cannot be chosen."""
    if extras.certificate_arn is None:
        return {"cloudfront_default_certificate": True}
    return {
        "acm_certificate_arn": extras.certificate_arn,
        "minimum_protocol_version": OLDEST_TLS,
        "ssl_support_method": "sni-only",
    }


def _logging(extras: DistributionExtras) -> cloudfront.DistributionLoggingConfigArgsDict | None:
    """Return the legacy access logs, without cookies because they hold sessions."""
    if extras.logs is None or not extras.logs_are_legacy:
        return None
    return {"bucket": extras.logs.domain_name, "include_cookies": False}


def _origins(settings: CoreSettings, attached: Attached) -> Iterator[cloudfront.DistributionOriginArgsDict]:
    """Yield the stable origin, and the secondary of each group, by whose header the router knows a second attempt.

    A request that the router could not read goes to the one that it finds in the event.
    """
    headers, stable = attached.extras.origin_headers, settings.origins["stable"]
    access_control = attached.access_control_id if settings.is_signed_by_cloudfront else None
    domain_names = {name: one.domain_name for name, one in settings.origins.items()} | dict(attached.domain_names)
    yield _origin("stable", stable, domain_names["stable"], headers, access_control)
    if _static_origin_id(settings) == STATIC:
        yield _origin(STATIC, stable, domain_names["stable"], headers, attached.access_control_id)
    for group in settings.origin_groups:
        second, with_attempt = group.to.get("stable", "stable"), {**headers, ATTEMPT_HEADER: group.name}
        yield _origin(group.second_id, settings.origins[second], domain_names[second], with_attempt, access_control)


def _origin_group(group: OriginGroup) -> cloudfront.DistributionOriginGroupArgsDict:
    return {
        "origin_id": group.name,
        "failover_criteria": {"status_codes": list(group.status_codes)},
        "members": [{"origin_id": "stable"}, {"origin_id": group.second_id}],
    }


def _origin(
    origin_id: str,
    origin: OriginSettings,
    domain_name: pulumi.Input[str],
    headers: Mapping[str, pulumi.Input[str]],
    access_control: pulumi.Input[str] | None,
) -> cloudfront.DistributionOriginArgsDict:
    """Return an S3 origin, which has an empty access identity, or a custom one."""
    shared: cloudfront.DistributionOriginArgsDict = {
        "origin_id": origin_id,
        "domain_name": domain_name,
        "origin_path": origin.path or None,
        "origin_access_control_id": access_control if origin.is_private else None,
        "custom_headers": [{"name": name, "value": value} for name, value in headers.items()] or None,
    }
    if origin.bucket:
        return {**shared, "s3_origin_config": {"origin_access_identity": ""}}
    is_https = origin.protocol == "https"
    return {
        **shared,
        "custom_origin_config": {
            "http_port": HTTP_PORT if is_https else origin.port,
            "https_port": origin.port if is_https else HTTPS_PORT,
            "origin_protocol_policy": "https-only" if is_https else "http-only",
            "origin_ssl_protocols": ["TLSv1.2"],
            "origin_read_timeout": origin.read_timeout_seconds,
        },
    }


def _default_behavior(
    settings: CoreSettings, attached: Attached
) -> cloudfront.DistributionDefaultCacheBehaviorArgsDict:
    return {
        "target_origin_id": "stable",
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": list(ALL_METHODS),
        "cached_methods": list(CACHED_METHODS),
        "compress": True,
        "cache_policy_id": attached.cache_policy_id,
        "origin_request_policy_id": attached.origin_request_policy_id,
        "response_headers_policy_id": attached.extras.response_headers_policy_id,
        "lambda_function_associations": _associations(settings, attached),
        "function_associations": _viewer_associations(settings, attached),
    }


def _ordered_behaviors(
    settings: CoreSettings, attached: Attached
) -> Iterator[cloudfront.DistributionOrderedCacheBehaviorArgsDict]:
    yield from (_static_behavior(pattern, settings, attached) for pattern in settings.static_paths)
    for group in settings.origin_groups:
        for pattern in group.paths:
            yield {  # pyrefly: ignore[open-unpacking]  _default_behavior returns what it lists, and no further keys
                **_default_behavior(settings, attached),
                "path_pattern": pattern,
                "target_origin_id": group.name,
                "allowed_methods": list(READING_METHODS),
            }


def _static_origin_id(settings: CoreSettings) -> str:
    """Return the origin of static paths: the stable one, or where the router signs for that, one of their own."""
    is_private = settings.origins["stable"].is_private and bool(settings.static_paths)
    return STATIC if is_private and not settings.is_signed_by_cloudfront else "stable"


def _static_behavior(
    pattern: str, settings: CoreSettings, attached: Attached
) -> cloudfront.DistributionOrderedCacheBehaviorArgsDict:
    """Return a behavior that caches the stable origin's responses, without functions."""
    return {
        "path_pattern": pattern,
        "target_origin_id": _static_origin_id(settings),
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": list(CACHED_METHODS),
        "cached_methods": list(CACHED_METHODS),
        "compress": True,
        "cache_policy_id": attached.static_cache_policy_id,
        "response_headers_policy_id": attached.extras.response_headers_policy_id,
    }


def _associations(
    settings: CoreSettings, attached: Attached
) -> list[cloudfront.DistributionDefaultCacheBehaviorLambdaFunctionAssociationArgsDict] | None:
    """Associate the exact version with origin-request, and with origin-response where it is needed."""
    arn = attached.function_arn
    if not settings.needs.origin_request or arn is None:
        return None
    bodies = {"origin-request": settings.needs.body or settings.signs_bodies}
    if settings.has_origin_response:
        bodies["origin-response"] = False
    return [{"event_type": event, "lambda_arn": arn, "include_body": body} for event, body in bodies.items()]


def _viewer_associations(
    settings: CoreSettings, attached: Attached
) -> list[cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArgsDict] | None:
    arns = dict.fromkeys(settings.needs.function_triggers, attached.viewer_function_arn)
    if settings.rewrites_at_viewer:
        arns["viewer-response"] = attached.rewriting_arn
    return [{"event_type": event, "function_arn": arn} for event, arn in arns.items() if arn is not None] or None


def _error_responses(settings: CoreSettings) -> list[cloudfront.DistributionCustomErrorResponseArgsDict] | None:
    """Cache no errors where visitors get different origins: all would receive one version's error."""
    if not settings.needs.varies:
        return None
    return [{"error_code": code, "error_caching_min_ttl": 0} for code in CACHED_ERRORS]
