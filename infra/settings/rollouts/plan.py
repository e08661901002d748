"""The section `rollout`: the plan by which the percentage rises, and the conditions that stop it."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from infra.config.aws_regions import region_error
from infra.config.base_model import Number, Section, Text, Whole
from infra.config.errors import format_value, raise_errors, setting_error, suggestion
from infra.config.rules import Percentage, RolloutEndpoints, between, no_duplicates, one_of, rule
from infra.settings.rollouts.gates import GateSettings, SlackUrl
from infra.settings.rollouts.metrics import Metrics, MetricSettings

MAX_STEPS = 20
MAX_ALARMS = 100
"""DescribeAlarms takes no more names at once (CloudWatch API reference)."""
LONGEST_INTERVAL_SECONDS = 86_400
SHORT_INTERVAL_SECONDS = 120

_DURATION = re.compile(r"([1-9][0-9]{0,5})([smh])")
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3_600}
_ALARM = re.compile(r"arn:aws:cloudwatch:([a-z0-9-]+):[0-9]{12}:alarm:(.{1,255})")


def parse_duration(duration: str) -> int:
    """Return "90s", "10m" or "1h" in seconds; ValueError for anything else."""
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise ValueError(duration)
    return int(found[1]) * _UNIT_SECONDS[found[2]]


def _interval_error(value: str) -> str:
    found = _DURATION.fullmatch(value)
    if found is not None and parse_duration(value) <= LONGEST_INTERVAL_SECONDS:
        return ""
    return f"is {format_value(value)}: a duration from 1s to 24h, such as 90s, 10m or 1h"


def _alarm_error(value: str) -> str:
    found = _ALARM.fullmatch(value)
    if found is None:
        arn = "arn:aws:cloudwatch:<Region>:<account>:alarm:<name>"
        return f"is {format_value(value)}: the ARN of a CloudWatch alarm is {arn}"
    text = region_error(found[1], "monitoring")
    return f"is {format_value(value)}, and its Region {text}" if text else ""


def _count_error(values: tuple[str, ...]) -> str:
    return f"has {len(values)} entries: at most {MAX_ALARMS}" if len(values) > MAX_ALARMS else ""


def _validate_steps(steps: tuple[float, ...]) -> tuple[float, ...]:
    """Require each step above the one before, and the first above 0: a visitor on the canary stays there."""
    if not 0 < len(steps) <= MAX_STEPS:
        raise_errors([setting_error(f"has {len(steps)} entries: a plan has 1 to {MAX_STEPS}", value=steps)])
    pairs = enumerate(zip((0.0, *steps), steps, strict=False))
    raise_errors(
        [
            setting_error(f"is {step:g}: must be above the step before, that is {before:g}", index, value=step)
            for index, (before, step) in pairs
            if step <= before
        ]
    )
    return steps


def _validate_quantiles(increases: dict[str, float]) -> dict[str, float]:
    from controller.analysis.plan import QUANTILES  # here, for 12 ms that a stack with the defaults need not pay

    raise_errors(
        [
            setting_error(f"is an unknown quantile: {suggestion(name, QUANTILES)}", name, value=increases[name])
            for name in increases
            if name not in QUANTILES
        ]
    )
    return increases


class RolloutSettings(Section):
    """The plan of a rollout. It may end below 100: the percentage then stays there, and the rest is up to you.

    Attributes:
        steps: Percentages, each above the one before.
        interval: Minimum length of a step. Less than 2m is for trials only, because CloudWatch's metrics come by the
            minute.
        max_error_rate_increase: Accepted increase of the canary's error rate, in percentage points.
        max_latency_increase: Accepted increase of the canary's latency, in percent of the geometric mean.
        minimum_requests: Requests of each version in a step before the analysis counts.
        on_inconclusive: What happens when a step ends with fewer: pause, wait for more, or roll back.
        alarms: ARNs of CloudWatch alarms, in any Region: one in state ALARM rolls back.
        notify: Email addresses and https URLs that are notified of every change, once they have confirmed the
            subscription. Anything else (a queue, a chat) subscribes to the topic in the output `rolloutTopic`.
        baseline: The canary is compared with a group of stable's new visitors of the canary's size, assigned in the
            same minutes, and not with all visitors on stable.
        gates: [What a step waits for](gates.md) after the analysis has passed.
        slack: URL of an incoming webhook of Slack, or of what takes the same form, that gets every change; use
            `--secret`.
        on_sample_ratio_mismatch: What happens where new visitors are not split as the percentage says: it pauses
            (hold), rolls back, or only says so (warn).
        metrics: [Metrics of your own](rollouts.md#metrics-of-your-own), by a name of your choice.
        latency_quantiles: Accepted increase of quantiles of the canary's latency, in percent, by name (p50, p75, p90,
            p95, p99). Those that are not named are not judged: with `{}` none is.
    """

    steps: Annotated[tuple[Percentage, ...], AfterValidator(_validate_steps)] = (1.0, 5.0, 25.0, 50.0, 100.0)
    interval: Annotated[Text, rule(_interval_error)] = "10m"
    max_error_rate_increase: Percentage = 1.0
    max_latency_increase: Annotated[Number, between(0, 1_000, "percent")] = 20.0
    minimum_requests: Annotated[Whole, between(10, 1_000_000, "requests")] = 500
    on_inconclusive: Annotated[Text, one_of("pause", "wait", "roll-back")] = "pause"
    alarms: Annotated[tuple[Annotated[Text, rule(_alarm_error)], ...], no_duplicates(), rule(_count_error)] = ()
    notify: RolloutEndpoints = ()
    baseline: bool = False
    gates: GateSettings = Field(default_factory=GateSettings)
    slack: SlackUrl = Field(default="", repr=False)
    on_sample_ratio_mismatch: Annotated[Text, one_of("hold", "roll-back", "warn")] = "hold"
    metrics: Metrics = Field(default_factory=dict[str, MetricSettings])
    latency_quantiles: Annotated[
        dict[str, Annotated[Number, between(0, 1_000, "percent")]], AfterValidator(_validate_quantiles)
    ] = Field(default_factory=lambda: {"p50": 20.0, "p95": 20.0, "p99": 10.0})

    @model_validator(mode="after")
    def _approves_steps_of_the_plan(self) -> Self:
        errors = self.gates.step_errors(self.steps)
        raise_errors([setting_error(text, "gates", "approval", value=self.gates.approval) for text in errors])
        return self

    @property
    def interval_seconds(self) -> int:
        """The minimum length of a step."""
        return parse_duration(self.interval)

    def warnings(self) -> list[str]:
        """Return warnings about likely mistakes; each begins with its key below the section."""
        if self.interval_seconds >= SHORT_INTERVAL_SECONDS:
            return self.gates.warnings()
        return [
            *self.gates.warnings(),
            f"interval is {self.interval}: the controller runs once a minute and CloudWatch's metrics come by the"
            " minute, so a step under 2m has next to no data. For trials only",
        ]
