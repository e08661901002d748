"""What the stand-in answers and what it refuses, type by type."""

from __future__ import annotations

import copy
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from simulator.standin.config.property_path import parse_path, set_at
from simulator.standin.model.errors import StandInError
from simulator.standin.model.model import Known
from simulator.standin.model.wire import ARCHIVE, SIGNATURE, UNKNOWN
from simulator.standin.provider import StandIn

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "aws:dynamodb/table:Table"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
FUNCTION = "aws:lambda/function:Function"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
CACHE_POLICY = "aws:cloudfront/cachePolicy:CachePolicy"
ORIGIN_REQUEST_POLICY = "aws:cloudfront/originRequestPolicy:OriginRequestPolicy"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
KEY = "parametersInCacheKeyAndForwardedToOrigin"
NONE = {
    "cookiesConfig": {"cookieBehavior": "none"},
    "headersConfig": {"headerBehavior": "none"},
    "queryStringsConfig": {"queryStringBehavior": "none"},
}
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"


def policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def trust(*services: str) -> str:
    return policy(Action="sts:AssumeRole", Principal={"Service": list(services)})


def urn(kind: str) -> str:
    return f"urn:pulumi:dev::edge-router::{kind}::sample"


class Account:
    """A stand-in with a role and a published function that a distribution can use, and valid inputs of every type."""

    def __init__(self, package: Path) -> None:
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("config.json", "{}")
        self.stand_in = StandIn("us-east-1")
        self.inputs: dict[str, dict[str, Any]] = {
            TABLE: {
                "name": "sessions",
                "billingMode": "PAY_PER_REQUEST",
                "hashKey": "token",
                "attributes": [{"name": "token", "type": "S"}],
                "replicas": [{"regionName": "eu-west-1"}],
                "ttl": {"attributeName": "expiration", "enabled": True},
            },
            ROLE: {"name": "router", "assumeRolePolicy": trust("lambda.amazonaws.com", "edgelambda.amazonaws.com")},
            ROLE_POLICY: {"name": "read", "role": "router", "policy": policy(Action="dynamodb:GetItem", Resource="*")},
            FUNCTION: {
                "name": "router",
                "runtime": "python3.13",
                "handler": "router.handler.handler",
                "role": "arn:aws:iam::123456789012:role/router",
                "code": {SIGNATURE: ARCHIVE, "path": str(package), "hash": "00" * 32},
                "timeout": 5,
                "publish": True,
            },
            LOG_GROUP: {"name": "/aws/lambda/us-east-1.router", "retentionInDays": 14},
            CACHE_POLICY: {"name": "by-cookie", KEY: copy.deepcopy(NONE)},
            ORIGIN_REQUEST_POLICY: {"name": "all", **copy.deepcopy(NONE)},
            DISTRIBUTION: {
                "enabled": True,
                "origins": [
                    {
                        "originId": "stable",
                        "domainName": "v1.example.com",
                        "customOriginConfig": {
                            "httpPort": 80,
                            "httpsPort": 443,
                            "originProtocolPolicy": "https-only",
                            "originSslProtocols": ["TLSv1.2"],
                        },
                    }
                ],
                "defaultCacheBehavior": {
                    "targetOriginId": "stable",
                    "viewerProtocolPolicy": "redirect-to-https",
                    "allowedMethods": ["GET", "HEAD"],
                    "cachedMethods": ["GET", "HEAD"],
                    "cachePolicyId": CACHING_DISABLED,
                    "lambdaFunctionAssociations": [],
                },
                "restrictions": {"geoRestriction": {"restrictionType": "none"}},
                "viewerCertificate": {"cloudfrontDefaultCertificate": True},
            },
        }

    def create(self, kind: str) -> tuple[str, dict[str, Any]]:
        inputs, failures = self.stand_in.check(kind, urn(kind), self.inputs[kind])
        assert failures == []
        return self.stand_in.create(kind, urn(kind), inputs)

    def failures(self, kind: str, **changes: object) -> list[str]:
        """The failures with inputs changed by path: `check(TABLE, **{"ttl.enabled": True})`; None takes one away."""
        inputs: Any = copy.deepcopy(self.inputs[kind])
        for path, value in changes.items():
            inputs = set_at(inputs, parse_path(path), value)
        return [str(failure) for failure in self.stand_in.check(kind, urn(kind), inputs)[1]]


