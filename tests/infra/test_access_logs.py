"""CloudFront's access logs: where they go, and that nobody else gets at them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.cdn.access_logs import bucket_name, shorten
from strategies.registry import STRATEGIES
from tests.infra.configs import STACKS, choosing, problems_of
from tests.infra.test_program import ACCOUNT, DISTRIBUTION, all_resources, inputs, run

PARTS = {
    "privacy": "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "encryption": "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "policy": "aws:s3/bucketPolicy:BucketPolicy",
    "lifecycle": "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "ownership": "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
}
BUCKET = "aws:s3/bucket:Bucket"
ACL = "aws:s3/bucketAcl:BucketAcl"
SOURCE = "aws:cloudwatch/logDeliverySource:LogDeliverySource"
DESTINATION = "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination"
DELIVERY = "aws:cloudwatch/logDelivery:LogDelivery"
every_kind = pytest.mark.parametrize("kind", ["s3", "v2"])
every_config = pytest.mark.parametrize(
    "config", [(s, *choosing(name)) for s in STACKS for name in STRATEGIES], ids=" ".join
)


def parts_of(config: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """The one resource of each kind that a bucket is made of, as it is in the state."""
    found = run(*config)
    parts: dict[str, dict[str, Any]] = {}
    for purpose, kind in {"bucket": BUCKET, **PARTS}.items():
        [parts[purpose]] = all_resources(found, kind)
    return parts


def test_another_word_is_refused() -> None:
    assert problems_of(accessLogs="v3") == ["edge-router:accessLogs is 'v3': allowed: none, s3, v2"]


@pytest.mark.long
@every_config
def test_no_bucket_is_made_unless_it_is_asked_for(config: tuple[str, ...]) -> None:
    found = run(*config)
    assert all_resources(found, BUCKET) == all_resources(found, SOURCE) == []
    assert "loggingConfig" not in inputs(found, DISTRIBUTION)


@pytest.mark.long_if(r"v2|jwt-iat|fastest-origin|tenant-lookup|sticky-session|tier|\b(local|staging)\b")
@every_config
@every_kind
def test_the_bucket_is_private_encrypted_and_reached_by_tls_only(config: tuple[str, ...], kind: str) -> None:
    parts = parts_of((*config, f"accessLogs={kind}"))
    name = f"edge-router-{config[0]}-logs-{kind}-{ACCOUNT}"
    assert {one["inputs"]["bucket"] for one in parts.values()} == {name}
    assert {one["inputs"]["region"] for one in parts.values()} == {"us-east-1"}
    privacy = parts["privacy"]["inputs"]
    assert [
        privacy[key] for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    ] == [True] * 4
    [rule] = parts["encryption"]["inputs"]["rules"]
    assert rule == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    statements = json.loads(parts["policy"]["inputs"]["policy"])["Statement"]
    assert statements[0] == {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


@pytest.mark.long
@every_kind
def test_a_log_goes_when_those_of_the_function_go(kind: str) -> None:
    [rule] = parts_of(("staging", f"accessLogs={kind}"))["lifecycle"]["inputs"]["rules"]
    assert (rule["status"], rule["expiration"], rule["filter"]) == ("Enabled", {"days": 14}, {"prefix": ""})


@pytest.mark.long
@pytest.mark.long_if(r"v2")
@every_kind
def test_the_bucket_is_kept_like_a_table_with_all_that_protects_it(kind: str) -> None:
    kept = parts_of(("prod", f"accessLogs={kind}"))
    assert {one.get("retainOnDelete", False) for one in kept.values()} == {True}
    assert kept["bucket"]["inputs"]["forceDestroy"] is False
    gone = parts_of(("local", f"accessLogs={kind}"))
    assert {one.get("retainOnDelete", False) for one in gone.values()} == {False}
    assert gone["bucket"]["inputs"]["forceDestroy"] is True


def test_legacy_logs_are_written_by_right_of_an_acl_and_without_cookies() -> None:
    found = run("prod", "accessLogs=s3")
    [acl] = all_resources(found, ACL)
    grants = acl["inputs"]["accessControlPolicy"]["grants"]
    owner = acl["inputs"]["accessControlPolicy"]["owner"]["id"]
    writer = "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"
    assert [(one["grantee"]["id"], one["permission"]) for one in grants] == [
        (owner, "FULL_CONTROL"),
        (writer, "FULL_CONTROL"),
    ]
    assert parts_of(("prod", "accessLogs=s3"))["ownership"]["inputs"]["rule"] == {
        "objectOwnership": "BucketOwnerPreferred"
    }
    assert inputs(found, DISTRIBUTION)["loggingConfig"] == {
        "bucket": f"edge-router-prod-logs-s3-{ACCOUNT}.s3.amazonaws.com",
        "includeCookies": False,
    }
    assert all_resources(found, SOURCE) == []


@pytest.mark.long
def test_v2_is_delivered_by_right_of_the_policy_and_has_no_acl() -> None:
    found = run("prod", "accessLogs=v2")
    bucket = f"arn:aws:s3:::edge-router-prod-logs-v2-{ACCOUNT}"
    [distribution] = all_resources(found, DISTRIBUTION)
    assert inputs(found, SOURCE) == {
        "name": "edge-router-prod",
        "logType": "ACCESS_LOGS",
        "resourceArn": distribution["outputs"]["arn"],
        "region": "us-east-1",
    }
    assert inputs(found, DESTINATION) == {
        "name": "edge-router-prod",
        "outputFormat": "json",
        "deliveryDestinationConfiguration": {"destinationResourceArn": bucket},
        "region": "us-east-1",
    }
    delivery = inputs(found, DELIVERY)
    assert delivery["deliverySourceName"] == "edge-router-prod"
    assert delivery["s3DeliveryConfigurations"] == [
        {"suffixPath": "{DistributionId}/{yyyy}/{MM}/{dd}", "enableHiveCompatiblePath": False}
    ]
    parts = parts_of(("prod", "accessLogs=v2"))
    assert json.loads(parts["policy"]["inputs"]["policy"])["Statement"][1:] == [
        {
            "Sid": "DeliverAccessLogs",
            "Effect": "Allow",
            "Principal": {"Service": "delivery.logs.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"{bucket}/*",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": ACCOUNT, "s3:x-amz-acl": "bucket-owner-full-control"},
                "ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:delivery-source:*"},
            },
        }
    ]
    assert parts["ownership"]["inputs"]["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    assert all_resources(found, ACL) == []
    assert "loggingConfig" not in inputs(found, DISTRIBUTION)


def test_a_bucket_has_a_name_that_s3_takes_whatever_the_stack_is_called() -> None:
    assert bucket_name("edge-router-My_Stack", "v2", ACCOUNT) == f"edge-router-my-stack-logs-v2-{ACCOUNT}"
    long = [bucket_name(f"edge-router-{'x' * 40}{end}", "s3", ACCOUNT) for end in "ab"]
    assert [len(name) for name in long] == [63, 63]
    assert long[0] != long[1]


def test_a_name_that_is_short_enough_stays() -> None:
    assert shorten("edge-router-prod", 60) == "edge-router-prod"
    assert len(shorten("x" * 70, 60)) == 60
