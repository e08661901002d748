"""CloudFront's access logs: the bucket that receives them, and the delivery of standard logging (v2)."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.cdn.private_bucket import block_public_access, encrypt, expire_objects, tls_only
from infra.iam.role import policy_document
from infra.naming.edge_functions import EDGE_REGION
from infra.settings.stack import Stack

DELIVERY = "delivery.logs.amazonaws.com"
LONGEST_NAME = 63
""" "Bucket naming rules", Amazon S3 User Guide."""
LONGEST_DELIVERY_NAME = 60
"""PutDeliverySource and PutDeliveryDestination, CloudWatch Logs API reference."""
V2_PATH = "{DistributionId}/{yyyy}/{MM}/{dd}"
"""Below `AWSLogs/<account>/CloudFront/`, which AWS puts before it ("Amazon S3 object key for V2 deliveries")."""


class LogBucket(pulumi.ComponentResource):
    """A private, encrypted bucket whose objects expire; it outlives the stack as the tables do.

    Standard logging (legacy) and v2 have a bucket each, because they need opposite ACL settings. `ready` is what has to
    exist before the first delivery.
    """

    arn: pulumi.Output[str]
    domain_name: pulumi.Output[str]

    def __init__(self, name: str, stack: Stack, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:LogBucket", name, None, opts)
        settings = stack.settings
        kind = settings.access_logs
        self._label, self._is_kept = f"{name}-{kind}", settings.tables.on_destroy == "retain"
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
        bucket = aws.s3.Bucket(
            self._label,
            bucket=account.apply(lambda number: bucket_name(stack.prefix, kind, number)),
            region=EDGE_REGION,
            force_destroy=not self._is_kept,
            opts=self._options(),
        )
        encrypt(self._label, bucket, self._options())
        expire_objects(self._label, bucket, settings.logs.retention_days, self._options())
        policy = pulumi.Output.all(bucket.arn, account).apply(
            lambda known: json.dumps(bucket_policy(known[0], known[1], kind))
        )
        attached = aws.s3.BucketPolicy(
            f"{self._label}-policy",
            bucket=bucket.bucket,
            policy=policy,
            region=EDGE_REGION,
            opts=self._options(block_public_access(self._label, bucket, self._options())),
        )
        self.ready = [attached, *self._set_ownership(bucket, kind)]
        self.arn, self.domain_name = bucket.arn, bucket.bucket_domain_name
        self.register_outputs({"arn": self.arn})

    def _options(self, *first: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, retain_on_delete=self._is_kept, depends_on=list(first))

    def _set_ownership(self, bucket: aws.s3.Bucket, kind: str) -> list[pulumi.Resource]:
        """Set the ACL that legacy logs need ("Configure standard logging (legacy)"); v2 needs none."""
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
                owner=aws.s3.BucketAclAccessControlPolicyOwnerArgs(id=owner),
                grants=[_full_control(owner), _full_control(writer)],
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
        physical = shorten(prefix, LONGEST_DELIVERY_NAME)
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
    """Return a name that ends in the account's number, because all accounts share bucket names."""
    end = f"-logs-{kind}-{account_id}"
    return shorten(prefix.lower().replace("_", "-"), LONGEST_NAME - len(end)).strip("-") + end


def shorten(name: str, longest: int) -> str:
    """Return the name, or its beginning and eight hex digits that distinguish it from others with that beginning."""
    if len(name) <= longest:
        return name
    return f"{name[: longest - 9]}-{sha256(name.encode()).hexdigest()[:8]}"


def bucket_policy(arn: str, account_id: str, kind: str) -> dict[str, Any]:
    """Deny requests without TLS; with v2, allow the delivery for this account's distributions only."""
    return policy_document(tls_only(arn), *([] if kind == "s3" else [_allow_delivery(arn, account_id)]))


def _allow_delivery(arn: str, account_id: str) -> dict[str, Any]:
    """CloudWatch Logs User Guide, "Enable logging from AWS services": "Logs sent to Amazon S3" with V2 permissions."""
    return {
        "Sid": "DeliverAccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": DELIVERY},
        "Action": "s3:PutObject",
        # The whole bucket, because nothing else is in it and CloudFront chooses the path.
        "Resource": f"{arn}/*",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account_id, "s3:x-amz-acl": "bucket-owner-full-control"},
            "ArnLike": {"aws:SourceArn": f"arn:aws:logs:{EDGE_REGION}:{account_id}:delivery-source:*"},
        },
    }


def _full_control(canonical_id: pulumi.Output[str]) -> aws.s3.BucketAclAccessControlPolicyGrantArgs:
    grantee = aws.s3.BucketAclAccessControlPolicyGrantGranteeArgs(id=canonical_id, type="CanonicalUser")
    return aws.s3.BucketAclAccessControlPolicyGrantArgs(grantee=grantee, permission="FULL_CONTROL")


_Destination = aws.cloudwatch.LogDeliveryDestinationDeliveryDestinationConfigurationArgs
_S3Delivery = aws.cloudwatch.LogDeliveryS3DeliveryConfigurationArgs
