"""A log line with metrics, by the schema of "Specification: Embedded metric format" (CloudWatch User Guide)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StringConstraints, TypeAdapter

MetricUnit = Literal[
    *("Seconds", "Microseconds", "Milliseconds"),
    *("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits", "Kilobits", "Megabits", "Gigabits"),
    *("Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second"),
    *("Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second"),
    *("Count/Second", "None"),
]


class _Strict(BaseModel):
    """Objects of the specification have no member that it does not name."""

    model_config = ConfigDict(extra="forbid", strict=True)


class MetricDefinition(_Strict):
    Name: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    Unit: MetricUnit = "None"
    StorageResolution: Literal[1, 60] = 60


class MetricDirective(_Strict):
    Namespace: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    Dimensions: Annotated[
        list[Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=250)]], Field(max_length=30)]],
        Field(min_length=1),
    ]
    Metrics: Annotated[list[MetricDefinition], Field(max_length=100)]


class Metadata(_Strict):
    Timestamp: Annotated[StrictInt, Field(ge=1_577_836_800_000)]  # milliseconds: seconds would lie in January 1970
    CloudWatchMetrics: list[MetricDirective]


_FIGURE = TypeAdapter(
    StrictInt
    | Annotated[StrictFloat, Field(allow_inf_nan=False)]
    | Annotated[list[StrictInt | Annotated[StrictFloat, Field(allow_inf_nan=False)]], Field(max_length=100)]
)
_DIMENSION = TypeAdapter(Annotated[str, StringConstraints(min_length=1, max_length=1024)])

Metrics = dict[tuple[str, tuple[tuple[str, str], ...]], dict[str, float]]


def metrics_in(line: dict[str, Any]) -> Metrics:
    """(namespace, dimensions) to metric name and value, as CloudWatch extracts it; ValidationError where it does not.

    Target members stand on the root of the line: strings for dimensions, numbers for metrics.
    """
    extracted: Metrics = {}
    for directive in Metadata.model_validate(line["_aws"]).CloudWatchMetrics:
        figures = {metric.Name: _FIGURE.validate_python(line[metric.Name], strict=True) for metric in directive.Metrics}
        for names in directive.Dimensions:
            dimensions = tuple((name, _DIMENSION.validate_python(line[name], strict=True)) for name in names)
            extracted[directive.Namespace, dimensions] = figures  # pyright: ignore[reportArgumentType]
    return extracted
