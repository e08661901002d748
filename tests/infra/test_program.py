"""The Pulumi program: every stack with every strategy, run in this process against the stand-in for AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from infra.cdn.invalidation import cached_paths
from infra.config.aws_regions import EDGE_REGIONS
from simulator.standin.model.errors import ProgramError
from simulator.standin.program import Run, run_program
from strategies.registry import STRATEGIES
from tests.infra.configs import (
    BY_PERCENTAGE,
    CONNECTED,
    ON_LAMBDA,
    SET_UP,
    STACKS,
    VERSIONED,
    choosing,
    edit_stack,
    needs_of,
    run_stack,
    shipped_stack,
    warnings_of,
)

ACCOUNT = "123456789012"
every_stack = pytest.mark.parametrize(
    "stack", [pytest.param(stack, marks=() if stack == "prod" else pytest.mark.long) for stack in STACKS]
)
every_strategy = pytest.mark.parametrize("strategy", STRATEGIES)
every_set_up_strategy = pytest.mark.parametrize("strategy", SET_UP)
on_lambda = pytest.mark.parametrize("strategy", ON_LAMBDA)
every_versioned = pytest.mark.parametrize("strategy", VERSIONED)

FUNCTION = "aws:lambda/function:Function"
TABLE = "aws:dynamodb/table:Table"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
CACHE_POLICY = "aws:cloudfront/cachePolicy:CachePolicy"
ORIGIN_REQUEST_POLICY = "aws:cloudfront/originRequestPolicy:OriginRequestPolicy"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
VIEWER_FUNCTION = "aws:cloudfront/function:Function"
STORE = "aws:cloudfront/keyValueStore:KeyValueStore"
KEYS = "aws:cloudfront/keyvaluestoreKeysExclusive:KeyvaluestoreKeysExclusive"

NO_CACHE = {
    "cookiesConfig": {"cookieBehavior": "none"},
    "headersConfig": {"headerBehavior": "none"},
    "queryStringsConfig": {"queryStringBehavior": "none"},
    "enableAcceptEncodingBrotli": False,
    "enableAcceptEncodingGzip": False,
}
KEY_HEADERS = ["authorization", "origin", "x-http-method", "x-http-method-override", "x-method-override"]
BOTH_TRIGGERS = [("origin-request", False), ("origin-response", False)]
"""On the second one the router counts for the rollout of every shipped stack, sets cookie-version's cookie, and keeps
redirects on the site."""
TRIGGERS = {
    "sticky-session": BOTH_TRIGGERS,
    "cookie-version": BOTH_TRIGGERS,
    "jwt-iat": BOTH_TRIGGERS,
    "tenant-lookup": [("origin-request", True), ("origin-response", False)],
    "fastest-origin": BOTH_TRIGGERS,
}
TABLE_READ = {"sticky-session": "sessions", "tenant-lookup": "tenants"}
CACHED_ERRORS = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]


run = run_stack


def all_resources(run: Run, kind: str) -> list[dict[str, Any]]:
    deployment = cast("Mapping[str, Any]", run.state["deployment"])
    return [resource for resource in deployment["resources"] if resource["type"] == kind]


def resources(run: Run, kind: str) -> list[dict[str, Any]]:
    """Those of a kind but for the rollout controller's and those that only watch."""
    others = ("infra:Rollout$", "infra:Observability$")
    return [one for one in all_resources(run, kind) if not any(other in one["urn"] for other in others)]


def function_name(run: Run) -> str:
    """It ends in the end of the role's id."""
    [role] = resources(run, ROLE)
    return f"{role['inputs']['name']}-{role['outputs']['uniqueId'][-8:].lower()}"


def inputs(run: Run, kind: str) -> dict[str, Any]:
    """The inputs of the one resource of a kind."""
    [resource] = resources(run, kind)
    return resource["inputs"]


@pytest.mark.long_if(r"tenant|fastest")
@every_stack
@pytest.mark.parametrize("strategy", TRIGGERS)
def test_the_function_is_on_exactly_the_triggers_needed(stack: str, strategy: str) -> None:
    found = run(stack, *choosing(strategy))
    [function] = resources(found, FUNCTION)
    behavior = inputs(found, DISTRIBUTION)["defaultCacheBehavior"]
    associations = behavior["lambdaFunctionAssociations"]
    assert [(one["eventType"], one["includeBody"]) for one in associations] == TRIGGERS[strategy]
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function_name(found)}:1"
    assert {one["lambdaArn"] for one in associations} == {arn} == {function["outputs"]["qualifiedArn"]}
    assert "functionAssociations" not in behavior
    assert resources(found, VIEWER_FUNCTION) == resources(found, STORE) == resources(found, KEYS) == []