@pytest.fixture
def account(tmp_path: Path) -> Account:
    account = Account(tmp_path / "function.zip")
    account.create(ROLE)
    return account


@pytest.mark.parametrize(
    "kind",
    [TABLE, ROLE, ROLE_POLICY, FUNCTION, LOG_GROUP, CACHE_POLICY, ORIGIN_REQUEST_POLICY, DISTRIBUTION],
)
def test_valid_inputs_of_every_type_are_created_the_same_each_time(account: Account, kind: str) -> None:
    identity, outputs = account.create(kind)
    assert identity == outputs["id"]
    assert (identity, outputs) == account.create(kind)


@pytest.mark.parametrize(
    ("kind", "path", "value", "expected"),
    [
        (TABLE, "hashkey", "token", "hashkey: pulumi-aws has no such property, did you mean 'hashKey'?"),
        (TABLE, "attributes[0].colour", 1, "attributes[0].colour: pulumi-aws has no such property"),
        (TABLE, "hashKey", None, "hashKey: is required"),
        (TABLE, "hashKey", 5, "hashKey: must be a string"),
        (TABLE, "attributes", "token", "attributes: must be a list"),
        (TABLE, "tags", {"a": 1}, 'tags["a"]: must be a string'),
        (TABLE, "ttl", [], "ttl: must be an object"),
        (TABLE, "streamEnabled", "yes", "streamEnabled: must be a boolean"),
        (TABLE, "readCapacity", 1.5, "readCapacity: must be a whole number"),
        (TABLE, "importTable", {"inputFormat": "CSV"}, "importTable.s3BucketSource: is required"),
        (TABLE, "restoreSourceName", "x", "restoreSourceName: the stand-in does not model this property"),
        (TABLE, "name", "a b", "name: is 'a b': must be 3 to 255 letters, digits, '_', '.' or '-'"),
        (TABLE, "billingMode", "FREE", "billingMode: is 'FREE': AWS allows PROVISIONED, PAY_PER_REQUEST"),
        (TABLE, "attributes[0].type", "Z", "attributes[0].type: is 'Z': AWS allows S, N, B"),
        (TABLE, "hashKey", "session", "attributes: do not declare the key attribute 'session'"),
        (
            TABLE,
            "attributes[1]",
            {"name": "version", "type": "S"},
            "attributes: declare 'version', which no key uses; DynamoDB takes key attributes only",
        ),
        (
            TABLE,
            "replicas[0].regionName",
            "us-east-1",
            "replicas[0].regionName: is 'us-east-1', the table's own Region",
        ),
        (TABLE, "replicas[0].regionName", "mars-1", "replicas[0].regionName: is 'mars-1': DynamoDB has no such Region"),
        (
            TABLE,
            "replicas[1]",
            {"regionName": "eu-west-1"},
            "replicas[1].regionName: is 'eu-west-1', which is listed twice",
        ),
        (TABLE, "ttl.attributeName", None, "ttl.attributeName: is required when ttl.enabled is true"),
        (TABLE, "streamEnabled", True, "streamViewType: is required when streamEnabled is true"),
        (
            TABLE,
            "billingMode",
            None,
            "readCapacity: is required when billingMode is PROVISIONED, which is the default",
        ),
        (
            ROLE,
            "assumeRolePolicy",
            "{",
            "assumeRolePolicy: is not a JSON policy document with at least one statement (MalformedPolicyDocument)",
        ),
        (
            ROLE,
            "assumeRolePolicy",
            policy(Action="sts:AssumeRole"),
            "assumeRolePolicy.Statement[0]: has no Principal (MalformedPolicyDocument)",
        ),
        (ROLE, "maxSessionDuration", 60, "maxSessionDuration: is 60: AWS allows 3600 to 43200"),
        (
            ROLE_POLICY,
            "role",
            "stranger",
            "role: is 'stranger': there is no such role in this deployment (NoSuchEntity)",
        ),
        (
            ROLE_POLICY,
            "policy",
            policy(Action="a", Resource=["x" * 10_240]),
            "policy: is longer than 10240 characters without white space (LimitExceeded)",
        ),
        (FUNCTION, "timeout", 901, "timeout: is 901: AWS allows 1 to 900"),
        (FUNCTION, "memorySize", 64, "memorySize: is 64: AWS allows 128 to 10240"),
        (FUNCTION, "handler", "", "handler: is '': must be 1 to 128 characters without white space"),
        (FUNCTION, "code", None, "code: is required"),
        (FUNCTION, "code", "x.zip", "code: must be an archive"),
        (
            FUNCTION,
            "code.path",
            "/nowhere.zip",
            "code: is /nowhere.zip, which is not a file; the stand-in takes a FileArchive of a .zip file",
        ),
        (
            FUNCTION,
            "code.path",
            None,
            "code: must be a FileArchive; the stand-in does not model other kinds of code",
        ),
        (FUNCTION, "imageUri", "x", "imageUri: the stand-in does not model this property"),
        (FUNCTION, "role", "router", "role: is 'router': must be the ARN of a role"),
        (CACHE_POLICY, "minTtl", 90_000, "defaultTtl: is 86400: must be from minTtl (90000) to maxTtl (31536000)"),
        (
            CACHE_POLICY,
            f"{KEY}.cookiesConfig.cookieBehavior",
            "some",
            f"{KEY}.cookiesConfig.cookieBehavior: is 'some': AWS allows none, whitelist, allExcept, all",
        ),
        (
            CACHE_POLICY,
            f"{KEY}.cookiesConfig.cookieBehavior",
            "whitelist",
            f"{KEY}.cookiesConfig.cookies.items: is required when the behavior is whitelist",
        ),
        (
            CACHE_POLICY,
            f"{KEY}.cookiesConfig.cookies",
            {"items": ["a"]},
            f"{KEY}.cookiesConfig.cookies.items: must be empty when the behavior is none",
        ),
        (
            ORIGIN_REQUEST_POLICY,
            "headersConfig",
            {"headerBehavior": "whitelist", "headers": {"items": ["Authorization"]}},
            "headersConfig.headers.items: may not name Authorization; forward all headers, or cache by it",
        ),
        (
            ORIGIN_REQUEST_POLICY,
            "headersConfig",
            {"headerBehavior": "whitelist", "headers": {"items": [f"x-{number}" for number in range(11)]}},
            "headersConfig.headers.items: has 11 names: CloudFront's quota is 10",
        ),
        (
            ORIGIN_REQUEST_POLICY,
            "headersConfig.headerBehavior",
            "all",
            "headersConfig.headerBehavior: is 'all': AWS allows"
            " none, whitelist, allViewer, allViewerAndWhitelistCloudFront, allExcept",
        ),
        (
            DISTRIBUTION,
            "origins[0].domainName",
            "https://v1.example.com",
            "origins[0].domainName: is 'https://v1.example.com':"
            " must be a domain name without scheme, port or path, and not an IP address",
        ),
        (
            DISTRIBUTION,
            "origins[0].domainName",
            "192.0.2.1",
            "origins[0].domainName: is '192.0.2.1':"
            " must be a domain name without scheme, port or path, and not an IP address",
        ),
        (
            DISTRIBUTION,
            "origins[0].customOriginConfig.httpPort",
            81,
            "origins[0].customOriginConfig.httpPort: is 81: CloudFront connects to 80, 443 and 1024 to 65535",
        ),
        (
            DISTRIBUTION,
            "origins[0].originPath",
            "/a/",
            "origins[0].originPath: is '/a/': must be empty, or begin with '/' and not end with one",
        ),
        (
            DISTRIBUTION,
            "origins[0].customHeaders",
            [{"name": "X-Edge-Secret", "value": "1"}],
            "origins[0].customHeaders[0].name: is 'X-Edge-Secret', which CloudFront does not send",
        ),
        (
            DISTRIBUTION,
            "defaultCacheBehavior.targetOriginId",
            "canary",
            "defaultCacheBehavior.targetOriginId: is 'canary': the origins are 'stable'",
        ),
        (
            DISTRIBUTION,
            "defaultCacheBehavior.allowedMethods",
            ["GET", "POST"],
            "defaultCacheBehavior.allowedMethods: must be one of:"
            " GET,HEAD; GET,HEAD,OPTIONS; DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT",
        ),
        (
            DISTRIBUTION,
            "defaultCacheBehavior.cachePolicyId",
            "nobody",
            "defaultCacheBehavior.cachePolicyId: is 'nobody':"
            " no policy of this deployment, nor managed (CachingDisabled, CachingOptimized)",
        ),
        (
            DISTRIBUTION,
            "defaultCacheBehavior.cachePolicyId",
            None,
            "defaultCacheBehavior.cachePolicyId: is required, unless there are the deprecated forwardedValues",
        ),
        (
            DISTRIBUTION,
            "defaultCacheBehavior.forwardedValues",
            {"queryString": True, "cookies": {"forward": "all"}},
            "defaultCacheBehavior.forwardedValues: cannot be used together with cachePolicyId",
        ),
        (
            DISTRIBUTION,
            "defaultCacheBehavior.maxTtl",
            60,
            "defaultCacheBehavior.maxTtl: belongs in the cache policy when there is one",
        ),
        (
            DISTRIBUTION,
            "aliases",
            ["www.example.com"],
            "aliases: need a certificate of their own (viewerCertificate.acmCertificateArn)",
        ),
        (
            DISTRIBUTION,
            "originGroups",
            [
                {
                    "originId": "group",
                    "failoverCriteria": {"statusCodes": [500]},
                    "members": [{"originId": "stable"}],
                }
            ],
            "originGroups[0].members: must be two origins",
        ),
        (DISTRIBUTION, "staging", True, "staging: the stand-in does not model this property"),
    ],
)
def test_what_the_provider_or_aws_would_refuse_is_refused_by_path(
    account: Account, kind: str, path: str, value: object, expected: str
) -> None:
    assert expected in account.failures(kind, **{path: value})


