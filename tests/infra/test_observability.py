"""Metrics out of the log, alarms, whom they reach, the dashboard and saved queries."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from infra.config.aws_regions import EDGE_REGIONS
from infra.observability.alarms import least_assigned
from infra.observability.log_metrics import assigned_split
from infra.observability.monitoring import QUERIES
from infra.package.baked_config import baked_config
from simulator.standin.program import run_program
from strategies.registry import STRATEGIES
from tests.docs.pages import section
from tests.infra.configs import (
    BY_PERCENTAGE,
    ON_LAMBDA,
    STACKS,
    choosing,
    needs_of,
    problems_of,
    shipped_stack,
    stack_of,
)
from tests.infra.test_program import (
    ACCOUNT,
    DISTRIBUTION,
    LOG_GROUP,
    VERSIONED,
    all_resources,
    function_name,
    inputs,
    run,
)

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
QUERY = "aws:cloudwatch/queryDefinition:QueryDefinition"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
ON = "alarms.notify[0]=on-call@example.com"
ONE_REGION = "logs.regions[0]=eu-west-1"
"""Two hundred resources fewer."""
CONFIGS = [*((*choosing(name), ON) for name in STRATEGIES), *((*VERSIONED[name], ON) for name in VERSIONED)]
every_config = pytest.mark.parametrize("config", CONFIGS, ids=" ".join)
CONFIGS_ON_LAMBDA = [one for one in CONFIGS if one[0].removeprefix("strategy=") in ON_LAMBDA]
on_lambda = pytest.mark.parametrize("config", CONFIGS_ON_LAMBDA, ids=" ".join)
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:edge-router-prod-alarms"


def of(kind: str, *config: str, stack: str = "prod") -> list[dict[str, Any]]:
    """The inputs of the section's own resources of a kind."""
    found = all_resources(run(stack, *config), kind)
    return [one["inputs"] for one in found if "infra:Observability$" in one["urn"]]


def alarms(*config: str) -> dict[str, dict[str, Any]]:
    return {one["name"].removeprefix("edge-router-prod/"): one for one in of(ALARM, *config)}


MISTAKES: list[tuple[dict[str, Any], str]] = [
    (
        {"notify": ["on-call"]},
        "notify[0] is 'on-call': an email address or an https URL; anything else subscribes to the topic in the stack's"
        " output alarmTopic",
    ),
    ({"notify": ["a@example.com", "a@example.com"]}, "notify lists 'a@example.com' twice"),
    ({"fallbackRatePercent": 0}, "fallbackRatePercent is 0.0: allowed is 0.01 to 100 percent"),
    ({"functionErrors": 0}, "functionErrors is 0: allowed is 1 to 1000000 errors"),
    ({"errorRatePercent": 101}, "errorRatePercent is 101.0: allowed is 0.01 to 100 percent"),
    ({"splitPoints": 0.5}, "splitPoints is 0.5: allowed is 1 to 100 percentage points"),
    ({"dashboard": "maybe"}, "dashboard is 'maybe': expected true or false"),
]


@pytest.mark.long
@pytest.mark.parametrize(("given", "expected"), MISTAKES, ids=[text for _, text in MISTAKES])
def test_a_mistake_is_named_by_its_full_key(given: dict[str, Any], expected: str) -> None:
    assert problems_of(alarms=given) == [f"edge-router:alarms.{expected}"]


@pytest.mark.long
@pytest.mark.parametrize("stack", STACKS)
def test_without_the_section_there_is_none_of_it(stack: str) -> None:
    assert [one for one in run(stack).state["deployment"]["resources"] if "Observability" in one["urn"]] == []  # type: ignore[index]


@pytest.mark.long
@pytest.mark.parametrize("stack", STACKS)
@every_config
def test_every_stack_and_strategy_can_have_it(stack: str, config: tuple[str, ...]) -> None:
    found = run(stack, *config)
    assert found.outputs["alarmTopic"] == f"arn:aws:sns:us-east-1:{ACCOUNT}:edge-router-{stack}-alarms"
    assert len(of(DASHBOARD, *config, stack=stack)) == 1


