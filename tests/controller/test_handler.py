"""The Lambda function: what it logs, and what its environment makes of it, with a DynamoDB and a CloudWatch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import controller.handler
from controller.handler import build_controller, run_once
from controller.reconcile import Controller
from controller.rollout import transitions
from controller.rollout.store import ControlTable, StoreError
from tests.controller.conftest import ClientOf, PutMetrics
from tests.controller.fakes import BEGIN, FAILING, HEALTHY, PLAN, World

ROOT = Path(__file__).parents[2]
MINUTES = range(1, 10)


@pytest.fixture
def environment(control_table: str, stack: str) -> dict[str, str]:
    return {
        "CONTROL_TABLE": control_table,
        "HOME_REGION": "us-east-1",
        "METRIC_REGIONS": "us-east-1,eu-west-1",
        "STACK": stack,
        "REFRESH_SECONDS": "5",
    }


@pytest.fixture
def started(client_of: ClientOf, control_table: str) -> ControlTable:
    table = ControlTable(client_of("dynamodb"), control_table)
    items = table.read()
    table.write(transitions.start(PLAN, items, BEGIN), items)
    return table


def test_a_rollout_goes_on_by_what_cloudwatch_has(
    environment: dict[str, str],
    started: ControlTable,
    client_of: ClientOf,
    put_metrics: PutMetrics,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for minute in MINUTES:
        for region in ("us-east-1", "eu-west-1"):
            for version in ("stable", "canary"):
                put_metrics(BEGIN + 60 * minute, version, region, Requests=[1] * 60, Errors=[0] * 60)
    line = run_once(build_controller(environment, client_of, lambda: BEGIN + 630))
    assert json.loads(capsys.readouterr().out) == line
    assert line["outcome"] == line["state"] == "running"
    assert line["reason"] == (
        "step 1 passed: errors: canary 0.00 % (0 of 960), stable 0.00 % (0 of 960), +0.00 points (-0.85"
        " to +1.31; allowed 1.00), p = 1 > 0.002"
    )
    assert (line["canaryPercent"], line["step"], line["revision"]) == (25, 1, 3)
    assert started.read().live.percent == 25


@pytest.mark.long
def test_a_failing_canary_is_rolled_back_with_a_notification(
    environment: dict[str, str], started: ControlTable, client_of: ClientOf, put_metrics: PutMetrics, stack: str
) -> None:
    sns, sqs = client_of("sns"), client_of("sqs")
    topic = sns.create_topic(Name=stack)["TopicArn"]
    queue = sqs.create_queue(QueueName=stack)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    for part in range(5):
        at = BEGIN + 60 + part
        put_metrics(at, "stable", Requests=[1] * 120, Errors=[0] * 120)
        put_metrics(at, "canary", Requests=[1] * 120, Errors=[0] * 108 + [1] * 12)
    line = run_once(build_controller({**environment, "TOPIC_ARN": topic}, client_of, lambda: BEGIN + 185))
    assert (line["outcome"], line["canaryPercent"]) == ("rolled-back", 0)
    assert line["samples"]["canary"]["errors"] == 60
    assert line["tests"]["errorRate"]["hasFailed"] is True
    assert started.read().live.is_withdrawn
    assert len(sqs.receive_message(QueueUrl=queue)["Messages"]) == 1


def test_a_reconciliation_logs_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    world.now += 300
    world.sources.found = HEALTHY
    world.sources.sync_error = "down"
    run_once(world.controller)
    (line,) = capsys.readouterr().out.splitlines()
    document = json.loads(line)
    assert document["failures"] == ["key values: RuntimeError: down"]
    assert set(document) == {
        *("outcome", "reason", "state", "canaryPercent", "release", "revision", "configRevision", "step", "looks"),
        *("waitsForPin", "samples", "tests", "startedAt", "stepStartedAt", "intervalStartedAt", "updatedAt"),
        *("measuredUntil", "failures", "gate", "changes", "sampleRatio", "metrics", "restarts"),
    }


def test_a_reconciliation_without_a_rollout_is_logged_too(
    environment: dict[str, str], client_of: ClientOf, capsys: pytest.CaptureFixture[str]
) -> None:
    run_once(build_controller(environment, client_of))
    assert capsys.readouterr().out == '{"outcome": "none", "reason": "no rollout was ever started"}\n'


def test_a_table_that_does_not_answer_fails_the_invocation(
    environment: dict[str, str], client_of: ClientOf, capsys: pytest.CaptureFixture[str]
) -> None:
    controller_ = build_controller({**environment, "CONTROL_TABLE": "nobodys"}, client_of)
    with pytest.raises(StoreError):
        run_once(controller_)
    document = json.loads(capsys.readouterr().out)
    assert document["outcome"] == "failed"
    assert document["reason"].startswith("the control table nobodys cannot be read: ")


@pytest.mark.parametrize("name", ["CONTROL_TABLE", "HOME_REGION", "METRIC_REGIONS", "STACK"])
def test_a_missing_environment_variable_is_named(environment: dict[str, str], client_of: ClientOf, name: str) -> None:
    del environment[name]
    with pytest.raises(KeyError, match=name):
        build_controller(environment, client_of)


def test_the_settle_time_comes_from_the_environment(environment: dict[str, str], client_of: ClientOf) -> None:
    made = build_controller(environment, client_of)
    assert made.timing.settle_seconds == 7
    assert made.key_values is None
    assert set(made.channels) == {"event"}
    assert made.webhook is None


def test_a_key_value_store_is_asked_for_where_the_environment_names_one(
    environment: dict[str, str], client_of: ClientOf
) -> None:
    made = build_controller(
        {**environment, "KEY_VALUE_STORE_ARN": "arn:aws:cloudfront::123456789012:key-value-store/a"}, client_of
    )
    assert made.key_values is not None


def test_an_instance_makes_its_clients_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world, made = World(), []

    def make(_: Any) -> Controller:
        made.append(world.controller)
        return world.controller

    monkeypatch.setattr(controller.handler, "build_controller", make)
    controller.handler._controller.cache_clear()
    world.sources.found = FAILING
    for _ in range(2):
        world.now += 300
        controller.handler.handler({}, None)
    controller.handler._controller.cache_clear()
    assert len(made) == 1
    assert [json.loads(line)["outcome"] for line in capsys.readouterr().out.splitlines()] == ["rolled-back", "over"]


@pytest.mark.long
def test_the_package_needs_nothing_but_boto3_and_the_routers_precedence() -> None:
    code = "import sys, controller.handler; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = set(found.stdout.split())
    assert {"controller", "router", "boto3"} <= modules
    assert modules.isdisjoint({"numpy", "scipy", "pydantic", "pulumi", "infra", "simulator", "cli", "strategies"})
    code = "import sys, controller.handler; print(*(name for name in sys.modules if name.startswith('router.')))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    in_model = {f"router.model.{name}" for name in ("assignment", "digest", "record")}
    assert set(found.stdout.split()) == in_model | {
        *("router.model", "router.control", "router.control.live"),
        *("router.dynamodb", "router.dynamodb.responses"),
    }
