"""Where a pipeline's stages hand the source on: a bucket that only they read."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from infra.cdn.private_bucket import block_public_access, encrypt, expire_objects, tls_only
from infra.iam.role import policy_document
from infra.naming.edge_functions import EDGE_REGION

KEPT_DAYS = 30
"""A stage can be rolled back to an execution whose artifacts are still there."""


class ArtifactBucket(pulumi.ComponentResource):
    """Private, encrypted, versioned (CodePipeline asks for versions), reached by TLS only; it goes with its stack."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(self, name: str, bucket_name: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:ArtifactBucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(name, bucket=bucket_name, region=EDGE_REGION, force_destroy=True, opts=child)
        aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.bucket,
            policy=bucket.arn.apply(lambda arn: json.dumps(policy_document(tls_only(arn)))),
            region=EDGE_REGION,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[block_public_access(name, bucket, child)]),
        )
        encrypt(name, bucket, child)
        aws.s3.BucketVersioning(
            f"{name}-versioned",
            bucket=bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            region=EDGE_REGION,
            opts=child,
        )
        expire_objects(name, bucket, KEPT_DAYS, child, noncurrent_days=1)
        self.arn, self.name = bucket.arn, bucket.bucket
        self.register_outputs({"arn": self.arn, "name": self.name})
