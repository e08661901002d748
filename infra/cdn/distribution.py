"""The CloudFront distribution: the stable origin, its behaviors, and functions on the triggers that are needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from infra.cdn.distribution_extras import Front
from infra.cdn.invalidation import MARK_TAG
from infra.settings.origins import OriginSettings

ALL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
CACHED_METHODS = ("GET", "HEAD")
CACHED_ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
"""The errors that CloudFront keeps for 10 seconds unless told otherwise ("How CloudFront caches HTTP error codes")."""
HTTP_PORT, HTTPS_PORT = 80, 443
OLDEST_TLS = "TLSv1.2_2021"


@dataclass(frozen=True)
class Attached:
    """What the distribution refers to. `needed_first` are the resources without which viewers should not meet it.

    `function_arn` is the Lambda function's, `viewer_function_arn` that of the CloudFront Function before the cache.
    """

    cache_policy_id: pulumi.Input[str]
    origin_request_policy_id: pulumi.Input[str]
    function_arn: pulumi.Input[str] | None = None
    viewer_function_arn: pulumi.Input[str] | None = None
    static_cache_policy_id: pulumi.Input[str] | None = None
    front: Front = field(default_factory=Front)
    needed_first: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True)
class DistributionArgs:
    """`varies` and the fields up to `viewer_triggers` are what the strategy needs of the triggers.

    `mark` is what its caches agree with when it is made (infra.cdn.invalidation). `is_protected`: Pulumi refuses to
    delete it, and so never comes to what it refers to.
    """

    comment: str
    origin: OriginSettings
    attached: Attached
    varies: bool
    has_origin_request: bool
    includes_body: bool
    has_origin_response: bool
    viewer_triggers: Sequence[str]
    static_paths: Sequence[str]
    price_class: str
    mark: str
    is_protected: bool = False


class Distribution(pulumi.ComponentResource):
    """What viewers reach, at `domain_name` and its aliases. Other origins are no part of it: the router sends requests
    there.
    """

    arn: pulumi.Output[str]
    domain_name: pulumi.Output[str]
    hosted_zone_id: pulumi.Output[str]
    distribution_id: pulumi.Output[str]

    def __init__(self, name: str, args: DistributionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Distribution", name, None, opts)
        # Here, for a component does not hand its own depends_on down.
        # The tag is written anew by `edge-router invalidate`, and by nobody else once the distribution is there.
        own = pulumi.ResourceOptions(
            parent=self,
            depends_on=list(args.attached.needed_first),
            ignore_changes=["tags"],
            protect=args.is_protected,
        )
        distribution = aws.cloudfront.Distribution(name, distribution_args(args), own)
        self.arn, self.hosted_zone_id = distribution.arn, distribution.hosted_zone_id
        self.domain_name = distribution.domain_name
        self.distribution_id = distribution.id
        self.register_outputs({"domainName": self.domain_name, "distributionId": self.distribution_id})


def distribution_args(args: DistributionArgs) -> aws.cloudfront.DistributionArgs:
    """What is registered; known before it is, but for the ids, so that cache_check can judge it."""
    front = args.attached.front
    return aws.cloudfront.DistributionArgs(
        comment=args.comment,
        enabled=True,
        aliases=list(front.aliases) or None,
        http_version="http2and3",
        is_ipv6_enabled=True,
        price_class=args.price_class,
        origins=[_stable_origin(args, front)],
        default_cache_behavior=_behavior(args),
        ordered_cache_behaviors=[_static_behavior(pattern, args) for pattern in args.static_paths] or None,
        custom_error_responses=_error_responses(args),
        restrictions=aws.cloudfront.DistributionRestrictionsArgs(
            geo_restriction=aws.cloudfront.DistributionRestrictionsGeoRestrictionArgs(restriction_type="none")
        ),
        viewer_certificate=_certificate(front),
        web_acl_id=front.web_acl_arn or None,
        logging_config=_logging(front),
        wait_for_deployment=True,
        tags={MARK_TAG: args.mark},
    )


def _certificate(front: Front) -> aws.cloudfront.DistributionViewerCertificateArgs:
    """With CloudFront's own certificate it does not choose the oldest TLS version that it speaks."""
    if front.certificate_arn is None:
        return aws.cloudfront.DistributionViewerCertificateArgs(cloudfront_default_certificate=True)
    return aws.cloudfront.DistributionViewerCertificateArgs(
        acm_certificate_arn=front.certificate_arn,
        minimum_protocol_version=OLDEST_TLS,
        ssl_support_method="sni-only",
    )


