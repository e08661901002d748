"""The section `rollout.metrics`: CloudWatch metrics of the application by which the canary is judged too."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from infra.config.aws_regions import region_error
from infra.config.base_model import Number, Section, Text, Whole
from infra.config.errors import format_value, raise_errors, setting_error
from infra.config.rules import between, no_duplicates, one_of, rule

MAX_METRICS = 10
MAX_DIMENSIONS = 30
"""Of a metric, that of the version among them (MetricDatum, CloudWatch API reference)."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")
_WORD = re.compile(r"[\x20-\x7e]{1,255}")


def _word_error(value: str) -> str:
    return "" if _WORD.fullmatch(value) else f"is {format_value(value)}: 1 to 255 ASCII characters"


Word = Annotated[Text, rule(_word_error)]
Region = Annotated[Text, rule(lambda value: region_error(value, "monitoring"))]


class MetricSettings(Section):
    """A CloudWatch metric. The canary's may be worse by `allowedPercent` of stable's value plus `allowedChange`.

    Attributes:
        namespace: The metric's namespace.
        metric: Its name.
        dimensions: Its dimensions, without that of the version.
        version_dimension: The dimension that says which version a value is of.
        stable: The value of that dimension for stable.
        canary: The value of that dimension for the canary.
        regions: Regions with the metric, whose values are added; the Region of the control table where none is named.
        compare: The average of measurements, the share of ones in values of 0 or 1, or the sum divided by the version's
            requests, for counts and amounts.
        direction: Which change is good.
        allowed_percent: Accepted change for the worse, in percent of stable's value. For values above 0 only.
        allowed_change: Accepted change for the worse, in the metric's unit.
        minimum: Samples of each version in a step before the metric counts; requests where `compare` is `per-request`.
    """

    namespace: Word
    metric: Word
    dimensions: dict[str, Word] = Field(default_factory=dict[str, str])
    version_dimension: Word = "Version"
    stable: Word = "stable"
    canary: Word = "canary"
    regions: Annotated[tuple[Region, ...], no_duplicates("every Region once")] = ()
    compare: Annotated[Text, one_of("average", "share", "per-request")] = "average"
    direction: Annotated[Text, one_of("lower-is-better", "higher-is-better")] = "lower-is-better"
    allowed_percent: Annotated[Number, between(0, 1_000, "percent")] = 0.0
    allowed_change: Annotated[Number, between(0, 1_000_000_000)] = 0.0
    minimum: Annotated[Whole, between(30, 1_000_000, "samples")] = 500

    @model_validator(mode="after")
    def _check_dimensions(self) -> MetricSettings:
        if self.version_dimension in self.dimensions:
            text = f"has {self.version_dimension}, which is versionDimension: its values are those of stable and canary"
            raise_errors([setting_error(text, "dimensions", value=self.dimensions)])
        if len(self.dimensions) >= MAX_DIMENSIONS:
            text = f"has {len(self.dimensions)} entries: at most {MAX_DIMENSIONS - 1}"
            raise_errors([setting_error(text, "dimensions", value=self.dimensions)])
        if self.stable == self.canary:
            text = f"is {format_value(self.canary)}, as stable is: the values of a version's dimension differ"
            raise_errors([setting_error(text, "canary", value=self.canary)])
        return self


def _validate_metrics(metrics: dict[str, MetricSettings]) -> dict[str, MetricSettings]:
    if len(metrics) > MAX_METRICS:
        raise_errors([setting_error(f"has {len(metrics)} entries: at most {MAX_METRICS}", value=metrics)])
    text = "is not a name of a metric: a letter, then up to 39 letters, digits and -"
    raise_errors([setting_error(text, name, value=name) for name in metrics if not _NAME.fullmatch(name)])
    return metrics


Metrics = Annotated[dict[str, MetricSettings], AfterValidator(_validate_metrics)]