def test_an_unmodelled_runtime_names_those_lambda_has(account: Account) -> None:
    (failure,) = account.failures(FUNCTION, runtime="python9.9")
    assert failure.startswith("runtime: is 'python9.9': AWS allows nodejs,")


def test_log_retention_is_one_of_cloudwatchs_periods(account: Account) -> None:
    assert account.failures(LOG_GROUP, retentionInDays=14) == []
    assert account.failures(LOG_GROUP, retentionInDays=15)[0].startswith("retentionInDays: is 15: AWS allows 0, 1, 3,")


def test_a_policy_that_never_caches_has_no_key_parameters_and_no_encodings(account: Account) -> None:
    never = {"defaultTtl": 0, "maxTtl": 0}
    assert account.failures(CACHE_POLICY, **never) == []
    with_key = {f"{KEY}.cookiesConfig.cookieBehavior": "all", f"{KEY}.enableAcceptEncodingGzip": True}
    assert account.failures(CACHE_POLICY, **never, **with_key) == [
        f"{KEY}.cookiesConfig: has the behavior all: with maxTtl 0 (caching disabled) only none is allowed",
        f"{KEY}.enableAcceptEncodingGzip: must be false when maxTtl is 0 (caching disabled)",
    ]


ASSOCIATIONS = "defaultCacheBehavior.lambdaFunctionAssociations"