def _logging(front: Front) -> aws.cloudfront.DistributionLoggingConfigArgs | None:
    """Cookies stay out of it: sessions are in them."""
    if front.logs is None or not front.logs_are_legacy:
        return None
    return aws.cloudfront.DistributionLoggingConfigArgs(bucket=front.logs.domain_name, include_cookies=False)


def _stable_origin(args: DistributionArgs, front: Front) -> aws.cloudfront.DistributionOriginArgs:
    origin = args.origin
    is_https = origin.protocol == "https"
    return aws.cloudfront.DistributionOriginArgs(
        origin_id="stable",
        domain_name=origin.domain_name,
        origin_path=origin.path or None,
        custom_headers=[
            aws.cloudfront.DistributionOriginCustomHeaderArgs(name=name, value=value)
            for name, value in front.origin_headers.items()
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


def _behavior(args: DistributionArgs) -> aws.cloudfront.DistributionDefaultCacheBehaviorArgs:
    return aws.cloudfront.DistributionDefaultCacheBehaviorArgs(
        target_origin_id="stable",
        viewer_protocol_policy="redirect-to-https",
        allowed_methods=list(ALL_METHODS),
        cached_methods=list(CACHED_METHODS),
        compress=True,
        cache_policy_id=args.attached.cache_policy_id,
        origin_request_policy_id=args.attached.origin_request_policy_id,
        response_headers_policy_id=args.attached.front.response_headers_policy_id,
        lambda_function_associations=_associations(args),
        function_associations=_viewer_associations(args),
    )


def _static_behavior(pattern: str, args: DistributionArgs) -> aws.cloudfront.DistributionOrderedCacheBehaviorArgs:
    """From the stable origin or out of the cache, with no function in between."""
    return aws.cloudfront.DistributionOrderedCacheBehaviorArgs(
        path_pattern=pattern,
        target_origin_id="stable",
        viewer_protocol_policy="redirect-to-https",
        allowed_methods=list(CACHED_METHODS),
        cached_methods=list(CACHED_METHODS),
        compress=True,
        cache_policy_id=args.attached.static_cache_policy_id,
        response_headers_policy_id=args.attached.front.response_headers_policy_id,
    )


def _associations(
    args: DistributionArgs,
) -> list[aws.cloudfront.DistributionDefaultCacheBehaviorLambdaFunctionAssociationArgs] | None:
    """The exact version on origin-request, and on origin-response where the strategy sets a cookie."""
    arn = args.attached.function_arn
    if not args.has_origin_request or arn is None:
        return None
    association = aws.cloudfront.DistributionDefaultCacheBehaviorLambdaFunctionAssociationArgs
    associations = [association(event_type="origin-request", lambda_arn=arn, include_body=args.includes_body)]
    if args.has_origin_response:
        associations.append(association(event_type="origin-response", lambda_arn=arn, include_body=False))
    return associations


def _viewer_associations(
    args: DistributionArgs,
) -> list[aws.cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArgs] | None:
    arn = args.attached.viewer_function_arn
    if not args.viewer_triggers or arn is None:
        return None
    association = aws.cloudfront.DistributionDefaultCacheBehaviorFunctionAssociationArgs
    return [association(event_type=trigger, function_arn=arn) for trigger in args.viewer_triggers]


def _error_responses(
    args: DistributionArgs,
) -> list[aws.cloudfront.DistributionCustomErrorResponseArgs] | None:
    """Errors are not kept where visitors get different origins: one version's error would answer everybody."""
    if not args.varies:
        return None
    return [
        aws.cloudfront.DistributionCustomErrorResponseArgs(error_code=code, error_caching_min_ttl=0)
        for code in CACHED_ERRORS
    ]
