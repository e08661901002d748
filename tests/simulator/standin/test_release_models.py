"""What live control and rollouts need of the stand-in: table items and reading them, schedules, permissions, topics."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from simulator.dynamodb import LocalDynamoDB
from simulator.standin.model.errors import DataSourceError, StandInError
from simulator.standin.model.wire import ARCHIVE, SIGNATURE
from simulator.standin.provider import StandIn

TABLE = "aws:dynamodb/table:Table"
ITEM = "aws:dynamodb/tableItem:TableItem"
FUNCTION = "aws:lambda/function:Function"
PERMISSION = "aws:lambda/permission:Permission"
RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
TOPIC = "aws:sns/topic:Topic"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
GET_ITEM = "aws:dynamodb/getTableItem:getTableItem"

KEYS = [{"name": "scope", "type": "S"}, {"name": "item", "type": "S"}]
CONFIG = {"scope": {"S": "edge"}, "item": {"S": "config"}, "canaryPercent": {"N": "12.5"}}
CONTROL = {
    "name": "control",
    "billingMode": "PAY_PER_REQUEST",
    "hashKey": "scope",
    "rangeKey": "item",
    "attributes": KEYS,
}
PLACE = {"tableName": "control", "hashKey": "scope", "rangeKey": "item"}


def urn(kind: str) -> str:
    return f"urn:pulumi:dev::edge-router::{kind}::sample"


class Account:
    """A stand-in with the control table, a function, a rule and a topic."""

    def __init__(self, package: Path) -> None:
        with ZipFile(package, "w") as archive:
            archive.writestr("handler.py", "")
        self.stand_in = StandIn("us-east-1")
        _, self.table = self.create(TABLE, **CONTROL)
        _, self.function = self.create(
            FUNCTION,
            name="controller",
            runtime="python3.13",
            handler="controller.handler.handler",
            role="arn:aws:iam::123456789012:role/controller",
            code={SIGNATURE: ARCHIVE, "path": str(package), "hash": "00" * 32},
        )
        self.rule, self.rule_outputs = self.create(RULE, name="look", scheduleExpression="rate(1 minute)")
        self.topic, self.topic_outputs = self.create(TOPIC, name="rollout")

    def create(self, kind: str, **inputs: Any) -> tuple[str, dict[str, Any]]:
        checked, failures = self.stand_in.check(kind, urn(kind), inputs)
        assert failures == []
        return self.stand_in.create(kind, urn(kind), checked)

    def failures(self, kind: str, **inputs: Any) -> list[str]:
        return [str(failure) for failure in self.stand_in.check(kind, urn(kind), inputs)[1]]


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path / "package.zip")


def item(**attributes: object) -> str:
    return json.dumps({**CONFIG, **attributes})


def test_an_item_is_named_by_its_table_and_key(account: Account) -> None:
    identity, outputs = account.create(ITEM, **PLACE, item=item())
    assert identity == "control|scope|edge|item|config"
    assert outputs == {**PLACE, "item": item(), "region": "us-east-1", "id": identity}


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        (
            {"tableName": "other"},
            "tableName: is 'other': there is no such table in this deployment (ResourceNotFoundException)",
        ),
        (
            {"region": "eu-west-1"},
            "tableName: is 'control': there is no such table in this deployment (ResourceNotFoundException)",
        ),
        ({"hashKey": "id"}, "hashKey: is 'id': the table has 'scope' (ValidationException)"),
        ({"rangeKey": None}, "rangeKey: is None: the table has 'item' (ValidationException)"),
        ({"item": "{"}, 'item: is not an item in DynamoDB\'s JSON, such as {"id": {"S": "one"}}'),
        ({"item": '{"a": 1}'}, 'item: is not an item in DynamoDB\'s JSON, such as {"id": {"S": "one"}}'),
        ({"item": '{"scope": {"S": "edge"}}'}, "item: has no attribute 'item', which is the rangeKey"),
        (
            {"item": item(canaryPercent={"N": 12})},
            "item: has 12 at 'canaryPercent': a number stands as text, such as \"12.5\"",
        ),
        ({"item": item(scope={"N": "1"})}, "item: has the type N at 'scope': the table says S"),
        ({"item": item(pad={"S": "x" * 409_600})}, "item: is larger than 409600 bytes"),
    ],
)
def test_an_item_that_dynamodb_would_not_take_is_refused(
    account: Account, changes: dict[str, Any], failure: str
) -> None:
    assert failure in account.failures(ITEM, **{**PLACE, "item": item(), **changes})


def test_a_changed_item_is_an_update_and_a_changed_table_a_replacement(account: Account) -> None:
    from simulator.standin.model.model import Known

    before = Known({**PLACE, "item": item()}, {**PLACE, "item": item(), "region": "us-east-1"})
    changed = account.stand_in.diff(ITEM, before, {**PLACE, "item": item(pin={"S": "stable"})})
    assert ([change.path for change in changed.paths], changed.replaces) == (["item"], ())
    moved = account.stand_in.diff(ITEM, before, {**PLACE, "tableName": "other", "item": item()})
    assert moved.replaces == ("tableName",)


@pytest.mark.parametrize("expression", ["rate(1 minute)", "rate(5 minutes)", "rate(1 hour)", "cron(0 12 * * ? *)"])
def test_schedules_that_eventbridge_takes(account: Account, expression: str) -> None:
    identity, outputs = account.create(RULE, name="other", scheduleExpression=expression)
    assert (identity, outputs["state"]) == ("other", "ENABLED")
    assert outputs["arn"] == "arn:aws:events:us-east-1:123456789012:rule/other"


@pytest.mark.parametrize(
    "expression", ["rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "every minute", "cron(0)"]
)
def test_schedules_that_eventbridge_refuses(account: Account, expression: str) -> None:
    assert account.failures(RULE, name="other", scheduleExpression=expression) == [
        f"scheduleExpression: is {expression!r}: must be such as rate(1 minute), rate(5 minutes) or cron(0 12 * * ? *)"
    ]


def test_a_rule_has_a_schedule_or_a_pattern(account: Account) -> None:
    assert account.failures(RULE, name="other", eventPattern='{"source":["aws.cloudwatch"]}') == []
    assert account.failures(RULE, name="other") == [
        "scheduleExpression: is required, or eventPattern (ValidationException)"
    ]
    for pattern in ("{", "[]"):
        assert account.failures(RULE, name="other", eventPattern=pattern) == [
            "eventPattern: is not a JSON object (InvalidEventPatternException)"
        ]
    long = json.dumps({"source": ["x" * 2_048]})
    assert account.failures(RULE, name="other", eventPattern=long) == [
        f"eventPattern: has {len(long)} characters: EventBridge takes 2048"
    ]


def test_a_target_needs_its_rule_and_its_function(account: Account) -> None:
    target = {"rule": account.rule, "arn": account.function["arn"], "targetId": "controller"}
    assert account.create(TARGET, **target)[0] == "look-controller"
    other = f"{account.function['arn']}2"
    assert account.failures(TARGET, **{**target, "rule": "other", "arn": other}) == [
        "rule: is 'other': there is no such rule in this deployment (ResourceNotFoundException)",
        f"arn: is {other!r}: there is no such function in this deployment",
    ]
    assert account.failures(TARGET, **{**target, "arn": "arn:aws:sqs:us-east-1:123456789012:queue"})[0].endswith(
        "must be the ARN of a Lambda function, a topic or an event bus: other targets are not modelled"
    )


def test_a_permission_is_for_a_function_that_is_there(account: Account) -> None:
    permission = {
        "statementId": "schedule",
        "action": "lambda:InvokeFunction",
        "function": "controller",
        "principal": "events.amazonaws.com",
        "sourceArn": account.rule_outputs["arn"],
    }
    assert account.create(PERMISSION, **permission)[0] == "schedule"
    assert account.failures(PERMISSION, **{**permission, "function": "other"}) == [
        "function: is 'other': there is no such function in this deployment"
    ]
    assert account.failures(PERMISSION, **{**permission, "action": "invoke"}) == [
        "action: is 'invoke': must be an action of Lambda, such as lambda:InvokeFunction"
    ]


def test_a_subscription_waits_to_be_confirmed(account: Account) -> None:
    assert account.topic == account.topic_outputs["arn"] == "arn:aws:sns:us-east-1:123456789012:rollout"
    identity, outputs = account.create(
        SUBSCRIPTION, topic=account.topic, protocol="email", endpoint="releases@example.com"
    )
    assert identity.startswith(f"{account.topic}:")
    assert (outputs["arn"], outputs["pendingConfirmation"]) == (identity, True)


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"topic": "arn:aws:sns:us-east-1:123456789012:other"}, "there is no such topic in this deployment (NotFound)"),
        ({"endpoint": "somebody"}, "endpoint: is not an endpoint of the protocol email (InvalidParameter)"),
        ({"protocol": "sms"}, "protocol: is 'sms': AWS allows email, https"),
        ({"filterPolicy": "{}"}, "filterPolicy: the stand-in does not model this property"),
    ],
)
def test_a_subscription_that_sns_would_not_take_is_refused(
    account: Account, changes: dict[str, Any], failure: str
) -> None:
    inputs = {"topic": account.topic, "protocol": "email", "endpoint": "releases@example.com", **changes}
    [found] = account.failures(SUBSCRIPTION, **inputs)
    assert found.endswith(failure)


def read_request(**changes: object) -> dict[str, object]:
    key = {"scope": {"S": "edge"}, "item": {"S": "config"}}
    return {"tableName": "control", "key": json.dumps(key), "region": "eu-west-1", **changes}


def test_without_a_local_dynamodb_no_item_is_found() -> None:
    with pytest.raises(DataSourceError, match=r"^reading DynamoDB Table Item \(control\|.*\): empty result$"):
        StandIn().invoke(GET_ITEM, read_request())


def test_what_the_data_source_does_not_model_is_refused_by_name() -> None:
    with pytest.raises(StandInError, match=f"^the stand-in does not model projectionExpression of {GET_ITEM}$"):
        StandIn().invoke(GET_ITEM, read_request(projectionExpression="pin"))


@pytest.mark.long
@pytest.mark.anyio
async def test_an_item_is_read_from_the_local_dynamodb_in_its_region() -> None:
    outputs = {**CONTROL, "region": "eu-west-1", "arn": "arn:aws:dynamodb:eu-west-1:123456789012:table/control"}
    resource = {
        "urn": urn(TABLE),
        "type": TABLE,
        "id": "control",
        "custom": True,
        "inputs": CONTROL,
        "outputs": outputs,
    }
    async with LocalDynamoDB() as dynamodb:
        await dynamodb.create_tables({"version": 3, "deployment": {"resources": [{**resource, "outputs": outputs}]}})
        stand_in = StandIn("us-east-1", dynamodb_url=dynamodb.endpoint_url)
        with pytest.raises(DataSourceError, match=r"empty result$"):
            await asyncio.to_thread(stand_in.invoke, GET_ITEM, read_request())
        await dynamodb.call("eu-west-1", "PutItem", {"TableName": "control", "Item": CONFIG})
        answer = await asyncio.to_thread(stand_in.invoke, GET_ITEM, read_request())
        assert json.loads(str(answer["item"])) == CONFIG
        with pytest.raises(DataSourceError, match="ResourceNotFoundException"):
            await asyncio.to_thread(stand_in.invoke, GET_ITEM, read_request(tableName="other"))
    with pytest.raises(DataSourceError, match="Could not connect"):
        stand_in.invoke(GET_ITEM, read_request())


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