@pytest.mark.long_if(r"tenant|fastest")
@every_stack
@on_lambda
def test_caching_is_off_where_visitors_get_different_origins(stack: str, strategy: str) -> None:
    found = run(stack, *choosing(strategy))
    policy = inputs(found, CACHE_POLICY)
    parameters = policy["parametersInCacheKeyAndForwardedToOrigin"]
    ttls = policy["minTtl"], policy["defaultTtl"], policy["maxTtl"]
    if not needs_of(strategy).is_cacheable:
        assert (ttls, parameters) == ((0, 0, 0), NO_CACHE)
        assert policy["name"] == f"edge-router-{stack}-uncached"
        return
    override = ["x-qa-origin"] if stack == "local" else []
    assert ttls == (0, 0, 31_536_000)
    assert parameters == {
        "cookiesConfig": {"cookieBehavior": "all"},
        "headersConfig": {"headerBehavior": "whitelist", "headers": {"items": KEY_HEADERS + override}},
        "queryStringsConfig": {"queryStringBehavior": "all"},
        "enableAcceptEncodingBrotli": True,
        "enableAcceptEncodingGzip": True,
    }


@every_stack
@every_strategy
def test_one_versions_error_is_pinned_on_nobody(stack: str, strategy: str) -> None:
    responses = inputs(run(stack, *choosing(strategy)), DISTRIBUTION).get("customErrorResponses")
    if not needs_of(strategy).varies:
        assert responses is None
    else:
        assert responses == [{"errorCode": code, "errorCachingMinTtl": 0} for code in CACHED_ERRORS]


@every_stack
@pytest.mark.parametrize("strategy", TRIGGERS)
def test_the_role_may_do_only_what_the_router_does(stack: str, strategy: str) -> None:
    found = run(stack, *choosing(strategy))
    group = f"arn:aws:logs:*:{ACCOUNT}:log-group:/aws/lambda/us-east-1.edge-router-{stack}"
    expected = {
        "write-log": [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogGroup", "logs:CreateLogStream"],
                "Resource": [group, f"{group}:*"],
            },
            {"Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": [f"{group}:*"]},
        ]
    }
    if purpose := TABLE_READ.get(strategy):
        copies = [
            f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/edge-router-{stack}-{purpose}"
            for region in ("us-east-1", "eu-west-1", "ap-southeast-1")
        ]
        expected[f"read-{purpose}"] = [{"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": copies}]
    controls = [
        f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/edge-router-{stack}-control"
        for region in ("us-east-1", "eu-west-1", "ap-southeast-1")
    ]
    expected["read-control"] = [{"Effect": "Allow", "Action": ["dynamodb:Query"], "Resource": controls}]
    policies = {one["inputs"]["name"]: json.loads(one["inputs"]["policy"]) for one in resources(found, ROLE_POLICY)}
    assert policies == {name: {"Version": "2012-10-17", "Statement": lines} for name, lines in expected.items()}
    assert {one["inputs"]["role"] for one in resources(found, ROLE_POLICY)} == {f"edge-router-{stack}"}


@every_stack
@every_set_up_strategy
def test_both_tables_are_there_whatever_is_chosen(stack: str, strategy: str) -> None:
    found = run(stack, *choosing(strategy))
    tables = {table["inputs"]["name"]: table for table in resources(found, TABLE) if "infra:Tables$" in table["urn"]}
    is_prod = stack == "prod"
    shared = {
        "billingMode": "PAY_PER_REQUEST",
        "region": "us-east-1",
        "streamEnabled": True,
        "streamViewType": "NEW_AND_OLD_IMAGES",
        "deletionProtectionEnabled": is_prod,
        "pointInTimeRecovery": {"enabled": is_prod},
        "replicas": [
            {"regionName": region, "deletionProtectionEnabled": is_prod, "pointInTimeRecovery": is_prod}
            for region in ("eu-west-1", "ap-southeast-1")
        ],
    }
    sessions, tenants = f"edge-router-{stack}-sessions", f"edge-router-{stack}-tenants"
    assert {name: table["inputs"] for name, table in tables.items()} == {
        sessions: {
            **shared,
            "name": sessions,
            "hashKey": "token",
            "attributes": [{"name": "token", "type": "S"}],
            "ttl": {"attributeName": "expiration", "enabled": True},
        },
        tenants: {
            **shared,
            "name": tenants,
            "hashKey": "tenantId",
            "rangeKey": "accountId",
            "attributes": [{"name": "tenantId", "type": "S"}, {"name": "accountId", "type": "S"}],
        },
    }
    assert {table.get("protect", False) for table in tables.values()} == {is_prod}
    assert {table.get("retainOnDelete", False) for table in tables.values()} == {stack != "local"}


