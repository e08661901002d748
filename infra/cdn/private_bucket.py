"""The parts of every private bucket: no public access, encryption, TLS only, and expiry."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from infra.naming.edge_functions import EDGE_REGION


def block_public_access(
    name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions
) -> aws.s3.BucketPublicAccessBlock:
    """Block every ACL and policy that would make the bucket public. `name` is the bucket's logical name."""
    return aws.s3.BucketPublicAccessBlock(
        f"{name}-private",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        region=EDGE_REGION,
        opts=opts,
    )


def encrypt(name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> None:
    """Encrypt with S3's own key: another would need permissions for CloudFront and the log delivery."""
    aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encrypted",
        bucket=bucket.bucket,
        rules=[_Rule(apply_server_side_encryption_by_default=_Default(sse_algorithm="AES256"))],
        region=EDGE_REGION,
        opts=opts,
    )


def expire_objects(
    name: str,
    bucket: aws.s3.Bucket,
    days: int,
    opts: pulumi.ResourceOptions,
    *,
    noncurrent_days: int | None = None,
) -> None:
    """Delete objects after so many days, and the versions before the current one after `noncurrent_days`."""
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-expiry",
        bucket=bucket.bucket,
        rules=[
            aws.s3.BucketLifecycleConfigurationRuleArgs(
                id="expire",
                status="Enabled",
                filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=days),
                noncurrent_version_expiration=_Noncurrent(noncurrent_days=noncurrent_days) if noncurrent_days else None,
                abort_incomplete_multipart_upload=_Abort(days_after_initiation=1),
            )
        ],
        region=EDGE_REGION,
        opts=opts,
    )


def tls_only(arn: str) -> dict[str, Any]:
    """Return a statement that denies every request without TLS, whatever else allows it."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


_Rule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs
_Default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs
_Noncurrent = aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs
_Abort = aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs
