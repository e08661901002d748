"""What stands around a distribution's behaviors: names and certificate, headers, firewall and access logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from infra.cdn.access_logs import LogBucket, LogBucketArgs
from infra.cdn.domain import Certificate
from infra.cdn.security import origin_headers, response_headers_policy
from infra.settings.domain import DomainSettings
from infra.settings.stack import Stack


@dataclass(frozen=True)
class Front:
    """Without anything: CloudFront's own name and certificate, and no more than the origins say.

    `origin_headers` go to every origin. `logs` is where access logs go; with v2 the distribution knows nothing of it.
    """

    aliases: Sequence[str] = ()
    certificate_arn: pulumi.Input[str] | None = None
    response_headers_policy_id: pulumi.Input[str] | None = None
    web_acl_arn: str = ""
    origin_headers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, "pulumi.Input[str]"])
    logs: LogBucket | None = None
    logs_are_legacy: bool = False

    @property
    def needed_first(self) -> list[pulumi.Resource]:
        """CloudFront looks whether it may write before it takes a bucket."""
        return self.logs.ready if self.logs is not None and self.logs_are_legacy else []


def front(stack: Stack, opts: pulumi.ResourceOptions) -> Front:
    """What the stack's settings ask for."""
    settings = stack.settings
    policy = (
        aws.cloudfront.ResponseHeadersPolicy("response-headers", response_headers_policy(stack.prefix), opts)
        if settings.security.response_headers
        else None
    )
    return Front(
        aliases=settings.domain.aliases if settings.domain else (),
        certificate_arn=_certificate(settings.domain, opts),
        response_headers_policy_id=policy.id if policy else None,
        web_acl_arn=settings.security.web_acl_arn,
        origin_headers=origin_headers(settings.security),
        logs=_log_bucket(stack, opts),
        logs_are_legacy=settings.access_logs == "s3",
    )


def _certificate(domain: DomainSettings | None, opts: pulumi.ResourceOptions) -> pulumi.Input[str] | None:
    if domain is None:
        return None
    return domain.certificate_arn or Certificate("certificate", domain, opts).arn


def _log_bucket(stack: Stack, opts: pulumi.ResourceOptions) -> LogBucket | None:
    """Kept like the tables, whose data is as little to be had again."""
    settings = stack.settings
    if settings.access_logs == "none":
        return None
    is_kept = settings.tables.on_destroy == "retain"
    args = LogBucketArgs(stack.prefix, settings.access_logs, settings.logs.retention_days, is_kept)
    return LogBucket("access-logs", args, opts)