@pytest.mark.long
@on_lambda
def test_the_function_counts_whether_or_not_there_is_a_rollout(config: tuple[str, ...]) -> None:
    assert baked_config(shipped_stack("prod", *config))["metrics"] == {
        "namespace": "EdgeRouter",
        "stack": "edge-router-prod",
    }
    behavior = inputs(run("prod", *config), DISTRIBUTION)["defaultCacheBehavior"]
    triggers = [one["eventType"] for one in behavior["lambdaFunctionAssociations"]]
    assert triggers == ["origin-request", "origin-response"]


def test_a_stack_without_either_counts_nothing() -> None:
    assert "metrics" not in baked_config(stack_of())
    assert baked_config(stack_of(alarms={"dashboard": True}))["metrics"]["stack"] == "edge-router-test"


@pytest.mark.long
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_groups_of_all_regions_have_an_end(strategy: str) -> None:
    """With a function on Lambda they are there already, whether or not anybody watches."""
    groups = [one["inputs"] for one in all_resources(run("staging", *choosing(strategy)), LOG_GROUP)]
    edge = [one for one in groups if one["name"] == "/aws/lambda/us-east-1.edge-router-staging"]
    assert {one["region"] for one in edge} == (set(EDGE_REGIONS) if strategy in ON_LAMBDA else set())
    assert {one["retentionInDays"] for one in groups} <= {14}


@pytest.mark.long
@on_lambda
def test_every_region_counts_decisions_and_fallbacks_of_its_own_log(config: tuple[str, ...]) -> None:
    found = of(FILTER, *config)
    assert {one["region"] for one in found} == set(EDGE_REGIONS)
    assert {one["logGroupName"] for one in found} == {"/aws/lambda/us-east-1.edge-router-prod"}
    assert {one["metricTransformation"]["namespace"] for one in found} == {"EdgeRouter/edge-router-prod"}
    here = {one["name"]: one for one in found if one["region"] == "eu-west-1"}
    assert here["fallbacks"]["pattern"] == "{ $.fallback IS TRUE }"
    assert here["decisions"]["pattern"] == "{ ($.elapsedUs >= 0) || ($.fallback IS TRUE) }"
    assert here["fallback-reasons"]["metricTransformation"]["dimensions"] == {"Reason": "$.reason"}
    assert ("table-ms" in here) is (needs_of(config[0].removeprefix("strategy=")).table is not None)


@pytest.mark.long
@on_lambda
def test_every_region_has_alarms_on_fallbacks_and_errors_of_the_function(config: tuple[str, ...]) -> None:
    found = alarms(*config)
    name = function_name(run("prod", *config))
    for region in EDGE_REGIONS:
        fallbacks, errors = found[f"fallbacks/{region}"], found[f"function/{region}"]
        assert fallbacks["region"] == errors["region"] == region
        assert (fallbacks["threshold"], fallbacks["comparisonOperator"]) == (1, "GreaterThanThreshold")
        assert errors["dimensions"] == {"FunctionName": f"us-east-1.{name}"}
        assert (errors["namespace"], errors["metricName"], errors["threshold"]) == ("AWS/Lambda", "Errors", 1)
    assert {one["treatMissingData"] for one in found.values()} == {"notBreaching"}


@pytest.mark.long
@every_config
def test_cloudfronts_errors_have_one_alarm_in_us_east_1(config: tuple[str, ...]) -> None:
    alarm = alarms(*config)["5xx"]
    [distribution] = all_resources(run("prod", *config), DISTRIBUTION)
    assert alarm["dimensions"] == {"DistributionId": distribution["id"], "Region": "Global"}
    assert (alarm["namespace"], alarm["metricName"], alarm["threshold"], alarm["region"]) == (
        *("AWS/CloudFront", "5xxErrorRate", 5),
        "us-east-1",
    )


@pytest.mark.long
@every_config
def test_a_function_before_the_cache_has_an_alarm_of_its_own(config: tuple[str, ...]) -> None:
    found = alarms(*config).get("viewer-function")
    kind = "tier" if config[0] == "strategy=tier" else "canary"
    if config in CONFIGS_ON_LAMBDA and config[:-1] not in VERSIONED.values():
        assert found is None
    else:
        assert found is not None
        assert found["dimensions"] == {"FunctionName": f"edge-router-prod-{kind}", "Region": "Global"}
    rewriting = alarms(*config).get("site-function")
    assert (rewriting is not None) is (kind == "tier")
    if rewriting is not None:
        assert rewriting["dimensions"] == {"FunctionName": "edge-router-prod-site", "Region": "Global"}


