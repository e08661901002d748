"""A controller out of its Lambda's environment variables, with boto3's clients."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import boto3
from botocore.config import Config

from controller.reconcile import Controller
from controller.rollout.store import ControlTable
from controller.sources.alarms import CloudWatchAlarms
from controller.sources.key_values import CloudFrontKeyValues
from controller.sources.metrics import ANSWER_SECONDS, CloudWatchMetrics
from controller.sources.notices import NoNotifier, TopicNotifier
from controller.window import Timing

# Three tries of at most 7 s each: a Region that hangs is unreadable before the function's time is over.
_LIMITS = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
_CLOUDFRONT_REGION = "us-east-1"
_PROPAGATION_SECONDS = 2

ClientFor = Callable[[str, str], Any]
"""boto3's client for (service, Region)."""


def controller_of(
    environment: Mapping[str, str],
    client_for: ClientFor | None = None,
    clock: Callable[[], float] = time.time,
    answer_seconds: int = ANSWER_SECONDS,
) -> Controller:
    """CONTROL_TABLE, HOME_REGION, METRIC_REGIONS (by commas) and STACK have to be there; KeyError names what is not.

    METRICS_NAMESPACE, REFRESH_SECONDS, TOPIC_ARN and KEY_VALUE_STORE_ARN can be. `answer_seconds` as CloudWatchMetrics
    has it.
    """
    make = client_for or boto_client
    stack = environment["STACK"]
    regions = [region for region in environment["METRIC_REGIONS"].split(",") if region]
    cloudwatch = _Clients(make, "cloudwatch")
    namespace = environment.get("METRICS_NAMESPACE") or "EdgeRouter"
    topic, store = environment.get("TOPIC_ARN"), environment.get("KEY_VALUE_STORE_ARN")
    settle = int(environment.get("REFRESH_SECONDS") or 10) + _PROPAGATION_SECONDS
    return Controller(
        store=ControlTable(make("dynamodb", environment["HOME_REGION"]), environment["CONTROL_TABLE"]),
        metrics=CloudWatchMetrics({region: cloudwatch[region] for region in regions}, namespace, stack, answer_seconds),
        alarms=CloudWatchAlarms(cloudwatch),
        notifier=TopicNotifier(make("sns", topic.split(":")[3]), topic, stack) if topic else NoNotifier(),
        clock=clock,
        timing=Timing(settle_seconds=settle),
        key_values=_key_values(make, store) if store else None,
    )


def boto_client(service: str, region: str) -> Any:
    """With short time limits."""
    return cast("Callable[..., Any]", boto3.client)(service, region_name=region, config=_LIMITS)


def _key_values(make: ClientFor, store: str) -> CloudFrontKeyValues:
    return CloudFrontKeyValues(make("cloudfront-keyvaluestore", _CLOUDFRONT_REGION), store)


class _Clients(dict[str, Any]):
    """One service's by Region, made when they are first asked for."""

    def __init__(self, make: ClientFor, service: str) -> None:
        super().__init__()
        self._make, self._service = make, service

    def __missing__(self, region: str) -> Any:
        self[region] = self._make(self._service, region)
        return self[region]