@every_stack
@every_set_up_strategy
def test_the_outputs_say_what_is_deployed(stack: str, strategy: str) -> None:
    found = run(stack, *choosing(strategy))
    [distribution] = resources(found, DISTRIBUTION)
    assert found.outputs == {
        "domain": distribution["outputs"]["domainName"],
        "distributionId": distribution["id"],
        **_function_outputs(found, stack, strategy),
        "cachedPaths": cached_paths(shipped_stack(stack, f"strategy={strategy}")),
        "tableNames": {purpose: f"edge-router-{stack}-{purpose}" for purpose in ("sessions", "tenants")},
        "strategy": strategy,
        "canaryPercent": {"local": 10, "staging": 50, "prod": 0}[stack],
        "release": "2026-11",
        "pin": "none",
        "controlTable": f"edge-router-{stack}-control",
        **(_rollout_outputs(stack) if strategy in BY_PERCENTAGE else {}),
    }


def _rollout_outputs(stack: str) -> dict[str, str]:
    return {
        "controllerFunction": f"edge-router-{stack}-controller",
        "rolloutTopic": f"arn:aws:sns:us-east-1:{ACCOUNT}:edge-router-{stack}-rollout",
    }


def _function_outputs(found: Run, stack: str, strategy: str) -> dict[str, str]:
    if strategy in ON_LAMBDA:
        return {
            "functionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function_name(found)}:1",
            "functionVersion": "1",
        }
    [store] = resources(found, STORE)
    return {
        "viewerFunctionArn": f"arn:aws:cloudfront::{ACCOUNT}:function/edge-router-{stack}-tier",
        "rewritingFunctionArn": f"arn:aws:cloudfront::{ACCOUNT}:function/edge-router-{stack}-site",
        "keyValueStoreArn": store["outputs"]["arn"],
    }


@pytest.mark.long_if(r"cookie|jwt-iat|fastest|tenant")
@every_strategy
def test_secrets_stay_out_of_the_state(strategy: str) -> None:
    state = json.dumps(run("local", *choosing(strategy)).state)
    assert "local-demo" not in state


def test_the_function_is_as_lambda_at_edge_wants_it() -> None:
    found = run("local", "strategy=sticky-session", "keepVersions=5")
    function = inputs(found, FUNCTION)
    code = function.pop("code")
    assert function == {
        "name": function_name(found),
        "description": "edge-router, stack local: sticky-session",
        "region": "us-east-1",
        "runtime": "python3.13",
        "architectures": ["x86_64"],
        "handler": "router.handler.handler",
        "role": f"arn:aws:iam::{ACCOUNT}:role/edge-router-local",
        "memorySize": 128,
        "timeout": 5,
        "publish": True,
        "loggingConfig": {"logFormat": "Text", "logGroup": "/aws/lambda/us-east-1.edge-router-local"},
        "tags": {
            "edge-router:stack": "edge-router-local",
            "edge-router:role-id": resources(found, ROLE)[0]["outputs"]["uniqueId"],
            "edge-router:keep-versions": "5",
        },
    }
    assert Path(code["path"]).name == f"router-{code['hash'][:16]}.zip"


def test_the_role_trusts_both_services() -> None:
    document = json.loads(inputs(run("local", "strategy=sticky-session"), ROLE)["assumeRolePolicy"])
    assert document["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["edgelambda.amazonaws.com", "lambda.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ]


def test_every_edge_region_has_its_log_group() -> None:
    groups = {
        one["inputs"]["region"]: one["inputs"] for one in resources(run("prod", "strategy=sticky-session"), LOG_GROUP)
    }
    assert groups == {
        region: {"name": "/aws/lambda/us-east-1.edge-router-prod", "region": region, "retentionInDays": 90}
        for region in EDGE_REGIONS
    }


