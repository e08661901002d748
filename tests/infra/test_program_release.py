"""The Pulumi program with live control, a rollout and the validator: what it registers, and what a change changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from infra.config.aws_regions import EDGE_REGIONS
from simulator.standin.program import Run, run_program
from tests.infra.configs import choosing, edit_stack
from tests.infra.test_program import (
    ACCOUNT,
    BY_PERCENTAGE,
    DISTRIBUTION,
    FUNCTION,
    LOG_GROUP,
    ROLE,
    ROLE_POLICY,
    STORE,
    TABLE,
    VERSIONED,
    all_resources,
    changed_names,
    every_stack,
    every_versioned,
    on_lambda,
    run,
)

ITEM = "aws:dynamodb/tableItem:TableItem"
RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
PERMISSION = "aws:lambda/permission:Permission"
TOPIC = "aws:sns/topic:Topic"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
STICKY = "strategy=sticky-session"


def inputs_of(found: Run, kind: str, name: str) -> dict[str, Any]:
    """The inputs of a resource by its logical name."""
    [resource] = [one for one in all_resources(found, kind) if one["urn"].endswith(f"::{name}")]
    return resource["inputs"]


def policies(found: Run, role: str) -> dict[str, list[dict[str, Any]]]:
    """The statements of a role's policies, by their names."""
    attached = [one["inputs"] for one in all_resources(found, ROLE_POLICY) if one["inputs"]["role"] == role]
    return {one["name"]: json.loads(one["policy"])["Statement"] for one in attached}


def allow(*actions: str, on: str | list[str]) -> list[dict[str, Any]]:
    resources = on if isinstance(on, list) else [on]
    return [{"Effect": "Allow", "Action": list(actions), "Resource": resources}]


@pytest.mark.long_if(
    r"sticky|jwt-iat|fastest-origin|tenant-lookup|\b(local|staging)\b|release=.*cookie|pin=.*cookie|canaryPercent=.*sticky"
)
@pytest.mark.parametrize("stack", ["staging", "prod"])
@on_lambda
@pytest.mark.parametrize("override", ["canaryPercent=25", "pin=stable", "release=next"])
def test_a_new_percentage_pin_or_release_changes_one_table_item(stack: str, strategy: str, override: str) -> None:
    """No version of the function is published, and the distribution stays as it is."""
    chosen = choosing(strategy)
    assert changed_names(run(stack, *chosen), stack, *chosen, override) == {"update": {"control-config"}}


@pytest.mark.long_if(r"\b(local|staging)\b")
@every_stack
def test_the_control_table_is_global_and_goes_with_its_stack(stack: str) -> None:
    found = run(stack, STICKY)
    [table] = [one for one in all_resources(found, TABLE) if "infra:Control$" in one["urn"]]
    assert table["inputs"] == {
        "name": f"edge-router-{stack}-control",
        "region": "us-east-1",
        "billingMode": "PAY_PER_REQUEST",
        "hashKey": "scope",
        "rangeKey": "item",
        "attributes": [{"name": "scope", "type": "S"}, {"name": "item", "type": "S"}],
        "replicas": [{"regionName": "eu-west-1"}, {"regionName": "ap-southeast-1"}],
        "streamEnabled": True,
        "streamViewType": "NEW_AND_OLD_IMAGES",
    }
    assert not {"protect", "retainOnDelete"} & set(table)


@pytest.mark.long
def test_the_item_is_the_config_with_a_revision_of_its_content() -> None:
    item = inputs_of(run("prod", STICKY, "canaryPercent=12.5"), ITEM, "control-config")
    assert json.loads(item["item"]) == {
        "scope": {"S": "edge"},
        "item": {"S": "config"},
        "canaryPercent": {"N": "12.5"},
        "pin": {"S": "none"},
        "release": {"S": "2026-11"},
        "revision": {"S": "f552a3f4"},
    }
    assert (item["tableName"], item["hashKey"], item["rangeKey"]) == ("edge-router-prod-control", "scope", "item")
    revisions = {
        json.loads(inputs_of(run("prod", STICKY, *change), ITEM, "control-config")["item"])["revision"]["S"]
        for change in ((), ("canaryPercent=1",), ("pin=stable",), ("release=next",), ("function.memoryMb=256",))
    }
    assert len(revisions) == 4


