"""Samples and alarms out of CloudWatch. Pages, failures and composite alarms are botocore's Stubber's, not moto's."""

from __future__ import annotations

from datetime import UTC, datetime
from math import log

import pytest
from botocore.stub import ANY, Stubber

from controller.analysis.plan import Plan
from controller.analysis.sample import THRESHOLDS_MS, Sample
from controller.sources.cloudwatch import CloudWatchAlarms, CloudWatchMetrics
from controller.sources.metric_data import STATISTICS, UnreadableError, billed_metrics, queries
from tests.controller.conftest import REGIONS, ClientOf, PutMetrics
from tests.controller.fakes import BEGIN

HOME, EUROPE = REGIONS


@pytest.fixture
def metrics(client_of: ClientOf, stack: str) -> CloudWatchMetrics:
    return CloudWatchMetrics({region: client_of("cloudwatch", region) for region in REGIONS}, "EdgeRouter", stack)


def test_all_minutes_of_the_window_in_all_regions_are_added(
    metrics: CloudWatchMetrics, put_metrics: PutMetrics
) -> None:
    slow, fast = log(200), log(50)
    squares = [slow**2, fast**2]
    put_metrics(BEGIN + 5, "canary", Requests=[1, 1, 1], Errors=[0, 1, 0])
    put_metrics(BEGIN + 65, "canary", Requests=[1], LogLatency=[slow, fast], LogLatencySquared=squares)
    put_metrics(BEGIN + 30, "canary", EUROPE, Requests=[1, 1], Errors=[1])
    put_metrics(BEGIN + 30, "stable", EUROPE, Requests=[1])
    samples = metrics.measure(BEGIN, BEGIN + 120).samples
    assert samples["stable"] == Sample(requests=1)
    canary = samples["canary"]
    assert (canary.requests, canary.responses, canary.server_errors, canary.latencies) == (6, 4, 2, 2)
    assert canary.latency_ms == pytest.approx(100)
    assert canary.log_variance == pytest.approx(((slow - fast) / 2) ** 2 * 2)


def test_what_lies_outside_of_the_window_is_not_counted(metrics: CloudWatchMetrics, put_metrics: PutMetrics) -> None:
    for at in (BEGIN - 1, BEGIN, BEGIN + 119, BEGIN + 120):
        put_metrics(at, "canary", Requests=[1])
    assert metrics.measure(BEGIN, BEGIN + 120).samples["canary"].requests == 2


def test_a_request_that_may_still_be_answered_is_not_counted_until_it_is_or_will_not_be(
    client_of: ClientOf, put_metrics: PutMetrics, stack: str
) -> None:
    """Answers count at the time of their request, so what is missing in an old minute will never come."""
    clients = {region: client_of("cloudwatch", region) for region in REGIONS}
    metrics = CloudWatchMetrics(clients, "EdgeRouter", stack, response_seconds=120)
    put_metrics(BEGIN, "canary", Requests=[1, 1, 1], Errors=[0, 1])
    put_metrics(BEGIN + 60, "canary", Requests=[1, 1, 1], Errors=[0, 0])
    put_metrics(BEGIN + 120, "stable", EUROPE, Requests=[1])
    canary, stable = (metrics.measure(BEGIN, BEGIN + 180).samples[version] for version in ("canary", "stable"))
    assert (canary.trials, canary.errors) == (5, 2)
    assert (stable.trials, stable.errors) == (0, 0)
    later = metrics.measure(BEGIN, BEGIN + 300).samples
    assert (later["canary"].trials, later["canary"].errors) == (6, 3)
    assert (later["stable"].trials, later["stable"].errors) == (1, 1)


def test_other_stacks_and_versions_are_not_counted(
    metrics: CloudWatchMetrics, put_metrics: PutMetrics, client_of: ClientOf
) -> None:
    put_metrics(BEGIN, "beta", Requests=[1])
    dimensions = [{"Name": "Stack", "Value": "another"}, {"Name": "Version", "Value": "canary"}]
    client_of("cloudwatch").put_metric_data(
        Namespace="EdgeRouter",
        MetricData=[{"MetricName": "Requests", "Dimensions": dimensions, "Timestamp": BEGIN, "Value": 1}],
    )
    assert metrics.measure(BEGIN, BEGIN + 60).samples == {"stable": Sample(), "canary": Sample()}


