"""What log lines measured is kept by Region and second, within bounds, and read as the controller reads it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from math import exp, log

import numpy as np
import pytest

from controller.analysis.plan import Plan
from controller.analysis.sample import THRESHOLDS_MS, Sample
from controller.sources.cloudwatch import CloudWatchMetrics, UnreadableError
from router.metrics import Metrics
from router.model.decision import Decision
from router.model.response import Response
from simulator.cloudwatch import CloudWatch, CloudWatchClient, Statistics
from simulator.cloudwatch.metrics import KEPT_SECONDS, MAX_METRICS

AT = 1_800_000_000
HOME, EUROPE = "us-east-1", "eu-west-1"
REQUESTS = ("EdgeRouter", (("Stack", "s"), ("Version", "canary")), "Requests")


class Edge:
    """The router's own metrics, at a time that is set, as lines of a Region's log."""

    def __init__(self) -> None:
        self.now = float(AT)
        self.cloudwatch = CloudWatch()
        self._metrics = Metrics("EdgeRouter", "s", ("stable", "canary"), lambda: self.now)

    def request(self, version: str, region: str = HOME) -> str:
        """A decision; its trace."""
        decision = Decision(version, "any")
        self.cloudwatch.collect(region, json.dumps({"origin": version, **self._metrics.of_request(decision, "r")}))
        return self._metrics.trace(decision)

    def answer(self, trace: str, status: int = 200, region: str = HOME) -> None:
        members = self._metrics.of_response(trace, Response(status=status))
        self.cloudwatch.collect(region, json.dumps({"status": status, **members}))

    def metrics(self, *regions: str) -> CloudWatchMetrics:
        """The controller's view."""
        clients = {region: CloudWatchClient(self.cloudwatch, region) for region in regions or (HOME, EUROPE)}
        return CloudWatchMetrics(clients, "EdgeRouter", "s")


def test_the_controller_reads_what_the_router_wrote_in_all_regions() -> None:
    edge = Edge()
    traces = [edge.request("canary"), edge.request("canary"), edge.request("canary", EUROPE)]
    edge.request("stable")
    edge.now += 0.1
    edge.answer(traces[0], 503)
    edge.answer(traces[2], region=EUROPE)
    samples = edge.metrics().measure(AT, AT + 60).samples
    canary = samples["canary"]
    assert (canary.requests, canary.responses, canary.server_errors, canary.latencies) == (3, 2, 1, 2)
    assert (canary.errors, exp(canary.log_mean)) == (2, pytest.approx(100))
    assert canary.log_squares == pytest.approx(2 * log(100) ** 2, rel=1e-5)
    assert samples["stable"] == Sample(requests=1)


def test_a_window_is_cut_to_the_second() -> None:
    edge = Edge()
    for second in (-1, 0, 89.999, 90):
        edge.now = AT + second
        edge.request("canary")
    assert edge.metrics().measure(AT, AT + 90).samples["canary"].requests == 2
    assert edge.metrics().measure(AT + 1, AT + 89).samples["canary"].requests == 0


def test_a_region_that_cannot_be_read_is_named() -> None:
    edge = Edge()
    edge.request("canary")
    edge.cloudwatch.unreadable.add(EUROPE)
    with pytest.raises(UnreadableError, match=f"^the metrics cannot be read in {EUROPE} \\(An error occurred"):
        edge.metrics().measure(AT, AT + 60)
    edge.cloudwatch.unreadable.clear()
    assert edge.metrics().measure(AT, AT + 60).samples["canary"].requests == 1


def test_a_time_span_has_count_sum_least_and_most() -> None:
    cloudwatch = CloudWatch()
    definition = {"Namespace": "n", "Dimensions": [[]], "Metrics": [{"Name": "m"}]}
    for second, values in ((0, [3, -1]), (1, [10])):
        metadata = {"Timestamp": (AT + second) * 1000, "CloudWatchMetrics": [definition]}
        cloudwatch.collect(HOME, json.dumps({"_aws": metadata, "m": values}))
    assert cloudwatch.statistics(HOME, ("n", (), "m"), AT, AT + 1) == Statistics(2, 2.0, -1.0, 3.0)
    assert cloudwatch.statistics(HOME, ("n", (), "m"), AT, AT + 2) == Statistics(3, 12.0, -1.0, 10.0)
    assert cloudwatch.statistics(EUROPE, ("n", (), "m"), AT, AT + 2) is None


def test_what_is_three_hours_older_than_the_newest_is_forgotten() -> None:
    edge = Edge()
    for second in (0, 1, KEPT_SECONDS):
        edge.now = AT + second
        edge.request("canary")
    assert edge.cloudwatch.statistics(HOME, REQUESTS, AT, AT + KEPT_SECONDS) == Statistics(2, 2.0, 1.0, 1.0)
    edge.now = AT + KEPT_SECONDS + 1
    edge.request("canary")
    assert edge.cloudwatch.statistics(HOME, REQUESTS, AT, AT + KEPT_SECONDS) == Statistics(1, 1.0, 1.0, 1.0)


