"""The rollout controller: a Lambda function once a minute, its permissions, and its topic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pulumi
import pulumi_aws as aws

from controller.gates.settings import Gates
from controller.sources.notifications import SOURCE
from infra.compute.regional_function import RegionalFunction, RegionalFunctionArgs
from infra.data.control import Control
from infra.iam.role import allow, policy_document
from infra.inputs.deferrable import StackValues
from infra.observability.notifications import subscribe
from infra.package.baked_config import METRICS_NAMESPACE
from infra.settings.rollouts.plan import RolloutSettings
from infra.settings.stack import Stack

HANDLER = "controller.handler.handler"
SCHEDULE = "rate(1 minute)"
MEMORY_MB = 256
TIMEOUT_SECONDS = 50
"""Below the schedule's minute, so that one run has ended when the next begins; two at once would do no harm."""
TOPIC_KEY = "alias/aws/sns"
"""AWS's own key, which costs nothing. All who may publish may use it, except for CloudWatch's alarms."""
STORE_ACTIONS = ("DescribeKeyValueStore", "GetKey", "PutKey")


class Rollout(pulumi.ComponentResource):
    """The controller in the control table's home Region. Without a rollout a run is one read of the table.

    `store_arn` is the key-value store of the CloudFront Function, None where there is none.
    """

    function_arn: pulumi.Output[str]
    function_name: pulumi.Output[str]
    topic_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        values: StackValues,
        plan: RolloutSettings,
        package: Path,
        control: Control,
        store_arn: pulumi.Output[str] | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:Rollout", name, None, opts)
        child, stack = pulumi.ResourceOptions(parent=self), values.stack
        settings, home_region = stack.settings, stack.settings.control.home_region
        topic = aws.sns.Topic(
            f"{name}-topic",
            name=f"{stack.prefix}-rollout",
            region=home_region,
            kms_master_key_id=TOPIC_KEY,
            opts=child,
        )
        subscribe(f"{name}-notifies", topic, plan.notify, home_region, child)
        environment: dict[str, pulumi.Input[str]] = {
            "CONTROL_TABLE": control.table_name,
            "HOME_REGION": home_region,
            "METRICS_NAMESPACE": METRICS_NAMESPACE,
            "METRIC_REGIONS": ",".join(settings.logs.regions),
            "REFRESH_SECONDS": str(settings.control.refresh_seconds),
            "STACK": stack.prefix,
            "TOPIC_ARN": topic.arn,
        }
        if store_arn is not None:
            environment["KEY_VALUE_STORE_ARN"] = store_arn
        environment |= _gates(values, plan)
        function = RegionalFunctionArgs(
            function_name=f"{stack.prefix}-controller",
            description="Raises the canary's percentage by the plan, or takes it back",
            handler=HANDLER,
            package=package,
            region=home_region,
            memory_mb=MEMORY_MB,
            timeout_seconds=TIMEOUT_SECONDS,
            retention_days=settings.logs.retention_days,
            environment=environment,
            policies=_policies(control, topic.arn, store_arn),
        )
        controller = RegionalFunction(stack.logical_name("controller"), function, child)
        _schedule(name, f"{stack.prefix}-rollout", home_region, controller, child)
        self.function_arn, self.function_name, self.topic_arn = controller.arn, controller.name, topic.arn
        self.register_outputs({"functionArn": self.function_arn, "topicArn": self.topic_arn})


def _gates(values: StackValues, plan: RolloutSettings) -> dict[str, pulumi.Input[str]]:
    """Return the variables of gates and Slack. Lambda encrypts them at rest; in Pulumi's state they are secrets."""
    variables: dict[str, pulumi.Input[str]] = {
        name: pulumi.Output.secret(values.apply(lambda stack, name=name: _secrets(stack.settings.rollout)[name]))
        for name in _secrets(plan)
    }
    return variables | ({"GATES": values.apply(_gates_text)} if plan.gates.controller_gates != Gates() else {})


def _secrets(plan: RolloutSettings | None) -> dict[str, str]:
    if plan is None:
        return {}
    hook = plan.gates.webhook
    secrets = {"WEBHOOK_URL": hook.url, "WEBHOOK_SECRET": hook.secret} if hook else {}
    return secrets | ({"SLACK_URL": plan.slack} if plan.slack else {})


def _gates_text(stack: Stack) -> str:
    return json.dumps(stack.settings.rollout.gates.controller_gates.to_json()) if stack.settings.rollout else ""


def _policies(
    control: Control,
    topic_arn: pulumi.Output[str],
    store_arn: pulumi.Output[str] | None,
) -> Mapping[str, pulumi.Input[str]]:
    """Return one policy for each purpose."""
    items = ["dynamodb:Query", "dynamodb:PutItem", "dynamodb:ConditionCheckItem"]
    policies: dict[str, pulumi.Input[str]] = {
        "control-table": control.table_arn.apply(lambda arn: _policy(items, arn)),
        # CloudWatch knows no narrower resource, and no condition on the namespace (Service Authorization Reference).
        "read-metrics": _policy(["cloudwatch:GetMetricData"], "*"),
        # With a narrower resource it tells nothing of composite alarms (DescribeAlarms, CloudWatch API reference). Also
        # without alarms in the config: a rollout keeps those of its plan, whatever the config names meanwhile.
        "read-alarms": _policy(["cloudwatch:DescribeAlarms"], "*"),
        "notify": topic_arn.apply(_announcing),
    }
    if store_arn is not None:
        actions = [f"cloudfront-keyvaluestore:{action}" for action in STORE_ACTIONS]
        policies["key-value-store"] = store_arn.apply(lambda arn: _policy(actions, arn))
    return policies


def _policy(actions: list[str], *resources: str) -> str:
    return json.dumps(policy_document(allow(actions, *resources)))


def _announcing(topic_arn: str) -> str:
    """Allow the topic, and the default event bus of its Region and account for this source only."""
    _, partition, _, region, account, _ = topic_arn.split(":")
    bus = allow(["events:PutEvents"], f"arn:{partition}:events:{region}:{account}:event-bus/default")
    condition = {"StringEquals": {"events:source": SOURCE}}
    return json.dumps(policy_document(allow(["sns:Publish"], topic_arn), {**bus, "Condition": condition}))


def _schedule(
    name: str, rule_name: str, region: str, controller: RegionalFunction, opts: pulumi.ResourceOptions
) -> None:
    rule = aws.cloudwatch.EventRule(
        f"{name}-schedule",
        name=rule_name,
        description="Reconciles a rollout that is under way",
        schedule_expression=SCHEDULE,
        region=region,
        opts=opts,
    )
    aws.lambda_.Permission(
        f"{name}-schedule-may-invoke",
        statement_id="schedule",
        action="lambda:InvokeFunction",
        function=controller.name,
        principal="events.amazonaws.com",
        source_arn=rule.arn,
        region=region,
        opts=opts,
    )
    aws.cloudwatch.EventTarget(
        f"{name}-schedule-target",
        rule=rule.name,
        target_id="controller",
        arn=controller.arn,
        region=region,
        opts=opts,
    )
