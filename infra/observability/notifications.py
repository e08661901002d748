"""Notifications: subscriptions of a topic, and one topic for the alarms of all Regions.

An alarm can only notify a topic of its own Region ("Using Amazon CloudWatch alarms"), and subscribers confirm each
topic separately. So EventBridge sends the changes to one Region ("Sending and receiving events between AWS Regions").
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.config.rules import sns_protocol
from infra.iam.role import allow, policy_document, trust_policy
from infra.naming.edge_functions import EDGE_REGION
from infra.observability.alarms import alarm_prefix
from infra.settings.stack import Stack

EVENTS = "events.amazonaws.com"
MESSAGE = '"<alarm> in <region> is <state> since <time>. <reason>"'


def subscribe(
    prefix: str, topic: aws.sns.Topic, endpoints: Iterable[str], region: str, opts: pulumi.ResourceOptions
) -> None:
    """Create a subscription for every email address and https URL. `prefix` begins the logical names."""
    for endpoint in endpoints:
        aws.sns.TopicSubscription(
            f"{prefix}-{endpoint}",
            topic=topic.arn,
            protocol=sns_protocol(endpoint),
            endpoint=endpoint,
            region=region,
            opts=opts,
        )


class AlarmNotices(pulumi.ComponentResource):
    """The topic is notified when an alarm fires and when it is over, but not of a new alarm.

    `regions` are those with alarms, besides us-east-1, where the topic is.
    """

    topic_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        stack: Stack,
        notify: Sequence[str],
        regions: Sequence[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:AlarmNotices", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # Not encrypted: EventBridge may not use AWS's own key for SNS, and a message holds no secret.
        topic = aws.sns.Topic(
            stack.logical_name("alarm-topic"), name=f"{stack.prefix}-alarms", region=EDGE_REGION, opts=child
        )
        subscribe(stack.logical_name("alarms-notify"), topic, notify, EDGE_REGION, child)
        self._publish(stack, topic, child)
        self._forward(stack, [region for region in regions if region != EDGE_REGION], child)
        self.topic_arn = topic.arn
        self.register_outputs({"topicArn": self.topic_arn})

    def _publish(self, stack: Stack, topic: aws.sns.Topic, opts: pulumi.ResourceOptions) -> None:
        rule = _rule(stack, EDGE_REGION, opts)
        policy = pulumi.Output.all(topic.arn, rule.arn).apply(lambda arns: json.dumps(_topic_policy(arns[0], arns[1])))
        aws.sns.TopicPolicy(
            stack.logical_name("alarm-topic-policy"), arn=topic.arn, policy=policy, region=EDGE_REGION, opts=opts
        )
        paths = {
            "alarm": "$.detail.alarmName",
            "region": "$.region",
            "state": "$.detail.state.value",
            "reason": "$.detail.state.reason",
            "time": "$.time",
        }
        aws.cloudwatch.EventTarget(
            stack.logical_name(f"alarms-{EDGE_REGION}-target"),
            rule=rule.name,
            target_id="topic",
            arn=topic.arn,
            input_transformer=_Transformer(input_paths=paths, input_template=MESSAGE),
            region=EDGE_REGION,
            opts=opts,
        )

    def _forward(self, stack: Stack, regions: Sequence[str], opts: pulumi.ResourceOptions) -> None:
        if not regions:
            return
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
        bus = account.apply(lambda number: f"arn:aws:events:{EDGE_REGION}:{number}:event-bus/default")
        role = aws.iam.Role(
            stack.logical_name("alarms-role"),
            name=f"{stack.prefix}-alarms",
            description="EventBridge: carries alarms of other Regions to us-east-1",
            assume_role_policy=trust_policy(EVENTS),
            opts=opts,
        )
        aws.iam.RolePolicy(
            stack.logical_name("alarms-forward"),
            name="forward",
            role=role.name,
            policy=bus.apply(lambda arn: json.dumps(policy_document(allow(["events:PutEvents"], arn)))),
            opts=opts,
        )
        for region in regions:
            aws.cloudwatch.EventTarget(
                stack.logical_name(f"alarms-{region}-target"),
                rule=_rule(stack, region, opts).name,
                target_id="home",
                arn=bus,
                role_arn=role.arn,
                region=region,
                opts=opts,
            )


def _rule(stack: Stack, region: str, opts: pulumi.ResourceOptions) -> aws.cloudwatch.EventRule:
    return aws.cloudwatch.EventRule(
        stack.logical_name(f"alarms-{region}"),
        name=f"{stack.prefix}-alarms",
        description="An alarm of the stack goes off, or is over",
        event_pattern=json.dumps(_event_pattern(stack.prefix)),
        region=region,
        opts=opts,
    )


def _event_pattern(prefix: str) -> dict[str, Any]:
    """ "Alarm events and EventBridge". A new alarm goes from INSUFFICIENT_DATA to OK, which is not worth a message."""
    return {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {
            "alarmName": [{"prefix": alarm_prefix(prefix)}],
            "$or": [
                {"state": {"value": ["ALARM"]}},
                {"state": {"value": ["OK"]}, "previousState": {"value": ["ALARM"]}},
            ],
        },
    }


def _topic_policy(topic_arn: str, rule_arn: str) -> dict[str, Any]:
    """Allow the one rule to publish."""
    condition = {"ArnEquals": {"aws:SourceArn": rule_arn}}
    return policy_document(
        {**allow(["sns:Publish"], topic_arn), "Principal": {"Service": EVENTS}, "Condition": condition}
    )


_Transformer = aws.cloudwatch.EventTargetInputTransformerArgs
