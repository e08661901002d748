"""What alarms, dashboards, filters and queries need of the stand-in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.simulator.standin.test_front_models import Account

GROUP = "aws:cloudwatch/logGroup:LogGroup"
FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
QUERY = "aws:cloudwatch/queryDefinition:QueryDefinition"
TOPIC = "aws:sns/topic:Topic"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
ROLE = "aws:iam/role:Role"
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/default"
SIMPLE = {
    "name": "errors",
    "comparisonOperator": "GreaterThanThreshold",
    "evaluationPeriods": 1,
    "threshold": 1,
    "namespace": "AWS/Lambda",
    "metricName": "Errors",
    "period": 300,
    "statistic": "Sum",
}


@pytest.fixture
def account() -> Account:
    return Account()


def sum_query(name: str) -> dict[str, Any]:
    return {"id": name, "metric": {"metricName": name, "namespace": "N", "period": 300, "stat": "Sum"}}


def watching_alarm(*queries: dict[str, Any]) -> dict[str, Any]:
    kept = {key: SIMPLE[key] for key in ("name", "comparisonOperator", "evaluationPeriods", "threshold")}
    return {**kept, "metricQueries": list(queries)}


def test_an_alarm_watches_a_metric_or_an_expression(account: Account) -> None:
    expression = {"id": "share", "expression": "100 * failed / total", "returnData": True}
    assert account.failures(ALARM, **SIMPLE) == []
    assert account.failures(ALARM, **watching_alarm(expression, sum_query("failed"), sum_query("total"))) == []
    assert account.failures(ALARM, **{**SIMPLE, "metricName": None}) == [
        "metricQueries: is required, or metricName, and not both"
    ]
    assert account.failures(ALARM, **{**SIMPLE, "statistic": None}) == [
        "statistic: is required, or extendedStatistic, and not both"
    ]


def test_an_expression_names_what_there_is(account: Account) -> None:
    lost = {"id": "share", "expression": "100 * failed / total", "returnData": True}
    assert account.failures(ALARM, **watching_alarm(lost, sum_query("failed"))) == [
        "metricQueries[0].expression: names total, which no query has"
    ]
    assert account.failures(ALARM, **watching_alarm(sum_query("failed"))) == [
        "metricQueries: must have exactly one with returnData: true"
    ]
    assert account.failures(ALARM, **watching_alarm({**sum_query("failed"), "id": "Failed", "returnData": True})) == [
        "metricQueries[0].id: must begin with a small letter, and have letters, digits and _ only"
    ]


def test_an_alarm_acts_in_its_own_region(account: Account) -> None:
    topic = account.create(TOPIC, name="alarms")["arn"]
    assert account.failures(ALARM, **SIMPLE, alarmActions=[topic]) == []
    assert account.failures(ALARM, **SIMPLE, alarmActions=[topic], region="eu-west-1") == [
        "alarmActions[0]: is in us-east-1: an alarm acts in its own Region, eu-west-1"
    ]


def transformation(**changes: Any) -> dict[str, Any]:
    return {"name": "Fallbacks", "namespace": "EdgeRouter/x", "value": "1", **changes}


def test_a_filter_is_on_a_group_that_is_there(account: Account) -> None:
    made = {"name": "f", "pattern": "{ $.fallback IS TRUE }", "metricTransformation": transformation()}
    assert account.failures(FILTER, **made, logGroupName="g") == [
        "logGroupName: is 'g': there is no such group here (ResourceNotFoundException)"
    ]
    account.create(GROUP, name="g")
    assert account.failures(FILTER, **made, logGroupName="g") == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"dimensions": {"Reason": "$.reason"}, "defaultValue": "0"},
            "metricTransformation.defaultValue: does not go together with dimensions (InvalidParameter)",
        ),
        (
            {"dimensions": {"Reason": "all"}},
            "metricTransformation.dimensions.Reason: is 'all': must name a field, such as $.reason",
        ),
        (
            {"dimensions": dict.fromkeys("ABCD", "$.x")},
            "metricTransformation.dimensions: are 4: a filter takes 3",
        ),
        (
            {"name": "a:b"},
            "metricTransformation.name: is 'a:b': must be 1 to 255 characters other than :, * and $",
        ),
    ],
)
def test_metrics_that_cloudwatch_logs_refuses(account: Account, changes: dict[str, Any], expected: str) -> None:
    account.create(GROUP, name="g")
    given = {"name": "f", "pattern": "x", "logGroupName": "g", "metricTransformation": transformation(**changes)}
    assert account.failures(FILTER, **given) == [expected]


def widget(*metrics: list[Any], **place: int) -> dict[str, Any]:
    return {
        "type": "metric",
        "x": 0,
        "y": 0,
        "width": 12,
        "height": 6,
        **place,
        "properties": {"metrics": list(metrics)},
    }


def dashboard_failures(account: Account, *widgets: dict[str, Any]) -> list[str]:
    return account.failures(DASHBOARD, dashboardName="d", dashboardBody=json.dumps({"widgets": widgets}))


def test_a_dashboard_is_made_of_widgets_that_fit(account: Account) -> None:
    line = ["N", "M", {"id": "m"}]
    assert dashboard_failures(account, widget([{"expression": "2 * m", "id": "e"}], line)) == []
    assert dashboard_failures(account, widget(line, x=18)) == [
        "dashboardBody.widgets[0]: does not lie within 24 columns"
    ]
    assert dashboard_failures(account, widget(line, line)) == ["dashboardBody.widgets[0]: has the same id twice"]
    assert dashboard_failures(account, widget([{"expression": "2 * lost"}])) == [
        "dashboardBody.widgets[0]: names lost, which no metric of it has"
    ]
    assert dashboard_failures(account, *[widget(line)] * 501) == [
        "dashboardBody: has 501 widgets: CloudWatch takes 500"
    ]
    [failure] = dashboard_failures(account, widget(*[["N", "M"]] * 501))
    assert failure == "dashboardBody: has 501 metrics: CloudWatch takes 2500, 500 in a widget"
    assert account.failures(DASHBOARD, dashboardName="d", dashboardBody="[]") == [
        "dashboardBody: is not JSON with widgets (InvalidParameterInput)"
    ]


def test_a_query_is_for_groups_that_are_there(account: Account) -> None:
    assert account.failures(QUERY, name="s/q", queryString="x", logGroupNames=["g"]) == [
        "logGroupNames[0]: is 'g': there is no such group in this deployment"
    ]


def test_a_topics_policy_has_statements(account: Account) -> None:
    topic = account.create(TOPIC, name="alarms")["arn"]
    [failure] = account.failures(TOPIC_POLICY, arn=topic, policy="{}")
    assert failure.startswith("policy: is not a JSON policy document")
    assert account.failures(TOPIC_POLICY, arn=f"{topic}2", policy=json.dumps({"Statement": [{"Effect": "Allow"}]})) == [
        f"arn: is '{topic}2': there is no such topic in this deployment (NotFound)",
        "policy.Statement[0]: has no Principal (InvalidParameter)",
        "policy.Statement[0]: has no Action (InvalidParameter)",
        "policy.Statement[0]: has no Resource (InvalidParameter)",
    ]


def trusting(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_rule_reaches_a_topic_of_its_region_and_a_bus_of_any_by_a_role(account: Account) -> None:
    account.create(RULE, name="r", eventPattern="{}")
    topic = account.create(TOPIC, name="alarms")["arn"]
    assert account.failures(TARGET, rule="r", arn=topic, targetId="t") == []
    assert account.failures(TARGET, rule="r", arn=topic, targetId="t", region="eu-west-1") == [
        "arn: is in us-east-1: a rule's topic is in its own Region, eu-west-1"
    ]
    role = account.create(ROLE, name="alarms", assumeRolePolicy=trusting("events.amazonaws.com"))["arn"]
    bus = {"rule": "r", "arn": BUS, "targetId": "t", "region": "eu-west-1"}
    assert account.failures(TARGET, **bus, roleArn=role) == []
    assert account.failures(TARGET, **bus) == [
        "roleArn: must be a role that trusts events.amazonaws.com, to write to a bus"
    ]
