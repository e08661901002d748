"""What every bucket of ours is, whatever it holds: closed to the public, and encrypted."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.naming.function_identity import EDGE_REGION


def closed(name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> aws.s3.BucketPublicAccessBlock:
    """No ACL and no policy can open it. `name` is the bucket's resource name."""
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


def encrypted(name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> None:
    """With S3's own key: CloudFront and the delivery service could not use another without rights on it."""
    aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encrypted",
        bucket=bucket.bucket,
        rules=[_Rule(apply_server_side_encryption_by_default=_Default(sse_algorithm="AES256"))],
        region=EDGE_REGION,
        opts=opts,
    )


_Rule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs
_Default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs
