"""The permissions that deploying a stack needs: every action that the AWS provider calls, by part (docs/deploy.md).

Resources are the stack's own names where AWS lets a name be chosen, else all resources of the type; `*` stands where an
action has no resource type ("Service Authorization Reference").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.settings import PARTS

CORE = "core"

Statement = dict[str, Any]


def rights(prefix: str, account_id: str, parts: Sequence[str] = ()) -> dict[str, list[Statement]]:
    """Return the statements of each policy, by name. `prefix` is the stack's (`edge-router-prod`)."""
    arns = _Arns(prefix, account_id)
    optional = {"access-logs": _access_logs, "domain": _domain, "eyes": _eyes, "hosts": _hosts}
    optional |= {"private-origins": _private_origins, "tiers": _tiers, "waf": _waf}
    return {CORE: _core(arns), **{part: optional[part](arns) for part in PARTS if part in parts}}


@dataclass(frozen=True)
class _Arns:
    prefix: str
    account_id: str

    def own(self, service: str, resource: str, region: str = "*") -> str:
        """Return an ARN of the stack; `{}` in the resource stands for its prefix."""
        return f"arn:aws:{service}:{region}:{self.account_id}:{resource.format(self.prefix)}"


def _allow(actions: str, *resources: str, **more: Mapping[str, Any]) -> Statement:
    """Build a statement; `lambda:CreateFunction GetFunction` is two actions of one service."""
    service, _, names = actions.partition(":")
    return {
        "Effect": "Allow",
        "Action": [f"{service}:{name}" for name in names.split()],
        "Resource": [*resources],
        **more,
    }


def _core(arns: _Arns) -> list[Statement]:
    roles, functions = arns.own("iam", "role/{}*", ""), arns.own("lambda", "function:{}*")
    # Cache, origin request and response headers policies in one, for a role's policies have to stay short.
    kinds = ("distribution/*", "*-policy/*", "function/{}*", "key-value-store/*")
    cloudfront = [arns.own("cloudfront", kind, "") for kind in kinds]
    return [
        # Neither has a resource type.
        _allow("sts:GetCallerIdentity", "*"),
        _allow("logs:DescribeLogGroups", "*"),
        # A resource that does not exist yet has no ARN: these actions have no resource type.
        _allow(
            "cloudfront:CreateDistribution CreateCachePolicy CreateOriginRequestPolicy CreateResponseHeadersPolicy"
            " CreateFunction CreateKeyValueStore",
            "*",
        ),
        _allow(
            "cloudfront:GetDistribution GetDistributionConfig UpdateDistribution DeleteDistribution"
            " CreateInvalidation GetInvalidation TagResource UntagResource ListTagsForResource"
            " GetCachePolicy UpdateCachePolicy DeleteCachePolicy"
            " GetOriginRequestPolicy UpdateOriginRequestPolicy DeleteOriginRequestPolicy"
            " GetResponseHeadersPolicy UpdateResponseHeadersPolicy DeleteResponseHeadersPolicy"
            " GetFunction DescribeFunction UpdateFunction PublishFunction DeleteFunction"
            " DescribeKeyValueStore UpdateKeyValueStore DeleteKeyValueStore",
            *cloudfront,
        ),
        _allow(
            "cloudfront-keyvaluestore:DescribeKeyValueStore ListKeys GetKey PutKey DeleteKey UpdateKeys",
            arns.own("cloudfront", "key-value-store/*", ""),
        ),
        _allow(
            "lambda:CreateFunction GetFunction GetFunctionConfiguration GetFunctionCodeSigningConfig UpdateFunctionCode"
            " UpdateFunctionConfiguration PublishVersion ListVersionsByFunction DeleteFunction AddPermission GetPolicy"
            " RemovePermission TagResource UntagResource ListTags EnableReplication* DisableReplication*",
            functions,
        ),
        _allow(
            "iam:CreateRole GetRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy DeleteRole PutRolePolicy"
            " GetRolePolicy DeleteRolePolicy ListRolePolicies ListAttachedRolePolicies ListInstanceProfilesForRole"
            " TagRole UntagRole",
            roles,
        ),
        _allow("iam:PassRole", roles, Condition={"StringEquals": {"iam:PassedToService": _PASSED}}),
        _allow("iam:CreateServiceLinkedRole", arns.own("iam", "role/aws-service-role/*", "")),
        _allow(
            "dynamodb:CreateTable CreateTableReplica DescribeTable UpdateTable DeleteTable DeleteTableReplica"
            " DescribeTimeToLive UpdateTimeToLive DescribeContinuousBackups UpdateContinuousBackups TagResource"
            " UntagResource ListTagsOfResource GetItem PutItem UpdateItem DeleteItem Query Scan BatchWriteItem"
            " ConditionCheckItem",
            arns.own("dynamodb", "table/{}*"),
        ),
        _allow(
            "logs:CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy TagResource UntagResource"
            " ListTagsForResource",
            arns.own("logs", "log-group:/aws/lambda/*{}*"),
        ),
        _allow(
            "events:PutRule DescribeRule DeleteRule PutTargets ListTargetsByRule RemoveTargets ListTagsForResource",
            arns.own("events", "rule/{}*"),
        ),
        _allow(
            "sns:CreateTopic GetTopicAttributes SetTopicAttributes DeleteTopic Subscribe GetSubscriptionAttributes"
            " ListSubscriptionsByTopic Unsubscribe ListTagsForResource TagResource",
            arns.own("sns", "{}*"),
        ),
    ]


