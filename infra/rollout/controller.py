"""The rollout controller: a Lambda function once a minute, what it may do, and whom it tells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.compute.regional_function import RegionFunction, RegionFunctionArgs
from infra.data.control import Control
from infra.iam.role import policy_of
from infra.observability.subscriptions import subscribe
from infra.package.baked_config import METRICS_NAMESPACE
from infra.settings.rollout import RolloutSettings

HANDLER = "controller.handler.handler"
SCHEDULE = "rate(1 minute)"
MEMORY_MB = 256
TIMEOUT_SECONDS = 50
"""Below the schedule's minute, so that one run has ended when the next begins; two at once would do no harm."""
TOPIC_KEY = "alias/aws/sns"
"""AWS's own key, which costs nothing. Whoever in the account may publish may use it; CloudWatch's alarms may not."""
STORE_ACTIONS = ("DescribeKeyValueStore", "GetKey", "PutKey")


@dataclass(frozen=True)
class RolloutArgs:
    """`metric_regions` are where the router writes its metrics; `store_arn` the key-value store of a function before
    the cache, None where there is none.
    """

    prefix: str
    plan: RolloutSettings
    package: Path
    control: Control
    home_region: str
    refresh_seconds: int
    metric_regions: tuple[str, ...]
    retention_days: int
    store_arn: pulumi.Input[str] | None = None


class Rollout(pulumi.ComponentResource):
    """It runs in the control table's home Region. Without a rollout under way a run is one read of the table."""

    function_arn: pulumi.Output[str]
    function_name: pulumi.Output[str]
    topic_arn: pulumi.Output[str]

    def __init__(self, name: str, args: RolloutArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Rollout", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        topic = aws.sns.Topic(
            f"{name}-topic",
            name=f"{args.prefix}-rollout",
            region=args.home_region,
            kms_master_key_id=TOPIC_KEY,
            opts=child,
        )
        subscribe(f"{name}-notifies", topic, args.plan.notify, args.home_region, child)
        controller = RegionFunction("controller", _function_args(args, topic.arn), child)
        _schedule(name, args, controller, child)
        self.function_arn, self.function_name, self.topic_arn = controller.arn, controller.name, topic.arn
        self.register_outputs({"functionArn": self.function_arn, "topicArn": self.topic_arn})


def _function_args(args: RolloutArgs, topic_arn: pulumi.Output[str]) -> RegionFunctionArgs:
    environment: dict[str, pulumi.Input[str]] = {
        "CONTROL_TABLE": args.control.table_name,
        "HOME_REGION": args.home_region,
        "METRICS_NAMESPACE": METRICS_NAMESPACE,
        "METRIC_REGIONS": ",".join(args.metric_regions),
        "REFRESH_SECONDS": str(args.refresh_seconds),
        "STACK": args.prefix,
        "TOPIC_ARN": topic_arn,
    }
    if args.store_arn is not None:
        environment["KEY_VALUE_STORE_ARN"] = args.store_arn
    return RegionFunctionArgs(
        function_name=f"{args.prefix}-controller",
        description="Raises the canary's percentage by the plan, or takes it back",
        handler=HANDLER,
        package=args.package,
        region=args.home_region,
        memory_mb=MEMORY_MB,
        timeout_seconds=TIMEOUT_SECONDS,
        retention_days=args.retention_days,
        environment=environment,
        policies=_policies(args, topic_arn),
    )


def _policies(args: RolloutArgs, topic_arn: pulumi.Output[str]) -> Mapping[str, pulumi.Input[str]]:
    """By purpose, so that each can be read, and taken away, by itself."""
    items = ["dynamodb:Query", "dynamodb:PutItem", "dynamodb:ConditionCheckItem"]
    policies: dict[str, pulumi.Input[str]] = {
        "control-table": args.control.table_arn.apply(lambda arn: _allowed(items, arn)),
        # CloudWatch knows no narrower resource, and no condition on the namespace (Service Authorization Reference).
        "read-metrics": _allowed(["cloudwatch:GetMetricData"], "*"),
        "notify": topic_arn.apply(lambda arn: _allowed(["sns:Publish"], arn)),
    }
    if args.plan.alarms:
        policies["read-alarms"] = _allowed(["cloudwatch:DescribeAlarms"], *args.plan.alarms)
    if args.store_arn is not None:
        actions = [f"cloudfront-keyvaluestore:{action}" for action in STORE_ACTIONS]
        store = pulumi.Output.from_input(args.store_arn)
        policies["key-value-store"] = store.apply(lambda arn: _allowed(actions, arn))
    return policies


def _allowed(actions: list[str], *resources: str) -> str:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": list(resources)}
    return json.dumps(policy_of(statement))


def _schedule(name: str, args: RolloutArgs, controller: RegionFunction, opts: pulumi.ResourceOptions) -> None:
    rule = aws.cloudwatch.EventRule(
        f"{name}-schedule",
        name=f"{args.prefix}-rollout",
        description="Reconciles a rollout that is under way",
        schedule_expression=SCHEDULE,
        region=args.home_region,
        opts=opts,
    )
    aws.lambda_.Permission(
        f"{name}-schedule-may-invoke",
        statement_id="schedule",
        action="lambda:InvokeFunction",
        function=controller.name,
        principal="events.amazonaws.com",
        source_arn=rule.arn,
        region=args.home_region,
        opts=opts,
    )
    aws.cloudwatch.EventTarget(
        f"{name}-schedule-target",
        rule=rule.name,
        target_id="controller",
        arn=controller.arn,
        region=args.home_region,
        opts=opts,
    )
