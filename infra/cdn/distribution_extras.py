"""The extras of a distribution: alternate domain names and certificate, headers, web ACL and access logs."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.cdn.access_logs import LogBucket
from infra.cdn.distribution_args import DistributionExtras
from infra.cdn.domain import Certificate
from infra.inputs.deferrable import StackValues
from infra.settings.domain import DomainSettings
from infra.settings.stack import Stack

YEAR_SECONDS = 31_536_000


def create_extras(values: StackValues, opts: pulumi.ResourceOptions) -> DistributionExtras:
    """Create what the settings ask for."""
    stack, settings = values.stack, values.stack.settings
    policy = (
        aws.cloudfront.ResponseHeadersPolicy(
            stack.logical_name("response-headers"), _security_headers(stack.prefix), opts
        )
        if settings.security.response_headers
        else None
    )
    return DistributionExtras(
        aliases=settings.domain.aliases if settings.domain else (),
        certificate_arn=_certificate(values, settings.domain, opts),
        response_headers_policy_id=policy.id if policy else None,
        web_acl_arn=values.apply(_web_acl_arn) if settings.security.web_acl_arn else None,
        origin_headers=verification_header(values),
        logs=LogBucket(stack.logical_name("access-logs"), stack, opts) if settings.access_logs != "none" else None,
        logs_are_legacy=settings.access_logs == "s3",
    )


def _web_acl_arn(stack: Stack) -> str:
    return stack.settings.security.web_acl_arn


def _certificate(
    values: StackValues, domain: DomainSettings | None, opts: pulumi.ResourceOptions
) -> pulumi.Input[str] | None:
    if domain is None:
        return None
    if domain.certificate_arn:
        return values.apply(lambda stack: stack.settings.domain.certificate_arn if stack.settings.domain else "")
    return Certificate(values.stack.logical_name("certificate"), values, domain, opts).arn


def verification_header(values: StackValues) -> dict[str, pulumi.Input[str]]:
    """Return the origin verification header, if any; its value is a secret in Pulumi's state too."""
    security = values.stack.settings.security
    if not security.origin_secret:
        return {}
    secret = pulumi.Output.secret(values.apply(lambda stack: stack.settings.security.origin_secret))
    return {security.origin_secret_header: secret}


def _security_headers(prefix: str) -> aws.cloudfront.ResponseHeadersPolicyArgs:
    """Return AWS's managed SecurityHeadersPolicy, except that the origin's own headers win, and without
    X-XSS-Protection, which browsers no longer support.

    HSTS excludes subdomains, which may be another site's.
    """
    headers = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigArgs(
        strict_transport_security=_StrictTransport(
            access_control_max_age_sec=YEAR_SECONDS, include_subdomains=False, preload=False, override=False
        ),
        content_type_options=_ContentType(override=False),
        frame_options=_Frame(frame_option="SAMEORIGIN", override=False),
        referrer_policy=_Referrer(referrer_policy="strict-origin-when-cross-origin", override=False),
    )
    return aws.cloudfront.ResponseHeadersPolicyArgs(
        name=f"{prefix}-security",
        comment="HSTS and the like, where the origin says nothing",
        security_headers_config=headers,
    )


_StrictTransport = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurityArgs
_ContentType = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentTypeOptionsArgs
_Frame = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigFrameOptionsArgs
_Referrer = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigReferrerPolicyArgs
