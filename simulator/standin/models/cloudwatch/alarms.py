"""aws:cloudwatch/metricAlarm, dashboard, logMetricFilter and queryDefinition."""

import json
import re
from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Properties, ResourceModel, Scope, draw_uuid, words
from simulator.standin.model.rules import (
    among,
    among_aws,
    between,
    child,
    children,
    matching,
    numbered_children,
    numbered_items,
)
from simulator.standin.models.cloudwatch.logs import LOG_GROUP_TYPE
from simulator.standin.models.sns import TOPIC_TYPE

LOG_METRIC_FILTER_TYPE = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
_METRIC_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
_SINGLE_METRIC = ("metricName", "namespace", "period", "statistic", "extendedStatistic", "dimensions")
MAX_WIDGETS, MAX_WIDGET_METRICS, MAX_METRICS = 500, 500, 2_500
""" "CloudWatch service quotas": dashboards."""


def _check_alarm(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    queries = children(inputs, "metricQueries")
    if bool(queries) is (inputs.get("metricName") is not None):
        yield Failure("metricQueries", "is required, or metricName, and not both")
    if queries:
        yield from _check_queries(inputs, queries)
    elif inputs.get("metricName") is not None:
        for key in ("namespace", "period"):
            if inputs.get(key) is None:
                yield Failure(key, "is required beside metricName")
        if (inputs.get("statistic") is None) is (inputs.get("extendedStatistic") is None):
            yield Failure("statistic", "is required, or extendedStatistic, and not both")
    yield from _check_actions(inputs, scope)


def _check_queries(inputs: Properties, queries: list[dict[str, object]]) -> Iterator[Failure]:
    """PutMetricAlarm: exactly one query's result is watched, and expressions name queries by id."""
    for key in _SINGLE_METRIC:
        if inputs.get(key) is not None:
            yield Failure(key, "does not go together with metricQueries")
    ids = [str(query.get("id")) for query in queries]
    if len(ids) != len(set(ids)):
        yield Failure("metricQueries", "have the same id twice")
    if sum(query.get("returnData") is True for query in queries) != 1:
        yield Failure("metricQueries", "must have exactly one with returnData: true")
    for where, query in numbered_children(inputs, "metricQueries"):
        if not _METRIC_ID.fullmatch(str(query.get("id"))):
            yield Failure(f"{where}.id", "must begin with a small letter, and have letters, digits and _ only")
        if (query.get("expression") is None) is (not query.get("metric")):
            yield Failure(where, "has exactly one of expression and metric")
        names = set(re.findall(r"\b[a-z][A-Za-z0-9_]*\b", str(query.get("expression") or "")))
        yield from (Failure(f"{where}.expression", f"names {name}, which no query has") for name in names - set(ids))


def _check_actions(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    region = inputs.get("region", scope.region)
    for key in ("alarmActions", "okActions", "insufficientDataActions"):
        for path, arn in numbered_items(inputs, key):
            if isinstance(arn, str) and arn.split(":")[3] != region:
                yield Failure(path, f"is in {arn.split(':')[3]}: an alarm acts in its own Region, {region}")
            else:
                yield from scope.missing(path, arn, TOPIC_TYPE, "topic")


def _check_filter(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    group = inputs.get("logGroupName")
    if isinstance(group, str) and scope.find(LOG_GROUP_TYPE, name=group) is None:
        yield Failure("logGroupName", f"is {group!r}: there is no such group here (ResourceNotFoundException)")
    metric = child(inputs, "metricTransformation")
    dimensions = child(metric, "dimensions")
    if dimensions and metric.get("defaultValue") is not None:
        yield Failure("metricTransformation.defaultValue", "does not go together with dimensions (InvalidParameter)")
    if len(dimensions) > 3:
        yield Failure("metricTransformation.dimensions", f"are {len(dimensions)}: a filter takes 3")
    for name, value in dimensions.items():
        if not str(value).startswith("$"):
            where = f"metricTransformation.dimensions.{name}"
            yield Failure(where, f"is {value!r}: must name a field, such as $.reason")


def _check_dashboard(inputs: Properties, _scope: Scope) -> Iterator[Failure]:
    text = inputs.get("dashboardBody")
    if not isinstance(text, str):
        return
    try:
        widgets = json.loads(text)["widgets"]
    except (ValueError, TypeError, KeyError):
        yield Failure("dashboardBody", "is not JSON with widgets (InvalidParameterInput)")
        return
    if len(widgets) > MAX_WIDGETS:
        yield Failure("dashboardBody", f"has {len(widgets)} widgets: CloudWatch takes {MAX_WIDGETS}")
    counts = [len(child(widget, "properties").get("metrics") or ()) for widget in widgets]  # type: ignore[arg-type]
    if max(counts, default=0) > MAX_WIDGET_METRICS or sum(counts) > MAX_METRICS:
        yield Failure("dashboardBody", f"has {sum(counts)} metrics: CloudWatch takes {MAX_METRICS}, 500 in a widget")
    for index, widget in enumerate(widgets):
        yield from _check_widget(widget, f"dashboardBody.widgets[{index}]")


def _check_widget(widget: Properties, where: str) -> Iterator[Failure]:
    """A grid of 24 columns; every id in one widget once, and expressions name ids of the same widget."""
    x, width = widget.get("x", 0), widget.get("width", 6)
    if not isinstance(x, int) or not isinstance(width, int) or not 0 <= x <= x + width <= 24:
        yield Failure(where, "does not lie within 24 columns")
    options = [line[-1] for line in child(widget, "properties").get("metrics") or [] if isinstance(line[-1], dict)]  # type: ignore[attr-defined]
    ids = [option["id"] for option in options if "id" in option]
    if len(ids) != len(set(ids)):
        yield Failure(where, "has the same id twice")
    for option in options:
        expression = str(option.get("expression", ""))
        named = set() if expression.startswith("SEARCH(") else set(re.findall(r"\b[a-z][A-Za-z0-9_]*\b", expression))
        yield from (Failure(where, f"names {name}, which no metric of it has") for name in named - set(ids))


def _check_query(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    for path, group in numbered_items(inputs, "logGroupNames"):
        yield from scope.missing(path, group, LOG_GROUP_TYPE, "group", by="name")


METRIC_ALARM = ResourceModel(
    type="aws:cloudwatch/metricAlarm:MetricAlarm",
    modelled=words(
        "actionsEnabled alarmActions alarmDescription comparisonOperator datapointsToAlarm dimensions"
        " evaluationPeriods extendedStatistic insufficientDataActions metricName metricQueries name namespace"
        " okActions period region statistic tags threshold treatMissingData unit"
    ),
    arn="cloudwatch:alarm:{id}",
    replaces=words("name"),
    defaults={"actionsEnabled": True, "treatMissingData": "missing"},
    unordered=words("alarmActions okActions insufficientDataActions metricQueries"),
    rules={
        "name": matching(r"(?s).{1,255}", "1 to 255 characters"),
        "alarmDescription": matching(r"(?s).{0,1024}", "at most 1,024 characters"),
        "comparisonOperator": among_aws("cloudwatch", "ComparisonOperator"),
        "evaluationPeriods": between(1, 1_440),
        "period": among(10, 20, 30, *range(60, 86_401, 60)),
        "statistic": among_aws("cloudwatch", "Statistic"),
        "treatMissingData": among("breaching", "notBreaching", "ignore", "missing"),
        "metricQueries[*].expression": matching(r"(?s).{1,2048}", "1 to 2,048 characters"),
    },
    check=_check_alarm,
    named=255,
)

LOG_METRIC_FILTER = ResourceModel(
    type=LOG_METRIC_FILTER_TYPE,
    modelled=words("logGroupName metricTransformation name pattern region"),
    replaces=words("logGroupName name"),
    rules={
        "name": matching(r"[^:*]{1,512}", "1 to 512 characters other than : and *"),
        "pattern": matching(r"(?s).{0,1024}", "at most 1,024 characters"),
        "metricTransformation.name": matching(r"[^:*$]{1,255}", "1 to 255 characters other than :, * and $"),
        "metricTransformation.namespace": matching(r"[^:*$]{1,255}", "1 to 255 characters other than :, * and $"),
        "metricTransformation.unit": among_aws("logs", "StandardUnit"),
    },
    check=_check_filter,
    named=512,
)

DASHBOARD = ResourceModel(
    type="aws:cloudwatch/dashboard:Dashboard",
    modelled=words("dashboardBody dashboardName region"),
    identify=lambda creation: str(creation.inputs["dashboardName"]),
    compute=lambda creation: {"dashboardArn": creation.scope.arn("cloudwatch", f"dashboard/{creation.id}", "")},
    replaces=words("dashboardName"),
    computed=words("dashboardArn"),
    rules={"dashboardName": matching(r"[A-Za-z0-9_-]{1,255}", "1 to 255 letters, digits, '-' or '_'")},
    check=_check_dashboard,
)

QUERY_DEFINITION = ResourceModel(
    type="aws:cloudwatch/queryDefinition:QueryDefinition",
    modelled=words("logGroupNames name queryString region"),
    identify=lambda creation: draw_uuid("query", creation.urn),
    arn="logs:query-definition:{id}",
    compute=lambda creation: {"queryDefinitionId": creation.id},
    computed=words("queryDefinitionId"),
    rules={
        "name": matching(r"([^:*/]+/?)*[^:*/]+", "1 to 255 characters, with / between folders and the name"),
        "queryString": matching(r"(?s).{1,10000}", "1 to 10,000 characters"),
    },
    check=_check_query,
)

MODELS = (METRIC_ALARM, LOG_METRIC_FILTER, DASHBOARD, QUERY_DEFINITION)