def association(arn: str, event: str = "origin-request", **more: object) -> dict[str, object]:
    return {"eventType": event, "lambdaArn": arn, **more}


def test_a_distribution_takes_the_numbered_version_of_a_function_of_the_deployment(account: Account) -> None:
    arn = account.create(FUNCTION)[1]["qualifiedArn"]
    assert account.failures(DISTRIBUTION, **{ASSOCIATIONS: [association(arn, includeBody=True)]}) == []


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (
            "arn:aws:lambda:us-east-1:123456789012:function:router",
            "is 'arn:aws:lambda:us-east-1:123456789012:function:router':"
            " must be the ARN of a numbered version, not $LATEST",
        ),
        (
            "arn:aws:lambda:us-east-1:123456789012:function:router:$LATEST",
            "is 'arn:aws:lambda:us-east-1:123456789012:function:router:$LATEST':"
            " must be the ARN of a numbered version, not $LATEST",
        ),
        (
            "arn:aws:lambda:eu-west-1:123456789012:function:router:1",
            "is in eu-west-1: Lambda@Edge functions are in us-east-1",
        ),
        (
            "arn:aws:lambda:us-east-1:123456789012:function:router:2",
            "is 'arn:aws:lambda:us-east-1:123456789012:function:router:2':"
            " there is no such function version in this deployment",
        ),
    ],
)
def test_other_function_arns_are_refused(account: Account, arn: str, expected: str) -> None:
    account.create(FUNCTION)
    failures = account.failures(DISTRIBUTION, **{ASSOCIATIONS: [association(arn)]})
    assert failures[0] == f"{ASSOCIATIONS}[0].lambdaArn: {expected}"


