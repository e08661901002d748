"""The CloudFront distribution: the stable origin, the behaviors, and the edge functions' associations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from infra.cdn.distribution_extras import DistributionExtras
from infra.cdn.invalidation import MARK_TAG, cached_paths, mark_of
from infra.settings.model import CoreSettings
from infra.settings.origins import OriginSettings
from infra.settings.stack import Stack

ALL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
CACHED_METHODS = ("GET", "HEAD")
CACHED_ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
"""The errors that CloudFront caches for 10 seconds by default ("How CloudFront caches HTTP error codes")."""
HTTP_PORT, HTTPS_PORT = 80, 443
OLDEST_TLS = "TLSv1.2_2021"


@dataclass(frozen=True)
class Attached:
    """Resources that the distribution refers to, and those that have to exist first (`needed_first`).

    `function_arn` is the Lambda function's, `viewer_function_arn` the CloudFront Function's. `domain_name` and `mark`
    are the stable origin's and the tag's where only the deployment knows them.
    """

    cache_policy_id: pulumi.Input[str]
    origin_request_policy_id: pulumi.Input[str]
    function_arn: pulumi.Input[str] | None = None
    viewer_function_arn: pulumi.Input[str] | None = None
    static_cache_policy_id: pulumi.Input[str] | None = None
    extras: DistributionExtras = field(default_factory=DistributionExtras)
    needed_first: Sequence[pulumi.Resource] = ()
    domain_name: pulumi.Input[str] | None = None
    mark: pulumi.Input[str] | None = None


class Distribution(pulumi.ComponentResource):
    """The distribution, at `domain_name` and its aliases. It has the stable origin only: the router sends requests to
    the others.
    """

    arn: pulumi.Output[str]
    domain_name: pulumi.Output[str]
    hosted_zone_id: pulumi.Output[str]
    distribution_id: pulumi.Output[str]

    def __init__(self, name: str, stack: Stack, attached: Attached, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Distribution", name, None, opts)
        # depends_on is here because a component does not pass its own to its children. After the creation, only
        # `edge-router invalidate` changes the tag.
        own = pulumi.ResourceOptions(
            parent=self,
            depends_on=list(attached.needed_first),
            ignore_changes=["tags"],
            protect=stack.settings.tables.protect,
        )
        distribution = aws.cloudfront.Distribution(name, distribution_args(stack, attached), own)
        self.arn, self.hosted_zone_id = distribution.arn, distribution.hosted_zone_id
        self.domain_name = distribution.domain_name
        self.distribution_id = distribution.id
        self.register_outputs({"domainName": self.domain_name, "distributionId": self.distribution_id})


def distribution_args(stack: Stack, attached: Attached) -> aws.cloudfront.DistributionArgs:
    """Return the distribution's arguments; except for the ids they are known before the update, for cache_check."""
    settings, extras = stack.settings, attached.extras
    return aws.cloudfront.DistributionArgs(
        comment=f"{stack.prefix}: {settings.strategy}",
        enabled=True,
        aliases=list(extras.aliases) or None,
        http_version="http2and3",
        is_ipv6_enabled=True,
        price_class=settings.price_class,
        origins=[_stable_origin(settings.origins["stable"], attached)],
        default_cache_behavior=_default_behavior(settings, attached),
        ordered_cache_behaviors=[_static_behavior(pattern, attached) for pattern in settings.static_paths] or None,
        custom_error_responses=_error_responses(settings),
        restrictions=aws.cloudfront.DistributionRestrictionsArgs(
            geo_restriction=aws.cloudfront.DistributionRestrictionsGeoRestrictionArgs(restriction_type="none")
        ),
        viewer_certificate=_certificate(extras),
        web_acl_id=extras.web_acl_arn or None,
        logging_config=_logging(extras),
        wait_for_deployment=True,
        tags={MARK_TAG: mark_of(cached_paths(stack)) if attached.mark is None else attached.mark},
    )


def _certificate(extras: DistributionExtras) -> aws.cloudfront.DistributionViewerCertificateArgs:
    """Return the certificate; with CloudFront's own, the minimum TLS version cannot be chosen."""
    if extras.certificate_arn is None:
        return aws.cloudfront.DistributionViewerCertificateArgs(cloudfront_default_certificate=True)
    return aws.cloudfront.DistributionViewerCertificateArgs(
        acm_certificate_arn=extras.certificate_arn,
        minimum_protocol_version=OLDEST_TLS,
        ssl_support_method="sni-only",
    )