@pytest.mark.long
def test_another_name_and_other_regions_are_those_of_table_item_and_right() -> None:
    control = ("control.tableName=Control", "control.homeRegion=eu-west-1", "control.replicas[0]=us-west-2")
    found = run("prod", STICKY, *control)
    assert (
        inputs_of(found, TABLE, "control")["region"]
        == inputs_of(found, ITEM, "control-config")["region"]
        == "eu-west-1"
    )
    copies = [f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/Control" for region in ("eu-west-1", "us-west-2")]
    assert policies(found, "edge-router-prod")["read-control"] == allow("dynamodb:Query", on=copies)
    assert inputs_of(found, FUNCTION, "controller")["region"] == "eu-west-1"


@every_versioned
def test_before_the_cache_the_router_reads_no_control_table(strategy: str) -> None:
    assert "read-control" not in policies(run("prod", *VERSIONED[strategy]), "edge-router-prod")


@pytest.mark.long
def test_baked_and_back_to_live(project: Path) -> None:
    live = (project / "Pulumi.prod.yaml").read_text()
    first = run_program("prod", project=project)
    edit_stack(project, "prod", control="baked", rollout=None)
    baked = run_program("prod", project=project, state=first.state)
    steps = [(change.op, change.name) for change in baked.changes if change.op != "same"]
    updated = steps.index(("update", "distribution"))
    assert set(steps[:updated]) == {("update", "function")}
    assert {("delete", name) for name in ("control", "control-config", "read-control", "controller")} <= set(
        steps[updated:]
    )
    assert not {"controlTable", "controllerFunction", "rolloutTopic"} & set(baked.outputs)
    again = run_program("prod", project=project, overrides=["canaryPercent=25"], state=baked.state)
    assert {(change.op, change.name) for change in again.changes if change.op == "update"} == {
        ("update", "function"),
        ("update", "distribution"),
    }
    (project / "Pulumi.prod.yaml").write_text(live)
    back = run_program("prod", project=project, state=again.state)
    steps = [(change.op, change.name) for change in back.changes if change.op != "same"]
    updated = steps.index(("update", "distribution"))
    assert {("create", name) for name in ("control", "control-config", "read-control")} <= set(steps[:updated])
    assert "delete" not in {op for op, _ in steps}


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup|\b(local|staging)\b")
@every_stack
@pytest.mark.parametrize("strategy", ["tenant-lookup", "fastest-origin", "tier"])
def test_no_controller_is_there_where_no_percentage_assigns(stack: str, strategy: str) -> None:
    found = run(stack, f"strategy={strategy}")
    for kind in (RULE, TARGET, PERMISSION, TOPIC, SUBSCRIPTION):
        assert all_resources(found, kind) == []
    triggers = inputs_of(found, DISTRIBUTION, "distribution")["defaultCacheBehavior"].get(
        "lambdaFunctionAssociations", []
    )
    is_there_for_redirects = strategy != "tier"  # and for cookies of answers that are kept
    assert ("origin-response" in {one["eventType"] for one in triggers}) is is_there_for_redirects


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup|\b(local|staging)\b")
@every_stack
@pytest.mark.parametrize("strategy", BY_PERCENTAGE)
def test_the_controller_may_do_only_what_it_does(stack: str, strategy: str) -> None:
    found = run(stack, *choosing(strategy))
    name = f"edge-router-{stack}-controller"
    assert policies(found, name) == {
        "write-log": allow(
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            on=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/{name}:*",
        ),
        "control-table": allow(
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:ConditionCheckItem",
            on=f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/edge-router-{stack}-control",
        ),
        "read-metrics": allow("cloudwatch:GetMetricData", on="*"),
        "read-alarms": allow("cloudwatch:DescribeAlarms", on="*"),
        "notify": [
            *allow("sns:Publish", on=f"arn:aws:sns:us-east-1:{ACCOUNT}:edge-router-{stack}-rollout"),
            {
                **allow("events:PutEvents", on=f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default")[0],
                "Condition": {"StringEquals": {"events:source": "edge-router"}},
            },
        ],
    }
    trust = json.loads(inputs_of(found, ROLE, "controller-role")["assumeRolePolicy"])
    assert trust["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]


@pytest.mark.long_if(r"sticky")
@every_versioned
def test_the_key_value_store_is_a_right_of_its_own(strategy: str) -> None:
    found = run("prod", *VERSIONED[strategy])
    store = all_resources(found, STORE)[0]["outputs"]["arn"]
    rights = policies(found, "edge-router-prod-controller")
    actions = [f"cloudfront-keyvaluestore:{name}" for name in ("DescribeKeyValueStore", "GetKey", "PutKey")]
    assert rights["key-value-store"] == allow(*actions, on=store)
    controller = inputs_of(found, FUNCTION, "controller")
    assert controller["environment"]["variables"]["KEY_VALUE_STORE_ARN"] == store
    with ZipFile(controller["code"]["path"]) as archive:
        names = archive.namelist()
    assert [name for name in names if name.endswith(".so")] == ["_awscrt.abi3.so"]


def test_the_controller_is_a_small_function_once_a_minute() -> None:
    found = run("staging", STICKY)
    controller = inputs_of(found, FUNCTION, "controller")
    code = controller.pop("code")
    assert controller == {
        "name": "edge-router-staging-controller",
        "description": "Raises the canary's percentage by the plan, or takes it back",
        "region": "us-east-1",
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "handler": "controller.handler.handler",
        "role": f"arn:aws:iam::{ACCOUNT}:role/edge-router-staging-controller",
        "memorySize": 256,
        "timeout": 50,
        "loggingConfig": {"logFormat": "Text"},
        "environment": {
            "variables": {
                "CONTROL_TABLE": "edge-router-staging-control",
                "HOME_REGION": "us-east-1",
                "METRICS_NAMESPACE": "EdgeRouter",
                "METRIC_REGIONS": ",".join(EDGE_REGIONS),
                "REFRESH_SECONDS": "10",
                "STACK": "edge-router-staging",
                "TOPIC_ARN": f"arn:aws:sns:us-east-1:{ACCOUNT}:edge-router-staging-rollout",
            }
        },
    }
    topic = inputs_of(found, TOPIC, "rollout-topic")
    assert topic == {
        "name": "edge-router-staging-rollout",
        "region": "us-east-1",
        "kmsMasterKeyId": "alias/aws/sns",
    }
    rule = inputs_of(found, RULE, "rollout-schedule")
    assert (rule["name"], rule["scheduleExpression"]) == ("edge-router-staging-rollout", "rate(1 minute)")
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:edge-router-staging-controller"
    target = inputs_of(found, TARGET, "rollout-schedule-target")
    assert (target["rule"], target["arn"]) == ("edge-router-staging-rollout", arn)
    permission = inputs_of(found, PERMISSION, "rollout-schedule-may-invoke")
    assert permission == {
        "statementId": "schedule",
        "action": "lambda:InvokeFunction",
        "function": "edge-router-staging-controller",
        "principal": "events.amazonaws.com",
        "sourceArn": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/edge-router-staging-rollout",
        "region": "us-east-1",
    }
    group = inputs_of(found, LOG_GROUP, "controller-log")
    assert (group["name"], group["retentionInDays"]) == ("/aws/lambda/edge-router-staging-controller", 14)
    with ZipFile(code["path"]) as archive:
        names = set(archive.namelist())
    assert {"controller/handler.py", "controller/reconcile.py", "router/control/live.py"} <= names
    assert {name.partition("/")[0] for name in names} == {"controller", "router", "stats"}


@pytest.mark.long
def test_who_is_notified_is_subscribed_to_the_topic() -> None:
    notify = ("rollout.notify[0]=releases@example.com", "rollout.notify[1]=https://hooks.example.com/rollout")
    before = run("prod", STICKY)
    found = run("prod", STICKY, *notify)
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:edge-router-prod-rollout"
    assert [one["inputs"] for one in all_resources(found, SUBSCRIPTION)] == [
        {"topic": topic, "protocol": "https", "endpoint": "https://hooks.example.com/rollout", "region": "us-east-1"},
        {"topic": topic, "protocol": "email", "endpoint": "releases@example.com", "region": "us-east-1"},
    ]
    assert set(changed_names(before, "prod", STICKY, *notify)) == {"create"}


@pytest.mark.long
def test_another_plan_changes_nothing_that_is_deployed() -> None:
    """`edge-router rollout start` takes the plan from config and puts it into the rollout's item."""
    plan = ("rollout.steps[0]=2", "rollout.interval=1h", "rollout.minimumRequests=50", "rollout.onInconclusive=wait")
    assert changed_names(run("prod", STICKY), "prod", STICKY, *plan) == {}


@pytest.mark.long
def test_the_validator_is_a_function_of_its_own_where_it_is_asked_for() -> None:
    before = run("local", STICKY)
    assert "validatorFunction" not in before.outputs
    assert set(changed_names(before, "local", STICKY, "validator.function=true")) == {"create"}
    found = run("local", STICKY, "validator.function=true")
    assert found.outputs["validatorFunction"] == "edge-router-local-validator"
    validator = inputs_of(found, FUNCTION, "validator")
    assert (validator["handler"], validator["timeout"]) == ("validator.handler.handler", 150)
    assert (validator["architectures"], validator["memorySize"]) == (["arm64"], 256)
    plan = json.loads(validator["environment"]["variables"]["VALIDATOR_PLAN"])
    assert plan == {"url": f"https://{found.outputs['domain']}/", "override": {"header": "x-qa-origin"}}
    assert "local-demo" not in json.dumps(found.state)
    assert set(policies(found, "edge-router-local-validator")) == {"write-log", "report-job"}
    jobs = allow("codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult", on="*")
    assert policies(found, "edge-router-local-validator")["report-job"] == jobs
    with ZipFile(validator["code"]["path"]) as archive:
        names = set(archive.namelist())
    assert {"validator/handler.py", "httpx/__init__.py", "certifi/cacert.pem"} <= names
    assert not [name for name in names if "dist-info" in name]