def _eyes(arns: _Arns) -> list[Statement]:
    return [
        _allow(
            "cloudwatch:PutMetricAlarm DescribeAlarms DeleteAlarms ListTagsForResource",
            arns.own("cloudwatch", "alarm:{}*"),
        ),
        _allow("cloudwatch:PutDashboard GetDashboard DeleteDashboards", arns.own("cloudwatch", "dashboard/{}*", "")),
        _allow(
            "logs:PutMetricFilter DescribeMetricFilters DeleteMetricFilter",
            arns.own("logs", "log-group:/aws/lambda/*{}*"),
        ),
        # A saved query has no ARN.
        _allow("logs:PutQueryDefinition DescribeQueryDefinitions DeleteQueryDefinition", "*"),
    ]


def _domain(arns: _Arns) -> list[Statement]:
    return [
        # RequestCertificate has no resource type, and ACM chooses the ID in a certificate's ARN.
        _allow("acm:RequestCertificate", "*"),
        _allow(
            "acm:DescribeCertificate DeleteCertificate ListTagsForCertificate AddTagsToCertificate",
            arns.own("acm", "certificate/*"),
        ),
        _allow(
            "route53:GetHostedZone ListResourceRecordSets ChangeResourceRecordSets ListTagsForResource",
            "arn:aws:route53:::hostedzone/*",
        ),
        _allow("route53:GetChange", "arn:aws:route53:::change/*"),
    ]


def _access_logs(arns: _Arns) -> list[Statement]:
    bucket = f"arn:aws:s3:::{arns.prefix.lower().replace('_', '-')}*"
    return [
        # An ACL names its owner by the account's canonical user ID, which the provider reads from the list of buckets.
        _allow("s3:ListAllMyBuckets", "*"),
        # The provider reads every configuration of a bucket, and deletes all object versions before the bucket.
        _allow(
            "s3:CreateBucket DeleteBucket DeleteBucketPolicy Get* Put* ListBucket ListBucketVersions"
            " ListTagsForResource DeleteObject DeleteObjectVersion",
            bucket,
        ),
        _allow(
            "logs:PutDeliverySource GetDeliverySource DeleteDeliverySource PutDeliveryDestination"
            " GetDeliveryDestination DeleteDeliveryDestination CreateDelivery GetDelivery UpdateDeliveryConfiguration"
            " DeleteDelivery ListTagsForResource TagResource",
            # The resource types delivery-source, delivery-destination and delivery.
            arns.own("logs", "delivery*"),
        ),
        _allow("cloudfront:AllowVendedLogDeliveryForResource", arns.own("cloudfront", "distribution/*", "")),
    ]


def _hosts(arns: _Arns) -> list[Statement]:
    return [
        # Describe actions have no resource type.
        _allow("ec2:Describe* GetManagedPrefixListEntries", "*"),
        _allow(
            "ec2:CreateVpc ModifyVpcAttribute DeleteVpc CreateSubnet ModifySubnetAttribute DeleteSubnet"
            " CreateInternetGateway AttachInternetGateway DetachInternetGateway DeleteInternetGateway CreateRouteTable"
            " CreateRoute DeleteRoute AssociateRouteTable DisassociateRouteTable DeleteRouteTable CreateSecurityGroup"
            " AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress"
            " RevokeSecurityGroupEgress DeleteSecurityGroup RunInstances TerminateInstances"
            " StopInstances StartInstances ModifyInstanceAttribute ModifyInstanceMetadataOptions CreateTags DeleteTags",
            # The actions name the resource types, and AWS chooses the IDs.
            arns.own("ec2", "*/*"),
        ),
        _allow("ec2:RunInstances", "arn:aws:ec2:*::image/*"),
        _allow("ssm:GetParameter GetParameters", "arn:aws:ssm:*::parameter/aws/service/ami-amazon-linux-latest/*"),
        _allow(
            "iam:CreateInstanceProfile GetInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile"
            " DeleteInstanceProfile TagInstanceProfile",
            arns.own("iam", "instance-profile/{}*", ""),
        ),
    ]


def _private_origins(_arns: _Arns) -> list[Statement]:
    """Create, get, update and delete an access control, in as few letters as a role has room for.

    Buckets and functions whose policy is attached (`attachPolicy`) are the user's own: `policies` names the rights.
    """
    return [_allow("cloudfront:*OriginAccessControl", "*")]


def _tiers(_arns: _Arns) -> list[Statement]:
    """API Gateway chooses the IDs of REST APIs."""
    paths = ("/restapis", "/restapis/*", "/tags/*")
    return [_allow("apigateway:GET POST PUT PATCH DELETE", *(f"arn:aws:apigateway:*::{path}" for path in paths))]


def _waf(arns: _Arns) -> list[Statement]:
    """The web ACL exists already; UpdateDistribution requires that the caller may read it."""
    return [_allow("wafv2:GetWebACL", arns.own("wafv2", "global/webacl/*", "us-east-1"))]


_PASSED = ["ec2.amazonaws.com", "edgelambda.amazonaws.com", "events.amazonaws.com", "lambda.amazonaws.com"]