def test_the_distribution_has_the_stable_origin_and_one_behavior() -> None:
    distribution = inputs(run("local", "strategy=sticky-session"), DISTRIBUTION)
    assert distribution["origins"] == [
        {
            "originId": "stable",
            "domainName": "v1.example.com",
            "customOriginConfig": {
                "httpPort": 80,
                "httpsPort": 443,
                "originProtocolPolicy": "https-only",
                "originReadTimeout": 30,
                "originSslProtocols": ["TLSv1.2"],
            },
        }
    ]
    behavior = distribution["defaultCacheBehavior"]
    assert behavior["targetOriginId"] == "stable"
    assert behavior["viewerProtocolPolicy"] == "redirect-to-https"
    assert sorted(behavior["allowedMethods"]) == ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    assert behavior["cachedMethods"] == ["GET", "HEAD"]
    assert "orderedCacheBehaviors" not in distribution
    assert (distribution["comment"], distribution["httpVersion"]) == ("edge-router-local: sticky-session", "http2and3")
    assert (distribution["isIpv6Enabled"], distribution["waitForDeployment"]) == (True, True)


def test_an_origin_over_http_keeps_its_port_and_path() -> None:
    found = run("local", "origins.stable.protocol=http", "origins.stable.port=8080", "origins.stable.path=/shop")
    [origin] = inputs(found, DISTRIBUTION)["origins"]
    config = origin["customOriginConfig"]
    assert origin["originPath"] == "/shop"
    assert (config["originProtocolPolicy"], config["httpPort"], config["httpsPort"]) == ("http-only", 8080, 443)


def test_the_whole_request_but_for_host_reaches_the_router() -> None:
    policy = inputs(run("local", "strategy=sticky-session"), ORIGIN_REQUEST_POLICY)
    assert policy == {
        "name": "edge-router-local-origin-host",
        "comment": "The whole request but for Host",
        "cookiesConfig": {"cookieBehavior": "all"},
        "headersConfig": {"headerBehavior": "allExcept", "headers": {"items": ["host"]}},
        "queryStringsConfig": {"queryStringBehavior": "all"},
    }


@pytest.mark.long
def test_host_is_forwarded_and_keyed_where_an_origin_wants_the_viewers() -> None:
    found = run("local", "strategy=fastest-origin", "origins.canary.hostHeader=viewer")
    policy = inputs(found, ORIGIN_REQUEST_POLICY)
    assert policy["headersConfig"] == {"headerBehavior": "allViewer"}
    key = inputs(found, CACHE_POLICY)["parametersInCacheKeyAndForwardedToOrigin"]["headersConfig"]["headers"]["items"]
    assert key == sorted([*KEY_HEADERS, "host", "x-qa-origin"])


@pytest.mark.long
def test_the_function_stays_in_us_east_1_whatever_the_stacks_region_is() -> None:
    found = run("local", "aws:region=eu-west-1")
    assert inputs(found, FUNCTION)["region"] == "us-east-1"
    assert {table["inputs"]["region"] for table in resources(found, TABLE)} == {"us-east-1"}
    assert {one["inputs"]["region"] for one in all_resources(found, FUNCTION)} == {"us-east-1"}


@pytest.mark.long
def test_nothing_is_in_the_stacks_region() -> None:
    stacks = [run("local", "aws:region=eu-south-2", *more) for more in ((), ("strategy=tier",))]
    found = [
        one for stack in stacks for one in stack.state["deployment"]["resources"] if one["type"].startswith("aws:")
    ]
    assert len(found) > 20
    assert {one["type"] for one in found if one["outputs"].get("region") == "eu-south-2"} == set()


def test_viewers_meet_the_function_when_its_rights_and_logs_are_there() -> None:
    found = run("local", "strategy=sticky-session")
    [distribution] = resources(found, DISTRIBUTION)
    names = {urn.rpartition("::")[2] for urn in distribution["dependencies"]}
    assert {"write-log", "read-sessions", "read-control", "control-config"} <= names
    assert {"logs-us-east-1", "logs-sa-east-1", "function"} <= names


