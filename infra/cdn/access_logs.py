"""CloudFront's own log of every request, into a bucket that is nobody else's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.cdn.private_bucket import closed, encrypted
from infra.iam.role import policy_of
from infra.naming.function_identity import EDGE_REGION

DELIVERY = "delivery.logs.amazonaws.com"
LONGEST_NAME = 63
""" "Bucket naming rules", Amazon S3 User Guide."""
LONGEST_DELIVERY_NAME = 60
"""PutDeliverySource and PutDeliveryDestination, CloudWatch Logs API reference."""
V2_PATH = "{DistributionId}/{yyyy}/{MM}/{dd}"
"""Below `AWSLogs/<account>/CloudFront/`, which AWS puts before it ("Amazon S3 object key for V2 deliveries")."""


@dataclass(frozen=True)
class LogBucketArgs:
    """`kind` is s3 (standard logging, legacy) or v2. `is_kept`: it outlives the stack, with all that protects it."""

    prefix: str
    kind: str
    retention_days: int
    is_kept: bool


class LogBucket(pulumi.ComponentResource):
    """Private, encrypted, reached by TLS only, and emptied by age.

    Each kind has a bucket of its own, for they want opposite things of ACLs. `ready` is what has to be there before
    somebody writes.
    """

    arn: pulumi.Output[str]
    domain_name: pulumi.Output[str]

    def __init__(self, name: str, args: LogBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:LogBucket", name, None, opts)
        self._label, self._is_kept = f"{name}-{args.kind}", args.is_kept
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
        bucket = aws.s3.Bucket(
            self._label,
            bucket=account.apply(lambda number: bucket_name(args.prefix, args.kind, number)),
            region=EDGE_REGION,
            force_destroy=not args.is_kept,
            opts=self._options(),
        )
        encrypted(self._label, bucket, self._options())
        self._expiring(bucket, args)
        policy = pulumi.Output.all(bucket.arn, account).apply(
            lambda known: json.dumps(bucket_policy(known[0], known[1], args.kind))
        )
        written = aws.s3.BucketPolicy(
            f"{self._label}-policy",
            bucket=bucket.bucket,
            policy=policy,
            region=EDGE_REGION,
            opts=self._options(closed(self._label, bucket, self._options())),
        )
        self.ready = [written, *self._owned(bucket, args.kind)]
        self.arn, self.domain_name = bucket.arn, bucket.bucket_domain_name
        self.register_outputs({"arn": self.arn})

    def _options(self, *first: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, retain_on_delete=self._is_kept, depends_on=list(first))

    def _expiring(self, bucket: aws.s3.Bucket, args: LogBucketArgs) -> None:
        aws.s3.BucketLifecycleConfiguration(
            f"{self._label}-expiry",
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="expire",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=args.retention_days),
                    abort_incomplete_multipart_upload=_Abort(days_after_initiation=1),
                )
            ],
            region=EDGE_REGION,
            opts=self._options(),
        )

    def _owned(self, bucket: aws.s3.Bucket, kind: str) -> list[pulumi.Resource]:
        """Legacy logs are written by right of an ACL ("Configure standard logging (legacy)"); v2 needs none."""
        ownership = aws.s3.BucketOwnershipControls(
            f"{self._label}-ownership",
            bucket=bucket.bucket,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(
                object_ownership="BucketOwnerPreferred" if kind == "s3" else "BucketOwnerEnforced"
            ),
            region=EDGE_REGION,
            opts=self._options(),
        )
        if kind != "s3":
            return [ownership]
        invoke = pulumi.InvokeOutputOptions(parent=self)
        owner = aws.s3.get_canonical_user_id_output(opts=invoke).id
        writer = aws.cloudfront.get_log_delivery_canonical_user_id_output(region=EDGE_REGION, opts=invoke).id
        acl = aws.s3.BucketAcl(
            f"{self._label}-acl",
            bucket=bucket.bucket,
            access_control_policy=aws.s3.BucketAclAccessControlPolicyArgs(
                owner=aws.s3.BucketAclAccessControlPolicyOwnerArgs(id=owner), grants=[_full(owner), _full(writer)]
            ),
            region=EDGE_REGION,
            opts=self._options(ownership),
        )
        return [ownership, acl]


class LogDelivery(pulumi.ComponentResource):
    """Standard logging (v2): the distribution's access logs as JSON lines, one folder for each day."""

    def __init__(
        self,
        name: str,
        prefix: str,
        distribution_arn: pulumi.Input[str],
        bucket: LogBucket,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:LogDelivery", name, None, opts)
        child = pulumi.ResourceOptions(parent=self, depends_on=bucket.ready)
        physical = shortened(prefix, LONGEST_DELIVERY_NAME)
        source = aws.cloudwatch.LogDeliverySource(
            f"{name}-source",
            name=physical,
            log_type="ACCESS_LOGS",
            resource_arn=distribution_arn,
            region=EDGE_REGION,
            opts=child,
        )
        destination = aws.cloudwatch.LogDeliveryDestination(
            f"{name}-destination",
            name=physical,
            output_format="json",
            delivery_destination_configuration=_Destination(destination_resource_arn=bucket.arn),
            region=EDGE_REGION,
            opts=child,
        )
        aws.cloudwatch.LogDelivery(
            name,
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            s3_delivery_configurations=[_S3Delivery(suffix_path=V2_PATH, enable_hive_compatible_path=False)],
            region=EDGE_REGION,
            opts=child,
        )
        self.register_outputs({})


def bucket_name(prefix: str, kind: str, account_id: str) -> str:
    """Bucket names are shared by all accounts: it ends in the account's number."""
    end = f"-logs-{kind}-{account_id}"
    return shortened(prefix.lower().replace("_", "-"), LONGEST_NAME - len(end)).strip("-") + end


def shortened(name: str, longest: int) -> str:
    """The name, or its beginning and eight hex digits that tell it from others with that beginning."""
    if len(name) <= longest:
        return name
    return f"{name[: longest - 9]}-{sha256(name.encode()).hexdigest()[:8]}"


def bucket_policy(arn: str, account_id: str, kind: str) -> Mapping[str, Any]:
    """Nothing without TLS; v2's delivery may write, for this account's distributions only."""
    no_plain_text = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return policy_of(no_plain_text) if kind == "s3" else policy_of(no_plain_text, _delivery(arn, account_id))


def _delivery(arn: str, account_id: str) -> dict[str, Any]:
    """CloudWatch Logs User Guide, "Enable logging from AWS services": "Logs sent to Amazon S3" with V2 permissions."""
    return {
        "Sid": "DeliverAccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": DELIVERY},
        "Action": "s3:PutObject",
        # The whole bucket, for nothing else is in it, and the path is CloudFront's affair.
        "Resource": f"{arn}/*",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account_id, "s3:x-amz-acl": "bucket-owner-full-control"},
            "ArnLike": {"aws:SourceArn": f"arn:aws:logs:{EDGE_REGION}:{account_id}:delivery-source:*"},
        },
    }


def _full(canonical_id: pulumi.Output[str]) -> aws.s3.BucketAclAccessControlPolicyGrantArgs:
    grantee = aws.s3.BucketAclAccessControlPolicyGrantGranteeArgs(id=canonical_id, type="CanonicalUser")
    return aws.s3.BucketAclAccessControlPolicyGrantArgs(grantee=grantee, permission="FULL_CONTROL")


_Abort = aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs
_Destination = aws.cloudwatch.LogDeliveryDestinationDeliveryDestinationConfigurationArgs
_S3Delivery = aws.cloudwatch.LogDeliveryS3DeliveryConfigurationArgs