def test_metrics_that_nobody_has_written_are_none(metrics: CloudWatchMetrics) -> None:
    assert metrics.measure(BEGIN, BEGIN + 60).samples == {"stable": Sample(), "canary": Sample()}


def minutes(code: str, values: list[float]) -> list[datetime]:
    """Other ones on a page that is not the last."""
    first = BEGIN if code == "Complete" else BEGIN + 600
    return [datetime.fromtimestamp(first + 60 * minute, UTC) for minute in range(len(values))]


def page(*results: tuple[str, list[float], str], token: str = "") -> dict[str, object]:
    found = [
        {"Id": name, "Label": name, "Timestamps": minutes(code, values), "Values": values, "StatusCode": code}
        for name, values, code in results
    ]
    return {"MetricDataResults": found} | ({"NextToken": token} if token else {})


def test_every_page_is_read(metrics: CloudWatchMetrics, client_of: ClientOf) -> None:
    asked = {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY}
    with Stubber(client_of("cloudwatch", EUROPE)) as stub:
        first = page(("canary_requests", [1, 2], "PartialData"), ("stable_requests", [7], "Complete"), token="more")
        stub.add_response("get_metric_data", first, asked)
        second = page(("canary_requests", [3], "Complete"))
        stub.add_response("get_metric_data", second, asked | {"NextToken": "more"})
        samples = metrics.measure(BEGIN, BEGIN + 180).samples
        stub.assert_no_pending_responses()
    assert (samples["canary"].requests, samples["stable"].requests) == (6, 7)


def test_it_asks_for_sums_and_counts_by_the_minute(stack: str) -> None:
    found = {query["Id"]: query for query in queries(Plan(), "EdgeRouter", stack)}
    assert found["canary_responses"] == {
        "Id": "canary_responses",
        "MetricStat": {
            "Metric": {
                "Namespace": "EdgeRouter",
                "MetricName": "Errors",
                "Dimensions": [{"Name": "Stack", "Value": stack}, {"Name": "Version", "Value": "canary"}],
            },
            "Period": 60,
            "Stat": "SampleCount",
        },
        "ReturnData": True,
    }
    assert {statistic for _, statistic in STATISTICS.values()} == {"Sum", "SampleCount"}


def test_quantiles_are_counts_by_percentile_ranks_of_both_versions_in_one_call(stack: str) -> None:
    found = queries(Plan(latency_quantiles={"p99": 10}), "EdgeRouter", stack)
    ranks = [query["MetricStat"]["Stat"] for query in found if query["MetricStat"]["Stat"].startswith("PR")]
    assert ranks == [f"PR(:{threshold})" for threshold in THRESHOLDS_MS] * 2
    assert len(found) <= 500
    assert (billed_metrics(Plan()), billed_metrics(Plan(latency_quantiles={"p99": 10}))) == (4, 4 + 56)


def test_latencies_without_ranks_are_in_no_histogram(metrics: CloudWatchMetrics, client_of: ClientOf) -> None:
    """Else a Region or a minute without them would be one of latencies above the last threshold."""
    ranks = [(f"canary_upto_{threshold}", [100.0 * (threshold >= 128)], "Complete") for threshold in THRESHOLDS_MS]
    with Stubber(client_of("cloudwatch", EUROPE)) as europe, Stubber(client_of("cloudwatch", HOME)) as home:
        europe.add_response("get_metric_data", page(("canary_latencies", [500, 40], "Complete"), *ranks))
        home.add_response("get_metric_data", page(("canary_latencies", [300], "Complete")))
        canary = metrics.measure(BEGIN, BEGIN + 120, Plan(latency_quantiles={"p99": 10})).samples["canary"]
    assert (canary.latencies, sum(canary.histogram), canary.histogram[-1]) == (840, 500, 0)