def changed_names(before: Run, stack: str, *overrides: str) -> dict[str, set[str]]:
    """Names of resources by what an update does to them, but for those that stay the same."""
    found: dict[str, set[str]] = {}
    for change in run_stack(stack, *overrides, state=before.state).changes:
        if change.op != "same":
            found.setdefault(change.op, set()).add(change.name)
    return found


def test_a_new_version_is_attached() -> None:
    before = run("prod", "strategy=sticky-session")
    assert changed_names(before, "prod", "function.memoryMb=256") == {"update": {"function", "distribution"}}
    after = run_program("prod", overrides=["function.memoryMb=256"], state=before.state)
    associations = inputs(after, DISTRIBUTION)["defaultCacheBehavior"]["lambdaFunctionAssociations"]
    assert {one["lambdaArn"].rpartition(":")[2] for one in associations} == {"2"}


@pytest.mark.long_if(r"jwt-iat|fastest-origin|\b(local|staging|tenant-lookup|tier)\b")
@every_stack
@every_strategy
def test_switching_keeps_all_tables(stack: str, strategy: str) -> None:
    before = run(stack, "strategy=sticky-session")
    after = run_stack(stack, *choosing(strategy), state=before.state)
    assert {(change.name, change.op) for change in after.changes if change.type == TABLE} == {
        ("control", "same"),
        ("sessions", "same"),
        ("tenants", "same"),
    }
    assert {one["outputs"]["arn"] for one in resources(after, TABLE)} == {
        one["outputs"]["arn"] for one in resources(before, TABLE)
    }


def test_a_switch_takes_rights_and_policies_away_last() -> None:
    """Until the distribution has the new version, the old one goes on reading its table and being uncached."""
    before = run("prod", "strategy=sticky-session")
    after = run_program("prod", overrides=["strategy=fastest-origin"], state=before.state)
    steps = [(change.op, change.name) for change in after.changes if change.op != "same"]
    assert steps.index(("create", "cached")) < steps.index(("update", "distribution"))
    after_it = steps[steps.index(("update", "distribution")) + 1 :]
    assert {("delete", "uncached"), ("delete", "read-sessions"), ("delete", "controller")} <= set(after_it)
    assert {op for op, _ in after_it} == {"delete"}


@pytest.mark.long
def test_a_table_whose_section_goes_stays_in_the_account(project: Path) -> None:
    edit_stack(project, "staging", tenantLookup=None)
    before = run("staging", "strategy=sticky-session")
    after = run_program("staging", project=project, overrides=[CONNECTED], state=before.state)
    assert {change.name: change.op for change in after.changes if change.type == TABLE} == {
        "control": "same",
        "sessions": "same",
        "tenants": "retain",
    }


@pytest.mark.long
def test_prod_does_not_let_go_of_a_table(project: Path) -> None:
    edit_stack(project, "prod", tenantLookup=None)
    with pytest.raises(ProgramError, match="cannot be deleted because it is protected"):
        run_program("prod", project=project, state=run("prod", "strategy=sticky-session").state)


def test_mistakes_end_the_program_in_words() -> None:
    with pytest.raises(ProgramError) as caught:
        run_program("local", overrides=["pin=stabel", "stickySession.cokie=x"])
    assert str(caught.value) == "\n".join(
        [
            "2 invalid settings:",
            "  edge-router:pin is 'stabel': did you mean stable? Allowed: canary, none, stable",
            "  edge-router:stickySession.cokie is an unknown key: did you mean cookie? Allowed: applicationCookies,"
            " assignSubrequests, caching, cookie, cookieSecrets, decodeCookie, expiryAttribute, homeRegion,"
            " keyAttribute, keyDigest, keyPrefix, partitioned, path, preset, rememberCookie,"
            " rememberCookieSeconds, rememberInCookie, replicas, sameSite, signedCookie, signingKeys, tableName,"
            " versionAttribute, versionCookie, versionPath, versions",
        ]
    )


@pytest.mark.long
def test_preview_warns_of_what_is_rarely_meant() -> None:
    found = run("local", "strategy=jwt-iat", "jwtIat.verify=false")
    [warning] = warnings_of(found)
    assert warning.startswith("edge-router:jwtIat: verify is false: anyone can write a token")


def test_a_preview_works_on_a_stack_that_is_not_there_yet() -> None:
    found = run_program("prod", preview=True)
    assert {change.op for change in found.changes} == {"create"}
    assert found.outputs["functionArn"] == "[unknown]"
