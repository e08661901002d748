"""What deploying a stack needs: every action that the AWS provider calls, on the stack's own names as far as it goes.

By part, as docs/deploy.md has them. Where only AWS knows a resource's name before it is there, its type is named
instead; `*` alone stands where AWS knows no resource for an action ("Service Authorization Reference").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

CORE = "core"
PARTS = ("access-logs", "domain", "eyes", "hosts", "tiers", "waf")
"""What a stack may have besides: accessLogs, domain, alarms, demo.hosts, demo.tiers, security.webAclArn."""

Statement = dict[str, Any]


def rights(prefix: str, account_id: str, parts: Sequence[str] = ()) -> dict[str, list[Statement]]:
    """The statements of each policy, by name. `prefix` is the stack's (`edge-router-prod`)."""
    arns = _Arns(prefix, account_id)
    optional = {"access-logs": _access_logs, "domain": _domain, "eyes": _eyes, "hosts": _hosts}
    optional |= {"tiers": _tiers, "waf": _waf}
    return {CORE: _core(arns), **{part: optional[part](arns) for part in PARTS if part in parts}}


class _Arns:
    """The ARNs of one stack."""

    def __init__(self, prefix: str, account_id: str) -> None:
        self.prefix, self.account_id = prefix, account_id

    def own(self, service: str, resource: str, region: str = "*") -> str:
        """`{}` in the resource stands for the stack's prefix."""
        return f"arn:aws:{service}:{region}:{self.account_id}:{resource.format(self.prefix)}"


def _allow(actions: str, *resources: str, **more: Mapping[str, Any]) -> Statement:
    """Actions as one line: `lambda:CreateFunction GetFunction` is both of the same service."""
    service, _, names = actions.partition(":")
    listed = [f"{service}:{name}" for name in names.split()]
    return {"Effect": "Allow", "Action": listed, "Resource": list(resources), **more}


def _core(arns: _Arns) -> list[Statement]:
    roles, functions = arns.own("iam", "role/{}*", ""), arns.own("lambda", "function:{}*")
    cloudfront = [
        arns.own("cloudfront", kind, "")
        for kind in (
            # Cache, origin request and response headers policies in one, for a role's policies have to stay short.
            *("distribution/*", "*-policy/*", "function/{}*", "key-value-store/*"),
        )
    ]
    return [
        # Of the caller itself, and a list, of which there is one for each account.
        _allow("sts:GetCallerIdentity", "*"),
        _allow("logs:DescribeLogGroups", "*"),
        # What is not there yet has no ARN: the "Service Authorization Reference" gives these no resource type.
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
        _topics(arns),
    ]


def _topics(arns: _Arns) -> Statement:
    return _allow(
        "sns:CreateTopic GetTopicAttributes SetTopicAttributes DeleteTopic Subscribe GetSubscriptionAttributes"
        " ListSubscriptionsByTopic Unsubscribe ListTagsForResource TagResource",
        arns.own("sns", "{}*"),
    )


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
        # A saved query has no resource of its own.
        _allow("logs:PutQueryDefinition DescribeQueryDefinitions DeleteQueryDefinition", "*"),
    ]


def _domain(arns: _Arns) -> list[Statement]:
    return [
        # Its ARN has an id that only ACM knows, and RequestCertificate no resource at all.
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
        # An ACL names its owner by the account's canonical id, which the provider reads off the list of all buckets.
        _allow("s3:ListAllMyBuckets", "*"),
        # The provider reads every configuration that a bucket can have, whichever there are, and empties a bucket
        # version by version before it deletes it.
        _allow(
            "s3:CreateBucket DeleteBucket DeleteBucketPolicy Get* Put* ListBucket ListBucketVersions"
            " ListTagsForResource DeleteObject DeleteObjectVersion",
            bucket,
        ),
        _allow(
            "logs:PutDeliverySource GetDeliverySource DeleteDeliverySource PutDeliveryDestination"
            " GetDeliveryDestination DeleteDeliveryDestination CreateDelivery GetDelivery UpdateDeliveryConfiguration"
            " DeleteDelivery ListTagsForResource TagResource",
            # delivery-source, delivery-destination and delivery: the kinds of resources that begin like this.
            arns.own("logs", "delivery*"),
        ),
        _allow("cloudfront:AllowVendedLogDeliveryForResource", arns.own("cloudfront", "distribution/*", "")),
    ]


def _hosts(arns: _Arns) -> list[Statement]:
    profile = arns.own("iam", "instance-profile/{}*", "")
    return [
        # Nothing that describes can be narrowed.
        _allow("ec2:Describe* GetManagedPrefixListEntries", "*"),
        _allow(
            "ec2:CreateVpc ModifyVpcAttribute DeleteVpc CreateSubnet ModifySubnetAttribute DeleteSubnet"
            " CreateInternetGateway AttachInternetGateway DetachInternetGateway DeleteInternetGateway CreateRouteTable"
            " CreateRoute DeleteRoute AssociateRouteTable DisassociateRouteTable DeleteRouteTable CreateSecurityGroup"
            " AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress"
            " RevokeSecurityGroupEgress DeleteSecurityGroup RunInstances TerminateInstances"
            " StopInstances StartInstances ModifyInstanceAttribute ModifyInstanceMetadataOptions CreateTags DeleteTags",
            # Which kinds of things these are is in the actions, and their ids are AWS's.
            arns.own("ec2", "*/*"),
        ),
        _allow("ec2:RunInstances", "arn:aws:ec2:*::image/*"),
        _allow("ssm:GetParameter GetParameters", "arn:aws:ssm:*::parameter/aws/service/ami-amazon-linux-latest/*"),
        _allow(
            "iam:CreateInstanceProfile GetInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile"
            " DeleteInstanceProfile TagInstanceProfile",
            profile,
        ),
    ]


def _tiers(_arns: _Arns) -> list[Statement]:
    """REST APIs have ids that only API Gateway knows."""
    paths = ("/restapis", "/restapis/*", "/tags/*")
    return [_allow("apigateway:GET POST PUT PATCH DELETE", *(f"arn:aws:apigateway:*::{path}" for path in paths))]


def _waf(arns: _Arns) -> list[Statement]:
    """Made elsewhere; UpdateDistribution asks whether the caller may see it."""
    return [_allow("wafv2:GetWebACL", arns.own("wafv2", "global/webacl/*", "us-east-1"))]


_PASSED = ["ec2.amazonaws.com", "edgelambda.amazonaws.com", "events.amazonaws.com", "lambda.amazonaws.com"]