@pytest.mark.parametrize(
    ("settings", "event", "expected"),
    [
        ({"timeout": 31}, "origin-request", "has a timeout of 31 s: origin events allow 30 s"),
        ({"timeout": 6}, "viewer-request", "has a timeout of 6 s: viewer events allow 5 s"),
        ({"memorySize": 256}, "viewer-response", "has 256 MB of memory: viewer events allow 128 MB"),
        ({"runtime": "java21"}, "origin-request", "has the runtime java21: Lambda@Edge runs Node.js and Python"),
        ({"architectures": ["arm64"]}, "origin-request", "is built for arm64: Lambda@Edge runs x86_64"),
        (
            {"environment": {"variables": {"A": "1"}}},
            "origin-request",
            "has environment variables: Lambda@Edge has none",
        ),
        (
            {"deadLetterConfig": {"targetArn": "arn:aws:sqs:us-east-1:123456789012:q"}},
            "origin-request",
            "has deadLetterConfig: Lambda@Edge does not support it",
        ),
    ],
)
def test_a_function_that_cannot_run_at_the_edge_is_refused(
    account: Account, settings: dict[str, object], event: str, expected: str
) -> None:
    account.inputs[FUNCTION].update(settings)
    arn = account.create(FUNCTION)[1]["qualifiedArn"]
    failures = account.failures(DISTRIBUTION, **{ASSOCIATIONS: [association(arn, event)]})
    assert failures == [f"{ASSOCIATIONS}[0].lambdaArn: names a function that {expected}"]


def test_the_functions_role_has_to_trust_the_edge(account: Account) -> None:
    account.inputs[ROLE]["assumeRolePolicy"] = trust("lambda.amazonaws.com")
    account.create(ROLE)
    arn = account.create(FUNCTION)[1]["qualifiedArn"]
    assert account.failures(DISTRIBUTION, **{ASSOCIATIONS: [association(arn)]}) == [
        f"{ASSOCIATIONS}[0].lambdaArn: names a function that runs as"
        " a role that does not trust edgelambda.amazonaws.com"
    ]


