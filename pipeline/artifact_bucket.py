"""The bucket through which a pipeline's stages pass the source on."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.cdn.private_bucket import closed, encrypted
from infra.iam.role import policy_of
from infra.naming.function_identity import EDGE_REGION

RETENTION_DAYS = 30
"""A stage can be rolled back to an execution whose artifacts still exist."""


class ArtifactBucket(pulumi.ComponentResource):
    """A private, encrypted bucket, versioned as CodePipeline requires, TLS only; it is deleted with its stack."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(self, name: str, bucket_name: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:ArtifactBucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(name, bucket=bucket_name, region=EDGE_REGION, force_destroy=True, opts=child)
        aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.bucket,
            policy=bucket.arn.apply(lambda arn: json.dumps(tls_only(arn))),
            region=EDGE_REGION,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[closed(name, bucket, child)]),
        )
        encrypted(name, bucket, child)
        _version_and_expire(name, bucket, child)
        self.arn, self.name = bucket.arn, bucket.bucket
        self.register_outputs({"arn": self.arn, "name": self.name})


def _version_and_expire(name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> None:
    aws.s3.BucketVersioning(
        f"{name}-versioned",
        bucket=bucket.bucket,
        versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
        region=EDGE_REGION,
        opts=opts,
    )
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-expiry",
        bucket=bucket.bucket,
        rules=[
            aws.s3.BucketLifecycleConfigurationRuleArgs(
                id="expire",
                status="Enabled",
                filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=RETENTION_DAYS),
                noncurrent_version_expiration=_Noncurrent(noncurrent_days=1),
                abort_incomplete_multipart_upload=_Abort(days_after_initiation=1),
            )
        ],
        region=EDGE_REGION,
        opts=opts,
    )


def tls_only(arn: str) -> dict[str, Any]:
    """Return a bucket policy that denies everything without TLS."""
    return policy_of(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


_Noncurrent = aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs
_Abort = aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs
