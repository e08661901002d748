"""The Lambda function: one reconciliation per scheduled invocation, and one line of JSON in the log."""

from __future__ import annotations

import functools
import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

import boto3
from botocore.config import Config

from controller.analysis.plan import MIRROR_SECONDS, Timing, settle_seconds
from controller.gates.settings import Gates
from controller.reconcile import Controller, Outcome
from controller.rollout.item import to_document
from controller.rollout.store import ControlTable, StoreError
from controller.sources.cloudwatch import RESPONSE_SECONDS, CloudWatchAlarms, CloudWatchMetrics
from controller.sources.key_values import CloudFrontKeyValues
from controller.sources.notifications import Channel, EventBus, SlackHook, TopicNotifier
from controller.sources.series import CloudWatchSeries
from controller.sources.webhooks import SignedWebhook

# Three attempts of at most 7 s each: a Region that hangs is unreadable before the function times out.
_CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
_CLOUDFRONT_REGION = "us-east-1"
_NOT_LOGGED = ("history", "pending", "plan", "reason")

ClientFor = Callable[[str, str], Any]
"""boto3's client for (service, Region)."""


def handler(event: object, context: object) -> dict[str, Any]:  # noqa: ARG001  the scheduled event has no content
    """Reconcile once. StoreError fails the invocation, so that Lambda's metric `Errors` shows it."""
    return run_once(_controller())


def run_once(controller: Controller) -> dict[str, Any]:
    """Reconcile, print the outcome as one line of JSON, and return it."""
    try:
        line = log_line(controller.reconcile())
    except StoreError as error:
        print(json.dumps({"outcome": "failed", "reason": str(error)}), flush=True)
        raise
    print(json.dumps(line, ensure_ascii=False), flush=True)
    return line


def log_line(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome and the rollout's state as JSON."""
    line: dict[str, Any] = {"outcome": outcome.kind, "reason": outcome.reason}
    if outcome.rollout is not None:
        line |= {name: value for name, value in to_document(outcome.rollout).items() if name not in _NOT_LOGGED}
    return line | {"failures": list(outcome.failures)} if outcome.failures else line


def build_controller(
    environment: Mapping[str, str],
    client_for: ClientFor | None = None,
    clock: Callable[[], float] = time.time,
    response_seconds: int = RESPONSE_SECONDS,
    mirror_seconds: int = MIRROR_SECONDS,
    *,
    may_be_local: bool = False,
) -> Controller:
    """Build the controller from environment variables.

    CONTROL_TABLE, HOME_REGION, METRIC_REGIONS (separated by commas) and STACK are required; KeyError names a missing
    one. METRICS_NAMESPACE, REFRESH_SECONDS, TOPIC_ARN, KEY_VALUE_STORE_ARN, GATES with WEBHOOK_URL and WEBHOOK_SECRET,
    and SLACK_URL are optional. `response_seconds` as for CloudWatchMetrics; `mirror_seconds` until a key-value store
    has what the table has. Only where `may_be_local` is a webhook without TLS, on this machine, asked.
    """
    make = client_for or _boto_client
    stack = environment["STACK"]
    regions = [region for region in environment["METRIC_REGIONS"].split(",") if region]

    @functools.cache
    def cloudwatch(region: str) -> Any:
        return make("cloudwatch", region)

    namespace = environment.get("METRICS_NAMESPACE") or "EdgeRouter"
    store, gates = environment.get("KEY_VALUE_STORE_ARN"), Gates.from_environment(environment.get("GATES", ""))
    webhook, timeout_seconds = environment.get("WEBHOOK_URL"), gates.webhook.timeout_seconds
    refresh_seconds = int(environment.get("REFRESH_SECONDS") or 10)
    return Controller(
        store=ControlTable(make("dynamodb", environment["HOME_REGION"]), environment["CONTROL_TABLE"]),
        metrics=CloudWatchMetrics({name: cloudwatch(name) for name in regions}, namespace, stack, response_seconds),
        alarms=CloudWatchAlarms(cloudwatch),
        channels=_channels(environment, make, stack, may_be_local=may_be_local),
        clock=clock,
        timing=Timing(settle_seconds=settle_seconds(refresh_seconds, mirror_seconds if store else 0)),
        key_values=CloudFrontKeyValues(make("cloudfront-keyvaluestore", _CLOUDFRONT_REGION), store) if store else None,
        gates=gates,
        webhook=SignedWebhook(
            webhook, environment["WEBHOOK_SECRET"], stack, timeout_seconds, clock, may_be_local=may_be_local
        )
        if webhook
        else None,
        series=CloudWatchSeries(cloudwatch, regions, namespace, stack),
    )


def _channels(environment: Mapping[str, str], make: ClientFor, stack: str, *, may_be_local: bool) -> dict[str, Channel]:
    """Return EventBridge, and SNS and Slack where the environment names them; by the names that failures have."""
    topic, slack = environment.get("TOPIC_ARN"), environment.get("SLACK_URL")
    channels: dict[str, Channel] = {"event": EventBus(make("events", environment["HOME_REGION"]), stack)}
    if topic:
        channels["notification"] = TopicNotifier(make("sns", topic.split(":")[3]), topic, stack)
    if slack:
        channels["slack"] = SlackHook(slack, stack, may_be_local=may_be_local)
    return channels


@functools.cache
def _controller() -> Controller:
    """Build the controller once per instance: making the clients takes most of a second."""
    return build_controller(os.environ)


def _boto_client(service: str, region: str) -> Any:
    return cast("Callable[..., Any]", boto3.client)(service, region_name=region, config=_CLIENT_CONFIG)