def test_an_event_type_is_served_once_and_bodies_come_with_requests_only(account: Account) -> None:
    arn = account.create(FUNCTION)[1]["qualifiedArn"]
    twice = [association(arn), association(arn)]
    assert account.failures(DISTRIBUTION, **{ASSOCIATIONS: twice}) == [
        f"{ASSOCIATIONS}[1].eventType: is 'origin-request', which this behavior has already"
    ]
    body = [association(arn, "origin-response", includeBody=True)]
    assert account.failures(DISTRIBUTION, **{ASSOCIATIONS: body}) == [
        f"{ASSOCIATIONS}[0].includeBody: is not allowed on origin-response, only on viewer-request, origin-request"
    ]
    wrong = [association(arn, "request")]
    assert account.failures(DISTRIBUTION, **{ASSOCIATIONS: wrong}) == [
        f"{ASSOCIATIONS}[0].eventType: is 'request':"
        " AWS allows viewer-request, origin-request, origin-response, viewer-response"
    ]


def test_versions_count_up_with_code_and_configuration_only(account: Account) -> None:
    identity, outputs = account.create(FUNCTION)
    before = Known(account.inputs[FUNCTION], outputs)

    def version_after(**changes: object) -> object:
        inputs = {**account.inputs[FUNCTION], **changes}
        return account.stand_in.update(FUNCTION, urn(FUNCTION), identity, before, inputs)["version"]

    code = {**account.inputs[FUNCTION]["code"], "hash": "11" * 32}
    assert outputs["version"] == "1"
    assert version_after(timeout=6) == version_after(code=code) == "2"
    assert version_after(tags={"a": "b"}) == "1"
    assert version_after(publish=False) == "$LATEST"


def test_the_same_code_from_another_path_is_no_change(account: Account) -> None:
    inputs = account.inputs[FUNCTION]
    moved = {**inputs, "code": {**inputs["code"], "path": "/elsewhere.zip"}}
    assert account.stand_in.diff(FUNCTION, Known(inputs, {}), moved).paths == ()


def test_lists_that_aws_keeps_as_sets_may_change_their_order(account: Account) -> None:
    first = {**account.inputs[TABLE], "replicas": [{"regionName": "eu-west-1"}, {"regionName": "eu-west-2"}]}
    second = {**first, "replicas": first["replicas"][::-1]}
    assert account.stand_in.diff(TABLE, Known(first, {}), second).paths == ()


@pytest.mark.parametrize(
    ("kind", "path", "value", "replaces"),
    [
        (TABLE, "name", "other", ("name",)),
        (TABLE, "hashKey", "other", ("hashKey",)),
        (TABLE, "rangeKey", "other", ("rangeKey",)),
        (TABLE, "replicas", [], ()),
        (TABLE, "ttl.enabled", False, ()),
        (ROLE, "name", "other", ("name",)),
        (ROLE, "assumeRolePolicy", trust("lambda.amazonaws.com"), ()),
        (ROLE_POLICY, "role", "other", ("role",)),
        (FUNCTION, "name", "other", ("name",)),
        (FUNCTION, "timeout", 9, ()),
        (LOG_GROUP, "name", "other", ("name",)),
        (CACHE_POLICY, "name", "other", ()),
        (DISTRIBUTION, "comment", "other", ()),
    ],
)
def test_some_changes_replace_a_resource_and_others_update_it(
    account: Account, kind: str, path: str, value: object, replaces: tuple[str, ...]
) -> None:
    changed: Any = set_at(account.inputs[kind], parse_path(path), value)
    difference = account.stand_in.diff(kind, Known(account.inputs[kind], {}), changed)
    assert difference.replaces == replaces
    assert {change.path.partition("[")[0] for change in difference.paths} == {path}


def test_a_resource_without_a_name_gets_one_after_its_logical_name(account: Account) -> None:
    del account.inputs[TABLE]["name"]
    inputs, _ = account.stand_in.check(TABLE, urn(TABLE), account.inputs[TABLE])
    again, _ = account.stand_in.check(TABLE, urn(TABLE), account.inputs[TABLE])
    assert inputs["name"] == again["name"] == "sample-2b4ab9e"


