"""Who deploys may make, read, change and delete every kind of resource that a stack can have, and ask what it asks."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from pipeline.deployer_rights import CORE, rights
from tests.infra.configs import EVERYTHING, HOSTS
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
    "cloudfront/originAccessControl": "cloudfront:CreateOriginAccessControl GetOriginAccessControl"
    " UpdateOriginAccessControl DeleteOriginAccessControl",
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
    "iam/role": "iam:CreateRole GetRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy ListRolePolicies"
    " ListAttachedRolePolicies DeleteRole",
    "iam/rolePolicy": "iam:PutRolePolicy GetRolePolicy DeleteRolePolicy",
    "lambda/function": "lambda:CreateFunction GetFunction UpdateFunctionCode UpdateFunctionConfiguration PublishVersion"
    " ListVersionsByFunction TagResource iam:PassRole",
    "lambda/permission": "lambda:AddPermission GetPolicy RemovePermission",
    "route53/record": "route53:GetHostedZone ChangeResourceRecordSets ListResourceRecordSets GetChange",
    "s3/bucket": "s3:CreateBucket ListBucket GetBucketPolicy ListTagsForResource ListBucketVersions DeleteObject"
    " DeleteObjectVersion DeleteBucket",
    "s3/bucketAcl": "s3:PutBucketAcl GetBucketAcl",
    "s3/bucketLifecycleConfiguration": "s3:PutLifecycleConfiguration GetLifecycleConfiguration",
    "s3/bucketOwnershipControls": "s3:PutBucketOwnershipControls GetBucketOwnershipControls",
    "s3/bucketPolicy": "s3:PutBucketPolicy GetBucketPolicy DeleteBucketPolicy",
    "s3/bucketPublicAccessBlock": "s3:PutBucketPublicAccessBlock GetBucketPublicAccessBlock",
    "s3/bucketServerSideEncryptionConfiguration": "s3:PutEncryptionConfiguration GetEncryptionConfiguration",
    "sns/topic": "sns:CreateTopic GetTopicAttributes SetTopicAttributes DeleteTopic",
    "sns/topicPolicy": "sns:SetTopicAttributes GetTopicAttributes",
    "sns/topicSubscription": "sns:Subscribe GetSubscriptionAttributes ListSubscriptionsByTopic Unsubscribe",
}
"""What the provider calls for each kind: `kms:Encrypt Decrypt` is two actions of one service. From the permissions that
the kind's schema in the CloudFormation registry lists for its handlers, and the service's own API reference."""
INVOKE_NEEDS = {
    "cloudfront/getLogDeliveryCanonicalUserId": "",
    "dynamodb/getTableItem": "dynamodb:GetItem",
    "ec2/getInstanceTypeOfferings": "ec2:DescribeInstanceTypeOfferings",
    "ec2/getManagedPrefixList": "ec2:DescribeManagedPrefixLists GetManagedPrefixListEntries",
    "index/getCallerIdentity": "sts:GetCallerIdentity",
    "s3/getCanonicalUserId": "s3:ListAllMyBuckets",
    "ssm/getParameter": "ssm:GetParameter",
}
"""What the provider calls for each data source, by the source of its own ("" where it knows the answer itself)."""
NO_RESOURCE_TYPE = (
    "acm:RequestCertificate cloudfront:CreateCachePolicy CreateDistribution CreateFunction CreateKeyValueStore"
    " CreateOriginAccessControl CreateOriginRequestPolicy CreateResponseHeadersPolicy logs:DescribeQueryDefinitions"
    " PutQueryDefinition"
    " s3:ListAllMyBuckets sts:GetCallerIdentity"
)
"""Actions that the "Service Authorization Reference" gives no resource: an ARN beside them allows nothing."""
BUCKET = "arn:aws:s3:::edge-router-prod-logs-s3-123456789012"
ON_OBJECTS = {"s3:DeleteObject": f"{BUCKET}/log.gz", "s3:DeleteObjectVersion": f"{BUCKET}/log.gz"}
ON_BUCKETS = dict.fromkeys(("s3:ListBucketVersions", "s3:ListTagsForResource", "s3:DeleteBucket"), BUCKET)
PRIVATE = (
    "strategy=cookie-version",
    *("origins.stable.domainName=", "origins.stable.bucket=shop", "origins.stable.region=eu-west-1"),
    *("origins.canary.domainName=", "origins.canary.bucket=shop", "origins.canary.region=eu-west-1"),
    "origins.canary.path=/v2",
)
CONFIGS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("prod",): (),
    ("prod", "strategy=tier"): (),
    ("prod", *VERSIONED["sticky-session"]): (),
    ("local", "strategy=sticky-session", *EVERYTHING): ("access-logs", "domain", "eyes"),
    ("local", "accessLogs=s3"): ("access-logs",),
    ("local", *PRIVATE): ("private-origins",),
    (HOSTS,): ("hosts", "tiers"),
}


def actions_of(needed: str) -> list[str]:
    """Each with its service."""
    found: list[str] = []
    service = ""
    for word in needed.split():
        before, colon, name = word.rpartition(":")
        service = before if colon else service
        found.append(f"{service}:{name}")
    return found


every_config = pytest.mark.parametrize(
    "config",
    [pytest.param(config, marks=pytest.mark.long if config[0] in ("local", HOSTS) else ()) for config in CONFIGS],
    ids=lambda config: " ".join(config[:2]),
)


def is_given(action: str, config: tuple[str, ...], resource: str = "") -> bool:
    """Whether who deploys that stack may do it, on that resource if there is one."""
    return any(
        fnmatchcase(action, pattern) and (not resource or any(fnmatchcase(resource, one) for one in given["Resource"]))
        for statements in rights("edge-router-prod", "123456789012", CONFIGS[config]).values()
        for given in statements
        for pattern in given["Action"]
    )


@pytest.mark.long_if(r"sticky-session|demo")
@every_config
def test_every_kind_of_resource_can_be_made_read_and_deleted(config: tuple[str, ...]) -> None:
    kinds = {
        one["type"].split(":")[1] for one in run(*config).state["deployment"]["resources"] if "aws:" in one["type"]
    }
    missing = {(kind, action) for kind in kinds for action in actions_of(NEEDS[kind]) if not is_given(action, config)}
    assert missing == set()


@pytest.mark.long_if(r"sticky|demo")
@every_config
def test_every_data_source_can_be_asked(config: tuple[str, ...]) -> None:
    asked = {token.split(":")[1] for token in run(*config).invokes}
    missing = {
        (source, action)
        for source in asked
        for action in actions_of(INVOKE_NEEDS[source])
        if not is_given(action, config)
    }
    assert missing == set()


@every_config
@pytest.mark.parametrize("action", actions_of(NO_RESOURCE_TYPE))
def test_an_action_without_a_resource_is_given_on_everything_or_not_at_all(
    action: str, config: tuple[str, ...]
) -> None:
    assert is_given(action, config) == is_given(action, config, "*")


def test_a_bucket_of_logs_can_be_emptied() -> None:
    config = ("local", "accessLogs=s3")
    places = {**ON_OBJECTS, **ON_BUCKETS}
    assert {action for action, place in places.items() if not is_given(action, config, place)} == set()
    assert not is_given("s3:DeleteObject", config, "arn:aws:s3:::somebody-elses/object")


@pytest.mark.long
def test_nothing_is_listed_that_no_stack_has() -> None:
    found = {one["type"].split(":")[1] for config in CONFIGS for one in run(*config).state["deployment"]["resources"]}
    assert NEEDS.keys() - found == set()
    asked = {token.split(":")[1] for config in CONFIGS for token in run(*config).invokes}
    assert INVOKE_NEEDS.keys() == asked


def test_a_stack_without_extras_is_given_no_rights_for_them() -> None:
    assert list(rights("edge-router-prod", "123456789012")) == [CORE]
