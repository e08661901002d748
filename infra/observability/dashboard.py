"""The CloudWatch dashboard ("Dashboard body structure and syntax", CloudWatch API reference)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from infra.naming.edge_functions import EDGE_REGION, replica_name
from infra.observability.log_metrics import DECISIONS, FALLBACK_REASONS, FALLBACKS, TABLE_MS, metrics_namespace
from infra.package.baked_config import METRICS_NAMESPACE

PERIOD_SECONDS = 300
COLUMNS, HALF, QUARTER, HEIGHT = 24, 12, 6, 6

Widget = dict[str, Any]


@dataclass(frozen=True)
class View:
    """The subjects of the dashboard. Without a Lambda function `function_name` is "" and there are no `regions`;
    `distribution_id` is "" where it is not known.
    """

    prefix: str
    distribution_id: str
    function_name: str
    viewer_function: str
    regions: Sequence[str]
    versions: Sequence[str]
    has_table: bool


def dashboard(view: View) -> dict[str, Any]:
    """Return the body: all Regions, then a row for each, because an expression takes metrics of one Region only."""
    overview = [*_cloudfront(view), *_viewer_function(view), *_versions(view), *_function(view)]
    rows = [widget for region in view.regions for widget in _row(view, region)]
    return {"widgets": [*_place(overview, HALF, 0), *_place(rows, QUARTER, HEIGHT * ((len(overview) + 1) // 2))]}


def _place(widgets: Sequence[Widget], width: int, top: int) -> Iterator[Widget]:
    each = COLUMNS // width
    for index, widget in enumerate(widgets):
        place = {"x": width * (index % each), "y": top + HEIGHT * (index // each), "width": width, "height": HEIGHT}
        yield {"type": "metric", **place, "properties": widget}


def _graph(title: str, metrics: list[list[Any]], region: str = EDGE_REGION, **more: Any) -> Widget:
    return {
        "title": title,
        "region": region,
        "view": "timeSeries",
        "stacked": False,
        "period": PERIOD_SECONDS,
        "metrics": metrics,
        **more,
    }


def _cloudfront(view: View) -> Iterator[Widget]:
    if not view.distribution_id:
        return
    where = ["DistributionId", view.distribution_id, "Region", "Global"]
    yield _graph("Viewers' requests", [["AWS/CloudFront", "Requests", *where, {"stat": "Sum"}]])
    rates = [["AWS/CloudFront", metric, *where, {"stat": "Average"}] for metric in ("4xxErrorRate", "5xxErrorRate")]
    yield _graph("Viewers' errors (%)", rates)


def _viewer_function(view: View) -> Iterator[Widget]:
    if not view.viewer_function:
        return
    where = ["FunctionName", view.viewer_function, "Region", "Global"]
    names = ("FunctionInvocations", "FunctionExecutionErrors", "FunctionValidationErrors", "FunctionThrottles")
    yield _graph("Function before the cache", [["AWS/CloudFront", name, *where, {"stat": "Sum"}] for name in names])
    use = [["AWS/CloudFront", "FunctionComputeUtilization", *where, {"stat": "Maximum"}]]
    yield _graph("Function before the cache: compute utilization (of 100)", use)


def _versions(view: View) -> Iterator[Widget]:
    for metric, stat, title in (
        ("Requests", "Sum", "requests"),
        ("Errors", "Sum", "errors (5xx)"),
        ("LatencyMs", "p95", "latency, 95th percentile (ms)"),
    ):
        for version in view.versions if view.function_name else ():
            lines = [_version_metric(view, metric, version, region, stat) for region in view.regions]
            yield _graph(f"{version}: {title}", lines, stacked=stat == "Sum")


def _version_metric(view: View, metric: str, version: str, region: str, stat: str) -> list[Any]:
    options = {"region": region, "label": region, "stat": stat}
    return [METRICS_NAMESPACE, metric, "Stack", view.prefix, "Version", version, options]


def _function(view: View) -> Iterator[Widget]:
    for metric, stat, title in (
        ("Invocations", "Sum", "invocations"),
        ("Errors", "Sum", "errors"),
        ("Throttles", "Sum", "throttled"),
        ("Duration", "p95", "duration, 95th percentile (ms)"),
    ):
        if view.function_name:
            lines = [_function_metric(view, metric, region, stat) for region in view.regions]
            yield _graph(f"Router's function: {title}", lines, stacked=stat == "Sum")


def _function_metric(view: View, metric: str, region: str, stat: str) -> list[Any]:
    options = {"region": region, "label": region, "stat": stat}
    return ["AWS/Lambda", metric, "FunctionName", replica_name(view.function_name), options]


def _row(view: View, region: str) -> Iterator[Widget]:
    own = metrics_namespace(view.prefix)
    yield _graph(f"{region}: errors by version (%)", list(_error_shares(view)), region)
    yield _graph(
        f"{region}: fallbacks (%)",
        [
            [{"expression": "IF(total > 0, 100 * FILL(fallbacks, 0) / total, 0)", "label": "fallbacks", "id": "share"}],
            [own, FALLBACKS, {"id": "fallbacks", "stat": "Sum", "visible": False}],
            [own, DECISIONS, {"id": "total", "stat": "Sum", "visible": False}],
        ],
        region,
    )
    search = f"""SEARCH('{{"{own}",Reason}} MetricName="{FALLBACK_REASONS}"', 'Sum', {PERIOD_SECONDS})"""
    yield _graph(f"{region}: fallbacks by reason", [[{"expression": search, "id": "reasons"}]], region, stacked=True)
    yield _graph(f"{region}: how long things take (ms)", list(_latencies(view)), region)


def _error_shares(view: View) -> Iterator[list[Any]]:
    """Yield the error rates; a request without a response is an error, too (docs/logs.md)."""
    for index, version in enumerate(view.versions):
        where = ["Stack", view.prefix, "Version", version]
        errors, requests, answers = f"errors{index}", f"requests{index}", f"answers{index}"
        failed = f"FILL({errors}, 0) + MAX([0 * {requests}, {requests} - FILL({answers}, 0)])"
        yield [{"expression": f"100 * ({failed}) / {requests}", "label": version, "id": f"share{index}"}]
        yield [METRICS_NAMESPACE, "Errors", *where, {"id": errors, "stat": "Sum", "visible": False}]
        yield [METRICS_NAMESPACE, "Errors", *where, {"id": answers, "stat": "SampleCount", "visible": False}]
        yield [METRICS_NAMESPACE, "Requests", *where, {"id": requests, "stat": "Sum", "visible": False}]


def _latencies(view: View) -> Iterator[list[Any]]:
    for version in view.versions:
        where = ["Stack", view.prefix, "Version", version]
        yield [METRICS_NAMESPACE, "LatencyMs", *where, {"label": f"{version}, mean", "stat": "Average"}]
    if view.has_table:
        for stat in ("Average", "Maximum"):
            yield [metrics_namespace(view.prefix), TABLE_MS, {"label": f"table, {stat.lower()}", "stat": stat}]
