"""Who deploys may make, read, change and delete every kind of resource that a stack can have."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from infra.deployer_rights import CORE, rights
from tests.infra.configs import EVERYTHING
from tests.infra.test_program import VERSIONED, run

GATEWAY = "apigateway:GET POST PUT PATCH DELETE"
NEEDS = {
    "acm/certificate": "acm:RequestCertificate DescribeCertificate DeleteCertificate",
    "acm/certificateValidation": "acm:DescribeCertificate",
    **dict.fromkeys(
        (
            f"apigateway/{kind}"
            for kind in (
                *("deployment", "integration", "integrationResponse", "method", "methodResponse", "resource"),
                *("restApi", "stage"),
            )
        ),
        GATEWAY,
    ),
    "cloudfront/cachePolicy": "cloudfront:CreateCachePolicy GetCachePolicy UpdateCachePolicy DeleteCachePolicy",
    "cloudfront/distribution": "cloudfront:CreateDistribution GetDistribution UpdateDistribution DeleteDistribution"
    " TagResource lambda:GetFunction EnableReplication* DisableReplication*",
    "cloudfront/function": "cloudfront:CreateFunction DescribeFunction GetFunction UpdateFunction PublishFunction"
    " DeleteFunction",
    "cloudfront/keyValueStore": "cloudfront:CreateKeyValueStore DescribeKeyValueStore DeleteKeyValueStore",
    "cloudfront/keyvaluestoreKeysExclusive": "cloudfront-keyvaluestore:DescribeKeyValueStore ListKeys UpdateKeys",
    "cloudfront/originRequestPolicy": "cloudfront:CreateOriginRequestPolicy GetOriginRequestPolicy"
    " UpdateOriginRequestPolicy DeleteOriginRequestPolicy",
    "cloudfront/responseHeadersPolicy": "cloudfront:CreateResponseHeadersPolicy GetResponseHeadersPolicy"
    " UpdateResponseHeadersPolicy DeleteResponseHeadersPolicy",
    "cloudwatch/dashboard": "cloudwatch:PutDashboard GetDashboard DeleteDashboards",
    "cloudwatch/eventRule": "events:PutRule DescribeRule DeleteRule",
    "cloudwatch/eventTarget": "events:PutTargets ListTargetsByRule RemoveTargets",
    "cloudwatch/logDelivery": "logs:CreateDelivery GetDelivery DeleteDelivery",
    "cloudwatch/logDeliveryDestination": "logs:PutDeliveryDestination GetDeliveryDestination DeleteDeliveryDestination",
    "cloudwatch/logDeliverySource": "logs:PutDeliverySource GetDeliverySource DeleteDeliverySource"
    " cloudfront:AllowVendedLogDeliveryForResource",
    "cloudwatch/logGroup": "logs:CreateLogGroup DescribeLogGroups PutRetentionPolicy DeleteLogGroup",
    "cloudwatch/logMetricFilter": "logs:PutMetricFilter DescribeMetricFilters DeleteMetricFilter",
    "cloudwatch/metricAlarm": "cloudwatch:PutMetricAlarm DescribeAlarms DeleteAlarms",
    "cloudwatch/queryDefinition": "logs:PutQueryDefinition DescribeQueryDefinitions DeleteQueryDefinition",
    "dynamodb/table": "dynamodb:CreateTable CreateTableReplica DescribeTable UpdateTable UpdateTimeToLive"
    " UpdateContinuousBackups DeleteTable DeleteTableReplica",
    "dynamodb/tableItem": "dynamodb:PutItem GetItem UpdateItem DeleteItem",
    "ec2/defaultSecurityGroup": "ec2:DescribeSecurityGroups RevokeSecurityGroupIngress RevokeSecurityGroupEgress",
    "ec2/instance": "ec2:RunInstances DescribeInstances TerminateInstances CreateTags iam:PassRole",
    "ec2/internetGateway": "ec2:CreateInternetGateway AttachInternetGateway DetachInternetGateway"
    " DeleteInternetGateway",
    "ec2/routeTable": "ec2:CreateRouteTable CreateRoute DescribeRouteTables DeleteRouteTable",
    "ec2/routeTableAssociation": "ec2:AssociateRouteTable DisassociateRouteTable",
    "ec2/securityGroup": "ec2:CreateSecurityGroup AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress"
    " RevokeSecurityGroupEgress DeleteSecurityGroup",
    "ec2/subnet": "ec2:CreateSubnet ModifySubnetAttribute DescribeSubnets DeleteSubnet",
    "ec2/vpc": "ec2:CreateVpc ModifyVpcAttribute DescribeVpcs DescribeVpcAttribute DeleteVpc",
    "iam/instanceProfile": "iam:CreateInstanceProfile GetInstanceProfile AddRoleToInstanceProfile"
    " RemoveRoleFromInstanceProfile DeleteInstanceProfile",
    "iam/role": "iam:CreateRole GetRole UpdateAssumeRolePolicy ListRolePolicies ListAttachedRolePolicies DeleteRole",
    "iam/rolePolicy": "iam:PutRolePolicy GetRolePolicy DeleteRolePolicy",
    "lambda/function": "lambda:CreateFunction GetFunction UpdateFunctionCode UpdateFunctionConfiguration PublishVersion"
    " ListVersionsByFunction TagResource iam:PassRole",
    "lambda/permission": "lambda:AddPermission GetPolicy RemovePermission",
    "route53/record": "route53:GetHostedZone ChangeResourceRecordSets ListResourceRecordSets GetChange",
    "s3/bucket": "s3:CreateBucket ListBucket GetBucketPolicy DeleteBucket",
    "s3/bucketAcl": "s3:PutBucketAcl GetBucketAcl",
    "s3/bucketLifecycleConfiguration": "s3:PutLifecycleConfiguration GetLifecycleConfiguration",
    "s3/bucketOwnershipControls": "s3:PutBucketOwnershipControls GetBucketOwnershipControls",
    "s3/bucketPolicy": "s3:PutBucketPolicy GetBucketPolicy DeleteBucketPolicy",
    "s3/bucketPublicAccessBlock": "s3:PutBucketPublicAccessBlock GetBucketPublicAccessBlock",
    "s3/bucketServerSideEncryptionConfiguration": "s3:PutEncryptionConfiguration GetEncryptionConfiguration",
    "sns/topic": "sns:CreateTopic GetTopicAttributes SetTopicAttributes DeleteTopic",
    "sns/topicPolicy": "sns:SetTopicAttributes GetTopicAttributes",
    "sns/topicSubscription": "sns:Subscribe GetSubscriptionAttributes Unsubscribe",
}
"""What the provider calls for each kind: `kms:Encrypt Decrypt` is two actions of one service. From the permissions that
the kind's schema in the CloudFormation registry lists for its handlers, and the service's own API reference."""
CONFIGS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("prod",): (),
    ("prod", "strategy=tier"): (),
    ("prod", *VERSIONED["sticky-session"]): (),
    ("local", "strategy=sticky-session", *EVERYTHING): ("access-logs", "domain", "eyes", "hosts", "tiers"),
    ("local", "accessLogs=s3"): ("access-logs",),
}


def actions_of(kind: str) -> list[str]:
    """Each with its service."""
    found: list[str] = []
    service = ""
    for word in NEEDS[kind].split():
        before, colon, name = word.rpartition(":")
        service = before if colon else service
        found.append(f"{service}:{name}")
    return found


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: " ".join(config[:2]))
def test_every_kind_of_resource_can_be_made_read_and_deleted(config: tuple[str, ...]) -> None:
    parts = rights("edge-router-prod", "123456789012", CONFIGS[config])
    given = [action for statements in parts.values() for statement in statements for action in statement["Action"]]
    kinds = {
        one["type"].split(":")[1] for one in run(*config).state["deployment"]["resources"] if "aws:" in one["type"]
    }
    missing = {
        (kind, action)
        for kind in kinds
        for action in actions_of(kind)
        if not any(fnmatchcase(action, pattern) for pattern in given)
    }
    assert missing == set()


def test_no_kind_is_listed_that_no_stack_has() -> None:
    found = {one["type"].split(":")[1] for config in CONFIGS for one in run(*config).state["deployment"]["resources"]}
    assert NEEDS.keys() - found == set()


def test_a_stack_without_extras_is_given_no_rights_for_them() -> None:
    assert list(rights("edge-router-prod", "123456789012")) == [CORE]