@pytest.mark.long
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_split_is_watched_where_the_percentage_assigns(strategy: str) -> None:
    config = (*choosing(strategy), "canaryPercent=12.5", ON)
    split = [one for name, one in alarms(*config).items() if name.startswith("split/")]
    assert {one["region"] for one in split} == (set(EDGE_REGIONS) if strategy in BY_PERCENTAGE else set())
    for one in split:
        [off] = [query["expression"] for query in one["metricQueries"] if query["returnData"]]
        assert off == "IF(FILL(total, 0) >= 400, ABS(100 * FILL(canary, 0) / FILL(total, 0) - 12.5), 0)"
        assert one["threshold"] == 10


@pytest.mark.long
@pytest.mark.parametrize(
    "config", [("pin=stable", ON), (*VERSIONED["cookie-version"], ON), (*VERSIONED["sticky-session"], ON)], ids=" ".join
)
def test_the_split_is_not_watched_where_a_pin_or_a_function_before_the_cache_decides(config: tuple[str, ...]) -> None:
    assert [name for name in alarms(*config) if name.startswith("split/")] == []


def assigned_filter(*config: str) -> dict[str, Any]:
    return next(one for one in of(FILTER, *config) if (one["name"], one["region"]) == ("assigned", "eu-west-1"))


@pytest.mark.long
def test_a_rollouts_decisions_are_no_part_of_the_split_nor_are_those_from_before_a_change() -> None:
    before, after = (assigned_filter(f"canaryPercent={percent}", ONE_REGION, ON) for percent in (10, 50))
    revisions = [re.search(r'\$\.revision = "config:([0-9a-f]{8})"', one["pattern"]) for one in (before, after)]
    assert all(revisions)
    names = [one["metricTransformation"]["name"] for one in (before, after)]
    assert names == [f"Assigned-{found[1]}" for found in revisions if found]
    assert names[0] != names[1]


def test_with_a_baked_percentage_the_split_is_that_of_the_package() -> None:
    split = assigned_split(stack_of(canaryPercent="12.5"))
    assert split is not None
    assert (split.target_percent, split.pattern) == (12.5, '($.bucket >= 0) && ($.percentFrom = "baked")')


def test_a_window_says_something_when_chance_rarely_gets_that_far() -> None:
    assert [least_assigned(points) for points in (1, 5, 10, 20, 100)] == [40_000, 1_600, 400, 100, 4]


@pytest.mark.long
def test_thresholds_are_those_of_the_config() -> None:
    found = alarms(
        "alarms.fallbackRatePercent=0.5",
        "alarms.functionErrors=7",
        "alarms.errorRatePercent=2",
        "alarms.splitPoints=5",
        ONE_REGION,
    )
    thresholds = {name.partition("/")[0]: one["threshold"] for name, one in found.items()}
    assert thresholds == {"5xx": 2, "fallbacks": 0.5, "function": 7, "split": 5}


@pytest.mark.long
@every_config
def test_alarms_of_all_regions_reach_one_topic(config: tuple[str, ...]) -> None:
    rules, targets = of(RULE, *config), of(TARGET, *config)
    regions = {"us-east-1"} if config[0] == "strategy=tier" else set(EDGE_REGIONS)
    assert {one["region"] for one in rules} == {one["region"] for one in targets} == regions
    assert {one["region"] for one in of(ALARM, *config)} == regions
    for one in targets:
        home = one["region"] == "us-east-1"
        assert one["arn"] == (TOPIC if home else f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default")
        assert ("roleArn" in one) is not home
    assert [(one["protocol"], one["endpoint"], one["topic"]) for one in of(SUBSCRIPTION, *config)] == [
        ("email", "on-call@example.com", TOPIC)
    ]


@pytest.mark.long
def test_told_is_what_goes_off_and_what_is_over_of_this_stack_and_no_other() -> None:
    patterns = {one["eventPattern"] for one in of(RULE, ON)}
    assert [json.loads(pattern) for pattern in patterns] == [
        {
            "source": ["aws.cloudwatch"],
            "detail-type": ["CloudWatch Alarm State Change"],
            "detail": {
                "alarmName": [{"prefix": "edge-router-prod/"}],
                "$or": [
                    {"state": {"value": ["ALARM"]}},
                    {"state": {"value": ["OK"]}, "previousState": {"value": ["ALARM"]}},
                ],
            },
        }
    ]
    assert all(one["name"].startswith("edge-router-prod/") for one in of(ALARM, ON))


@pytest.mark.long
def test_the_topic_takes_messages_from_the_one_rule() -> None:
    [policy] = of(TOPIC_POLICY, ON)
    rule = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/edge-router-prod-alarms"
    assert json.loads(policy["policy"])["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["sns:Publish"],
            "Resource": [TOPIC],
            "Principal": {"Service": "events.amazonaws.com"},
            "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
        }
    ]