def _logging(extras: DistributionExtras) -> aws.cloudfront.DistributionLoggingConfigArgs | None:
    """Return the legacy access logs, without cookies because they hold sessions."""
    if extras.logs is None or not extras.logs_are_legacy:
        return None
    return aws.cloudfront.DistributionLoggingConfigArgs(bucket=extras.logs.domain_name, include_cookies=False)


def _stable_origin(origin: OriginSettings, attached: Attached) -> aws.cloudfront.DistributionOriginArgs:
    is_https = origin.protocol == "https"
    return aws.cloudfront.DistributionOriginArgs(
        origin_id="stable",
        domain_name=origin.domain_name if attached.domain_name is None else attached.domain_name,
        origin_path=origin.path or None,
        custom_headers=[
            aws.cloudfront.DistributionOriginCustomHeaderArgs(name=name, value=value)
            for name, value in attached.extras.origin_headers.items()
        ]
        or None,
        custom_origin_config=aws.cloudfront.DistributionOriginCustomOriginConfigArgs(
            http_port=HTTP_PORT if is_https else origin.port,
            https_port=origin.port if is_https else HTTPS_PORT,
            origin_protocol_policy="https-only" if is_https else "http-only",
            origin_ssl_protocols=["TLSv1.2"],
            origin_read_timeout=origin.read_timeout_seconds,
        ),
    )


def _default_behavior(
    settings: CoreSettings, attached: Attached
) -> aws.cloudfront.DistributionDefaultCacheBehaviorArgs:
    return aws.cloudfront.DistributionDefaultCacheBehaviorArgs(
        target_origin_id="stable",
        viewer_protocol_policy="redirect-to-https",
        allowed_methods=list(ALL_METHODS),
        cached_methods=list(CACHED_METHODS),
        compress=True,
        cache_policy_id=attached.cache_policy_id,
        origin_request_policy_id=attached.origin_request_policy_id,
        response_headers_policy_id=attached.extras.response_headers_policy_id,
        lambda_function_associations=_associations(settings, attached),
        function_associations=_viewer_associations(settings, attached),
    )


def _static_behavior(pattern: str, attached: Attached) -> aws.cloudfront.DistributionOrderedCacheBehaviorArgs:
    """Return a behavior that caches the stable origin's responses, without functions."""
    return aws.cloudfront.DistributionOrderedCacheBehaviorArgs(
        path_pattern=pattern,
        target_origin_id="stable",
        viewer_protocol_policy="redirect-to-https",
        allowed_methods=list(CACHED_METHODS),
        cached_methods=list(CACHED_METHODS),
        compress=True,
        cache_policy_id=attached.static_cache_policy_id,
        response_headers_policy_id=attached.extras.response_headers_policy_id,
    )


def _associations(
    settings: CoreSettings, attached: Attached
) -> list[aws.cloudfront.DistributionDefaultCacheBehaviorLambdaFunctionAssociationArgs] | None:
    """Associate the exact version with origin-request, and with origin-response where it is needed."""
    arn = attached.function_arn
    if not settings.needs.origin_request or arn is None:
        return None
    association = aws.cloudfront.DistributionDefaultCacheBehaviorLambdaFunctionAssociationArgs
    associations = [association(event_type="origin-request", lambda_arn=arn, include_body=settings.needs.body)]
    if settings.has_origin_response:
        associations.append(association(event_type="origin-response", lambda_arn=arn, include_body=False))
    return associations


def _viewer_associations(
    settings: CoreSettings, attached: Attached
) -> list[aws.cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArgs] | None:
    arn = attached.viewer_function_arn
    if not settings.needs.function_triggers or arn is None:
        return None
    association = aws.cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArgs
    return [association(event_type=trigger, function_arn=arn) for trigger in settings.needs.function_triggers]


def _error_responses(
    settings: CoreSettings,
) -> list[aws.cloudfront.DistributionCustomErrorResponseArgs] | None:
    """Cache no errors where visitors get different origins: all would receive one version's error."""
    if not settings.needs.varies:
        return None
    return [
        aws.cloudfront.DistributionCustomErrorResponseArgs(error_code=code, error_caching_min_ttl=0)
        for code in CACHED_ERRORS
    ]