def test_metrics_without_number_do_not_fill_the_memory() -> None:
    cloudwatch = CloudWatch()
    definition = {"Namespace": "n", "Dimensions": [["Id"]], "Metrics": [{"Name": "m"}]}
    metadata = {"Timestamp": AT * 1000, "CloudWatchMetrics": [definition]}
    for number in range(MAX_METRICS + 5):
        cloudwatch.collect(HOME, json.dumps({"_aws": metadata, "Id": str(number), "m": 1}))
    assert cloudwatch.left_out == 5
    assert cloudwatch.statistics(HOME, ("n", (("Id", "0"),), "m"), AT, AT + 1) == Statistics(1, 1.0, 1.0, 1.0)


LATENCIES = [3, 20, 20, 128, 129, 400, 70_000]
DEFINITION = {"Namespace": "EdgeRouter", "Metrics": [{"Name": "LatencyMs"}, {"Name": "LogLatency"}]}


def latencies(cloudwatch: CloudWatch, values: list[float], region: str = HOME, **dimensions: str) -> None:
    """Latencies of a second, by these dimensions beside the stack."""
    named = {"Stack": "s", **dimensions}
    metadata = {"Timestamp": AT * 1000, "CloudWatchMetrics": [DEFINITION | {"Dimensions": [list(named)]}]}
    figures = {"LatencyMs": values, "LogLatency": [log(value) for value in values]}
    cloudwatch.collect(region, json.dumps({"_aws": metadata, **named, **figures}))


def test_the_controller_counts_latencies_up_to_thresholds_over_regions() -> None:
    edge = Edge()
    latencies(edge.cloudwatch, LATENCIES, Version="canary")
    latencies(edge.cloudwatch, [128, 500], EUROPE, Version="canary")
    canary = edge.metrics().measure(AT, AT + 60, Plan(latency_quantiles={"p99": 10})).samples["canary"]
    expected = np.histogram([*LATENCIES, 128, 500], [0.5, *(edge + 0.5 for edge in THRESHOLDS_MS), np.inf])[0]
    assert canary.histogram == tuple(map(int, expected))
    assert (sum(canary.histogram), canary.latencies) == (9, 9)
    assert edge.metrics().measure(AT, AT + 60).samples["canary"].histogram == ()


def test_with_a_baseline_samples_are_by_group() -> None:
    edge = Edge()
    latencies(edge.cloudwatch, [5, 6], Group="baseline")
    latencies(edge.cloudwatch, [7], Group="canary")
    latencies(edge.cloudwatch, [8, 9, 10], Version="canary")
    samples = edge.metrics().measure(AT, AT + 60, Plan(baseline=True)).samples
    assert {name: sample.latencies for name, sample in samples.items()} == {"baseline": 2, "canary": 1}


@pytest.mark.parametrize("percent", ["0", "1", "14.3", "50", "99", "99.9", "100"])
def test_percentiles_are_exact(percent: str) -> None:
    statistics = Statistics()
    statistics.add(LATENCIES)
    expected = np.percentile(LATENCIES, float(percent), method="inverted_cdf")
    assert statistics.value(f"p{percent}") == expected


@pytest.mark.parametrize(
    ("rank", "percent"),
    [("PR(:128)", 400 / 7), ("PR(20:)", 400 / 7), ("PR(20:128)", 100 / 7), ("PR(:2)", 0), ("PR(:70000)", 100)],
)
def test_a_percentile_rank_excludes_its_lower_bound_and_includes_the_upper(rank: str, percent: float) -> None:
    statistics = Statistics()
    statistics.add(LATENCIES)
    assert statistics.value(rank) == pytest.approx(percent)


def test_another_statistic_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"^the local CloudWatch has no statistic tm90$"):
        Statistics().value("tm90")


def test_more_different_values_than_are_kept_have_no_percentiles() -> None:
    cloudwatch = CloudWatch(max_different=10)
    latencies(cloudwatch, LATENCIES, Version="canary")
    latencies(cloudwatch, LATENCIES, Version="stable")
    found = CloudWatchClient(cloudwatch, HOME)
    dimensions = [{"Name": "Stack", "Value": "s"}, {"Name": "Version", "Value": "stable"}]
    metric = {"Namespace": "EdgeRouter", "MetricName": "LatencyMs", "Dimensions": dimensions}
    queries = [
        {"Id": name, "MetricStat": {"Metric": metric, "Period": 60, "Stat": name}} for name in ("SampleCount", "p50")
    ]
    begin, end = (datetime.fromtimestamp(AT + second, UTC) for second in (0, 60))
    results = found.get_metric_data(MetricDataQueries=queries, StartTime=begin, EndTime=end)["MetricDataResults"]
    assert [result["Values"] for result in results] == [[7.0], []]