def test_with_a_baseline_the_dimension_is_the_group(stack: str) -> None:
    found = queries(Plan(baseline=True), "EdgeRouter", stack)
    dimensions = {query["Id"].split("_")[0]: query["MetricStat"]["Metric"]["Dimensions"][1] for query in found}
    assert dimensions == {name: {"Name": "Group", "Value": name} for name in ("baseline", "canary")}


def test_regions_that_do_not_answer_or_not_fully_are_named(metrics: CloudWatchMetrics, client_of: ClientOf) -> None:
    with Stubber(client_of("cloudwatch", EUROPE)) as europe, Stubber(client_of("cloudwatch", HOME)) as home:
        europe.add_client_error("get_metric_data", "Throttling", "Rate exceeded")
        home.add_response("get_metric_data", page(("canary_requests", [], "InternalError")))
        with pytest.raises(UnreadableError) as caught:
            metrics.measure(BEGIN, BEGIN + 60)
    assert str(caught.value) == (
        "the metrics cannot be read in us-east-1 (InternalError), eu-west-1 (An error occurred (Throttling) when"
        " calling the GetMetricData operation: Rate exceeded)"
    )


@pytest.fixture
def alarms(client_of: ClientOf) -> CloudWatchAlarms:
    return CloudWatchAlarms(lambda region: client_of("cloudwatch", region))


def put_alarm(client_of: ClientOf, name: str, region: str, state: str) -> str:
    client = client_of("cloudwatch", region)
    client.put_metric_alarm(
        AlarmName=name,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="Anything",
        Namespace="Users",
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )
    client.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test says so")
    return client.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["AlarmArn"]


@pytest.mark.long
def test_alarms_in_state_alarm_are_found_in_all_regions(
    alarms: CloudWatchAlarms, client_of: ClientOf, stack: str
) -> None:
    well = put_alarm(client_of, f"{stack}-well", HOME, "OK")
    loud = put_alarm(client_of, f"{stack}-loud:er", EUROPE, "ALARM")
    mute = put_alarm(client_of, f"{stack}-mute", EUROPE, "INSUFFICIENT_DATA")
    assert alarms.in_alarm([well, loud, mute]) == [loud]
    assert alarms.in_alarm([well, mute]) == alarms.in_alarm([]) == []


def test_composite_alarms_are_alarms(alarms: CloudWatchAlarms, client_of: ClientOf) -> None:
    """moto cannot make one: this answer is botocore's Stubber's."""
    both = f"arn:aws:cloudwatch:{HOME}:123456789012:alarm:both"
    asked = {"AlarmNames": ["both"], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 100}
    with Stubber(client_of("cloudwatch")) as stub:
        found = {"AlarmName": "both", "AlarmArn": both, "StateValue": "ALARM"}
        stub.add_response("describe_alarms", {"MetricAlarms": [], "CompositeAlarms": [found]}, asked)
        assert alarms.in_alarm([both]) == [both]


def test_an_alarm_that_is_not_there_is_named(alarms: CloudWatchAlarms, client_of: ClientOf, stack: str) -> None:
    well = put_alarm(client_of, f"{stack}-well", HOME, "OK")
    gone = f"arn:aws:cloudwatch:{HOME}:123456789012:alarm:gone"
    with pytest.raises(UnreadableError) as caught:
        alarms.in_alarm([well, gone])
    assert str(caught.value) == f"there is no alarm {gone}"


def test_a_region_whose_alarms_cannot_be_read_is_named_unless_another_is_in_alarm(
    alarms: CloudWatchAlarms, client_of: ClientOf, stack: str
) -> None:
    well, loud = (put_alarm(client_of, f"{stack}-{state}", HOME, state) for state in ("OK", "ALARM"))
    far = f"arn:aws:cloudwatch:{EUROPE}:123456789012:alarm:far"
    with Stubber(client_of("cloudwatch", EUROPE)) as stub:
        stub.add_client_error("describe_alarms", "AccessDenied", "not yours")
        with pytest.raises(UnreadableError, match=r"^the alarms cannot be read in eu-west-1 \(.*not yours\)$"):
            alarms.in_alarm([well, far])
        stub.add_client_error("describe_alarms", "AccessDenied", "not yours")
        assert alarms.in_alarm([loud, far]) == [loud]
