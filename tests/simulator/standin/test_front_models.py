"""What names, certificates, logs and headers of a distribution need of the stand-in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.standin.provider import StandIn

CERTIFICATE = "aws:acm/certificate:Certificate"
VALIDATION = "aws:acm/certificateValidation:CertificateValidation"
RECORD = "aws:route53/record:Record"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
HEADERS = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
BUCKET = "aws:s3/bucket:Bucket"
PRIVACY = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
ACL = "aws:s3/bucketAcl:BucketAcl"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
SOURCE = "aws:cloudwatch/logDeliverySource:LogDeliverySource"
DESTINATION = "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination"
DELIVERY = "aws:cloudwatch/logDelivery:LogDelivery"
ZONE = "Z0123456789"
NAMES = {"domainName": "example.com", "subjectAlternativeNames": ["*.example.com"], "validationMethod": "DNS"}


def urn(kind: str, name: str = "sample") -> str:
    return f"urn:pulumi:dev::edge-router::{kind}::{name}"


class Account:
    """A stand-in and what was made in it."""

    def __init__(self) -> None:
        self.stand_in = StandIn("us-east-1")

    def create(self, kind: str, **inputs: Any) -> dict[str, Any]:
        checked, failures = self.stand_in.check(kind, urn(kind), inputs)
        assert failures == []
        identity, outputs = self.stand_in.create(kind, urn(kind), checked)
        return {**outputs, "id": identity}

    def failures(self, kind: str, **inputs: Any) -> list[str]:
        return [str(failure) for failure in self.stand_in.check(kind, urn(kind), inputs)[1]]

    def issue(self) -> str:
        """The ARN of a certificate with its proof, for example.com and below."""
        certificate = self.create(CERTIFICATE, **NAMES)
        option = certificate["domainValidationOptions"][0]
        record = self.create(
            RECORD,
            zoneId=ZONE,
            name=option["resourceRecordName"],
            type="CNAME",
            ttl=300,
            records=[option["resourceRecordValue"]],
        )
        self.create(VALIDATION, certificateArn=certificate["arn"], validationRecordFqdns=[record["fqdn"]])
        return str(certificate["arn"])


@pytest.fixture
def account() -> Account:
    return Account()


def distribution(**changes: Any) -> dict[str, Any]:
    origin = {
        "originId": "stable",
        "domainName": "v1.example.com",
        "customOriginConfig": {
            "httpPort": 80,
            "httpsPort": 443,
            "originProtocolPolicy": "https-only",
            "originSslProtocols": ["TLSv1.2"],
        },
    }
    behavior = {
        "targetOriginId": "stable",
        "viewerProtocolPolicy": "redirect-to-https",
        "allowedMethods": ["GET", "HEAD"],
        "cachedMethods": ["GET", "HEAD"],
        "cachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        **changes.pop("behavior", {}),
    }
    return {
        "enabled": True,
        "origins": [origin],
        "defaultCacheBehavior": behavior,
        "restrictions": {"geoRestriction": {"restrictionType": "none"}},
        "viewerCertificate": {"cloudfrontDefaultCertificate": True},
        **changes,
    }


def own(arn: str) -> dict[str, Any]:
    return {"acmCertificateArn": arn, "sslSupportMethod": "sni-only", "minimumProtocolVersion": "TLSv1.2_2021"}


def test_the_proof_is_the_same_for_a_name_and_the_wildcard_below_it(account: Account) -> None:
    options = account.create(CERTIFICATE, **NAMES)["domainValidationOptions"]
    assert [one["domainName"] for one in options] == ["example.com", "*.example.com"]
    assert options[0]["resourceRecordName"] == options[1]["resourceRecordName"]
    assert options[0]["resourceRecordName"].endswith(".example.com.")


def test_a_certificate_is_issued_when_every_name_is_proven(account: Account) -> None:
    certificate = account.create(CERTIFICATE, **NAMES)
    name = certificate["domainValidationOptions"][0]["resourceRecordName"].rstrip(".")
    arn = certificate["arn"]
    assert account.failures(VALIDATION, certificateArn=arn, validationRecordFqdns=[]) == [
        f"validationRecordFqdns: lacks {name}, which proves example.com",
        f"validationRecordFqdns: lacks {name}, which proves *.example.com",
    ]
    [first, _] = account.failures(VALIDATION, certificateArn=arn, validationRecordFqdns=[name])
    assert first == f"validationRecordFqdns: names {name}: no record here has the value that ACM looks for"


def test_a_distribution_takes_an_issued_certificate_that_covers_its_names(account: Account) -> None:
    arn = account.issue()
    names = ["example.com", "www.example.com"]
    assert account.failures(DISTRIBUTION, **distribution(aliases=names, viewerCertificate=own(arn))) == []
    assert account.failures(DISTRIBUTION, **distribution(aliases=["a.b.example.com"], viewerCertificate=own(arn))) == [
        "aliases[0]: is 'a.b.example.com', which the certificate does not cover"
    ]


def test_a_distribution_takes_no_certificate_that_nobody_waited_for(account: Account) -> None:
    arn = account.create(CERTIFICATE, **NAMES)["arn"]
    assert account.failures(DISTRIBUTION, **distribution(aliases=["example.com"], viewerCertificate=own(arn))) == [
        "viewerCertificate.acmCertificateArn: is not validated yet (InvalidViewerCertificate)"
    ]


def test_names_are_in_lower_case(account: Account) -> None:
    arn = account.issue()
    [failure] = account.failures(DISTRIBUTION, **distribution(aliases=["WWW.example.com"], viewerCertificate=own(arn)))
    assert failure.startswith("aliases[0]: is 'WWW.example.com': must be a name in lower case")


def test_an_alias_record_leads_to_a_distribution_that_has_the_name(account: Account) -> None:
    deployed = account.create(
        DISTRIBUTION, **distribution(aliases=["example.com"], viewerCertificate=own(account.issue()))
    )
    target = {"name": deployed["domainName"], "zoneId": deployed["hostedZoneId"], "evaluateTargetHealth": False}
    record = {"zoneId": ZONE, "name": "example.com", "type": "AAAA", "aliases": [target]}
    assert account.failures(RECORD, **record) == []
    assert account.failures(RECORD, **{**record, "name": "www.example.com"}) == [
        "name: is 'www.example.com', which is none of the distribution's aliases"
    ]
    assert account.failures(RECORD, **{**record, "type": "CNAME"}) == [
        "type: is 'CNAME': an alias to CloudFront is of type A or AAAA"
    ]
    assert account.failures(
        RECORD, **{**record, "aliases": [{**target, "zoneId": "Z1", "name": "d2.cloudfront.net"}]}
    ) == [
        "aliases[0].zoneId: is 'Z1': the stand-in models aliases to CloudFront (Z2FDTNDATAQYW2)",
        "aliases[0].name: is 'd2.cloudfront.net': there is no such distribution in this deployment",
    ]


def test_a_record_has_values_with_a_ttl_or_an_alias(account: Account) -> None:
    record = {"zoneId": ZONE, "name": "example.com", "type": "A"}
    expected = "records: is what a record has, or exactly one of aliases, and not both"
    assert account.failures(RECORD, **record) == [expected]
    assert account.failures(RECORD, **record, records=["192.0.2.1"]) == ["ttl: is required beside records"]


def test_a_policy_without_headers_is_none(account: Account) -> None:
    [failure] = account.failures(HEADERS, name="empty")
    assert failure.startswith("securityHeadersConfig: is required, or another part")
    transport = {"accessControlMaxAgeSec": 60, "preload": True, "override": False}
    assert account.failures(HEADERS, name="p", securityHeadersConfig={"strictTransportSecurity": transport}) == [
        "securityHeadersConfig.strictTransportSecurity.preload: needs includeSubdomains beside it"
    ]


def test_a_behavior_names_a_headers_policy_that_is_there(account: Account) -> None:
    [failure] = account.failures(DISTRIBUTION, **distribution(behavior={"responseHeadersPolicyId": "lost"}))
    assert failure == (
        "defaultCacheBehavior.responseHeadersPolicyId: is 'lost': no policy of this deployment, nor managed"
        " (SecurityHeadersPolicy)"
    )


def test_a_web_acl_is_global(account: Account) -> None:
    arn = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
    [failure] = account.failures(DISTRIBUTION, **distribution(webAclId=arn))
    assert failure.endswith("must be the ARN of a global web ACL (WAFv2)")


@pytest.mark.parametrize("name", ["ab", "-abc", "Abc", "a..b", "xn--abc", "a" * 64])
def test_names_that_s3_refuses(account: Account, name: str) -> None:
    [failure] = account.failures(BUCKET, bucket=name)
    assert failure.startswith(f"bucket: is {name!r}: a bucket's name has 3 to 63")


def test_a_bucket_is_named(account: Account) -> None:
    assert account.failures(BUCKET) == ["bucket: is required: the stand-in names no buckets"]


def test_a_part_belongs_to_a_bucket_that_is_there(account: Account) -> None:
    assert account.failures(PRIVACY, bucket="logs") == [
        "bucket: is 'logs': there is no such bucket in this deployment (NoSuchBucket)"
    ]


GRANT = {"permission": "FULL_CONTROL", "grantee": {"type": "CanonicalUser", "id": "x"}}


def test_an_acl_wants_an_owner_who_is_not_enforced(account: Account) -> None:
    account.create(BUCKET, bucket="logs")
    acl = {"bucket": "logs", "accessControlPolicy": {"owner": {"id": "x"}, "grants": [GRANT]}}
    expected = ["bucket: does not allow ACLs: its owner is enforced (AccessControlListNotSupported)"]
    assert account.failures(ACL, **acl) == expected
    account.create(OWNERSHIP, bucket="logs", rule={"objectOwnership": "BucketOwnerEnforced"})
    assert account.failures(ACL, **acl) == expected
    account.create(OWNERSHIP, bucket="logs", rule={"objectOwnership": "BucketOwnerPreferred"})
    assert account.failures(ACL, **acl) == []
    assert account.failures(ACL, **acl, acl="private") == ["accessControlPolicy: is required, or acl, and not both"]


def test_legacy_logs_want_an_acl_that_lets_cloudfront_in(account: Account) -> None:
    bucket = account.create(BUCKET, bucket="logs")
    account.create(OWNERSHIP, bucket="logs", rule={"objectOwnership": "BucketOwnerPreferred"})
    logging = {"loggingConfig": {"bucket": bucket["bucketDomainName"], "includeCookies": False}}
    assert account.failures(DISTRIBUTION, **distribution(**logging)) == [
        "loggingConfig.bucket: has an ACL that does not let CloudFront write (InvalidArgument)"
    ]
    assert account.failures(DISTRIBUTION, **distribution(loggingConfig={"bucket": "x.s3.amazonaws.com"})) == [
        "loggingConfig.bucket: is 'x.s3.amazonaws.com': there is no such bucket in this deployment"
    ]
    writer = account.stand_in.invoke("aws:cloudfront/getLogDeliveryCanonicalUserId:getLogDeliveryCanonicalUserId", {})
    owner = account.stand_in.invoke("aws:s3/getCanonicalUserId:getCanonicalUserId", {})
    grants = [{**GRANT, "grantee": {"type": "CanonicalUser", "id": one["id"]}} for one in (owner, writer)]
    account.create(ACL, bucket="logs", accessControlPolicy={"owner": {"id": owner["id"]}, "grants": grants})
    assert account.failures(DISTRIBUTION, **distribution(**logging)) == []


def statement(**changes: Any) -> str:
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::logs/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [{**allowed, **changes}]})


def test_a_closed_bucket_takes_no_policy_for_everybody_and_none_of_another_bucket(account: Account) -> None:
    account.create(BUCKET, bucket="logs")
    account.create(PRIVACY, bucket="logs", blockPublicPolicy=True)
    assert account.failures(POLICY, bucket="logs", policy=statement()) == []
    assert account.failures(POLICY, bucket="logs", policy=statement(Principal="*")) == [
        "policy.Statement[0].Principal: is everybody, and blockPublicPolicy refuses that (AccessDenied)"
    ]
    assert account.failures(POLICY, bucket="logs", policy=statement(Resource="arn:aws:s3:::other/*")) == [
        "policy.Statement[0].Resource: is 'arn:aws:s3:::other/*': the policy is that of arn:aws:s3:::logs"
        " (MalformedPolicy)"
    ]
    [failure] = account.failures(POLICY, bucket="logs", policy="{}")
    assert failure.startswith("policy: is not a JSON policy document")


def test_v2_logs_want_a_policy_that_lets_the_delivery_in_and_are_set_up_in_us_east_1(account: Account) -> None:
    bucket = account.create(BUCKET, bucket="logs")
    deployed = account.create(DISTRIBUTION, **distribution())
    source = {"name": "s", "logType": "ACCESS_LOGS", "resourceArn": deployed["arn"]}
    assert account.failures(SOURCE, **source, region="eu-west-1") == [
        "region: is eu-west-1: CloudFront's logs are configured in us-east-1"
    ]
    account.create(SOURCE, **source)
    destination = {"name": "d", "deliveryDestinationConfiguration": {"destinationResourceArn": bucket["arn"]}}
    [failure] = account.failures(DESTINATION, **destination)
    assert failure.endswith("whose policy does not let delivery.logs.amazonaws.com write")
    account.create(POLICY, bucket="logs", policy=statement())
    made = account.create(DESTINATION, **destination, outputFormat="json")
    assert account.failures(DELIVERY, deliverySourceName="s", deliveryDestinationArn=made["arn"]) == []
    assert account.failures(DELIVERY, deliverySourceName="x", deliveryDestinationArn="y") == [
        "deliverySourceName: is 'x': there is no such source (ResourceNotFoundException)",
        "deliveryDestinationArn: is 'y': there is no such destination",
    ]
