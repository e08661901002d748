"""Headers that CloudFront adds: to answers, what tells browsers to be careful; to requests, the origin's secret."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.settings.security import SecuritySettings

YEAR_SECONDS = 31_536_000


def response_headers_policy(prefix: str) -> aws.cloudfront.ResponseHeadersPolicyArgs:
    """As AWS's managed SecurityHeadersPolicy, but what the origin says itself always stands, and without
    X-XSS-Protection, which browsers have given up.

    Names below the alias may be somebody else's: HSTS does not speak for them.
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


def origin_headers(settings: SecuritySettings) -> dict[str, pulumi.Input[str]]:
    """What every request to an origin carries so that it can refuse others; a secret in Pulumi's state too."""
    if not settings.origin_secret:
        return {}
    return {settings.origin_secret_header: pulumi.Output.secret(settings.origin_secret)}


_StrictTransport = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigStrictTransportSecurityArgs
_ContentType = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigContentTypeOptionsArgs
_Frame = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigFrameOptionsArgs
_Referrer = aws.cloudfront.ResponseHeadersPolicySecurityHeadersConfigReferrerPolicyArgs