def widgets(*config: str) -> list[dict[str, Any]]:
    [dashboard] = of(DASHBOARD, *config)
    assert dashboard["region"] == "us-east-1"
    return json.loads(dashboard["dashboardBody"])["widgets"]


@pytest.mark.long
@on_lambda
def test_the_dashboard_shows_each_version_each_region_and_what_fails(config: tuple[str, ...]) -> None:
    titles = {one["properties"]["title"]: one["properties"] for one in widgets(*config)}
    for version in ("stable", "canary"):
        for what in ("requests", "errors (5xx)", "latency, 95th percentile (ms)"):
            lines = titles[f"{version}: {what}"]["metrics"]
            assert [line[-1]["region"] for line in lines] == list(EDGE_REGIONS)
            assert {tuple(line[2:6]) for line in lines} == {("Stack", "edge-router-prod", "Version", version)}
    for region in EDGE_REGIONS:
        rows = [one for title, one in titles.items() if title.startswith(f"{region}: ")]
        assert {one["region"] for one in rows} == {region}
        assert len(rows) == 4
        reasons = titles[f"{region}: fallbacks by reason"]["metrics"][0][0]["expression"]
        assert reasons.startswith("""SEARCH('{"EdgeRouter/edge-router-prod",Reason}""")
        tables = [line for line in titles[f"{region}: how long things take (ms)"]["metrics"] if "TableMs" in line]
        assert bool(tables) is any(name in config[0] for name in ("sticky-session", "tenant-lookup"))


@pytest.mark.long
@every_config
def test_no_two_widgets_lie_on_each_other(config: tuple[str, ...]) -> None:
    cells = [
        (x, y)
        for one in widgets(*config)
        for x in range(one["x"], one["x"] + one["width"])
        for y in range(one["y"], one["y"] + one["height"])
    ]
    assert len(cells) == len(set(cells))


def test_without_a_lambda_function_the_dashboard_has_cloudfronts_figures() -> None:
    assert [one["properties"]["title"] for one in widgets("strategy=tier", ON)] == [
        "Viewers' requests",
        "Viewers' errors (%)",
        "Function before the cache",
        "Function before the cache: compute utilization (of 100)",
    ]


@pytest.mark.long
def test_the_dashboard_can_be_left_out() -> None:
    assert of(DASHBOARD, "alarms.dashboard=false", ONE_REGION) == []
    assert len(of(ALARM, "alarms.dashboard=false", ONE_REGION)) > 0


@pytest.mark.long
def test_a_preview_works_on_a_stack_that_is_not_there_yet() -> None:
    found = run_program("prod", overrides=(ON, "accessLogs=v2", ONE_REGION), preview=True)
    assert {change.op for change in found.changes} == {"create"}


@pytest.mark.long
def test_fewer_regions_are_fewer_of_everything() -> None:
    config = (ONE_REGION, ON)
    only = shipped_stack("prod", *config).settings.logs.regions
    assert {one["region"] for one in of(FILTER, *config)} == set(only)
    assert {one["region"] for one in of(ALARM, *config)} == {*only, "us-east-1"}


@pytest.mark.long
def test_every_region_has_the_queries_of_the_log_page() -> None:
    found = of(QUERY, ON)
    assert {(one["name"], one["region"]) for one in found} == {
        (f"edge-router-prod/{name}", region) for name in QUERIES for region in EDGE_REGIONS
    }
    assert {one["queryString"] for one in found} == set(QUERIES.values())
    shown = re.findall(r"```text\n(.*?)\n```", section("logs.md", "Queries"), re.S)
    assert shown == list(QUERIES.values())