def test_unknown_inputs_are_not_judged(account: Account) -> None:
    assert account.failures(DISTRIBUTION, **{ASSOCIATIONS: [association(UNKNOWN)]}) == []  # type: ignore[arg-type]
    assert account.failures(DISTRIBUTION, **{"defaultCacheBehavior.cachePolicyId": UNKNOWN}) == []
    assert account.failures(TABLE, attributes=UNKNOWN) == []
    assert account.failures(ROLE_POLICY, role=UNKNOWN, policy=UNKNOWN) == []


def test_a_preview_keeps_what_an_update_does_not_change(account: Account) -> None:
    identity, outputs = account.create(DISTRIBUTION)
    inputs: Any = set_at(account.inputs[DISTRIBUTION], parse_path(f"{ASSOCIATIONS}[0]"), association(UNKNOWN))  # type: ignore[arg-type]
    before = Known(account.inputs[DISTRIBUTION], outputs)
    planned: Any = account.stand_in.update(DISTRIBUTION, urn(DISTRIBUTION), identity, before, inputs, preview=True)
    assert planned["domainName"] == outputs["domainName"]
    assert planned["etag"] is UNKNOWN
    assert planned["defaultCacheBehavior"]["lambdaFunctionAssociations"][0]["lambdaArn"] is UNKNOWN


def test_default_tags_come_under_the_resources_own(account: Account) -> None:
    tagged = StandIn.configure({"region": "us-east-1", "defaultTags": '{"tags": {"a": "default", "b": "default"}}'})
    _, outputs = tagged.create(TABLE, urn(TABLE), {**account.inputs[TABLE], "tags": {"a": "own"}})
    assert outputs["tagsAll"] == {"a": "own", "b": "default"}


def test_a_resource_says_its_own_region(account: Account) -> None:
    _, outputs = account.stand_in.create(TABLE, urn(TABLE), {**account.inputs[TABLE], "region": "eu-west-2"})
    assert outputs["arn"] == "arn:aws:dynamodb:eu-west-2:123456789012:table/sessions"
    assert outputs["replicas"] == [
        {
            "arn": "arn:aws:dynamodb:eu-west-1:123456789012:table/sessions",
            "consistencyMode": "EVENTUAL",
            "regionName": "eu-west-1",
        }
    ]


def test_a_table_with_deletion_protection_is_not_deleted(account: Account) -> None:
    with pytest.raises(StandInError) as refused:
        account.stand_in.delete(TABLE, "sessions", {"deletionProtectionEnabled": True})
    assert str(refused.value) == (
        f"{TABLE} sessions has deletion protection:"
        " set deletionProtectionEnabled to false in an update of its own first"
    )


def test_unmodelled_types_functions_and_settings_are_refused_by_name() -> None:
    stand_in = StandIn()
    queue, function = "aws:sqs/queue:Queue", "aws:index/getRegions:getRegions"
    with pytest.raises(StandInError, match=f"^the stand-in does not model {queue}$"):
        stand_in.check(queue, urn(queue), {})
    with pytest.raises(StandInError, match=f"^the stand-in does not model {function}$"):
        stand_in.invoke(function, {})
    failures = stand_in.check_config({"region": "us-east-1", "assumeRoles": "[]"})
    assert [str(one) for one in failures] == ["assumeRoles: the stand-in does not model this provider setting"]


def test_data_sources_tell_account_region_and_partition() -> None:
    stand_in = StandIn("eu-west-1")
    assert stand_in.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})["accountId"] == "123456789012"
    assert stand_in.invoke("aws:index/getRegion:getRegion", {})["region"] == "eu-west-1"
    assert stand_in.invoke("aws:index/getPartition:getPartition", {})["partition"] == "aws"
