"""Who is told of alarms: one topic, whichever Region an alarm is in.

An alarm can only tell a topic of its own Region ("Using Amazon CloudWatch alarms"), and each topic has its subscribers
confirm anew. So EventBridge carries the changes to one Region ("Sending and receiving events between AWS Regions").
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.iam.role import policy_of
from infra.naming.function_identity import EDGE_REGION
from infra.observability.alarms import alarm_prefix
from infra.observability.subscriptions import subscribe

EVENTS = "events.amazonaws.com"
MESSAGE = '"<alarm> in <region> is <state> since <time>. <reason>"'


@dataclass(frozen=True)
class AlarmNoticesArgs:
    """`regions` are those with alarms, besides us-east-1, where the topic is."""

    prefix: str
    notify: Sequence[str]
    regions: Sequence[str]


class AlarmNotices(pulumi.ComponentResource):
    """Told is that an alarm goes off, and that it is over; not that one has been made."""

    topic_arn: pulumi.Output[str]

    def __init__(self, name: str, args: AlarmNoticesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:AlarmNotices", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # Not encrypted by a key: of AWS's own for SNS, EventBridge may not use it, and a message holds no secret.
        topic = aws.sns.Topic("alarm-topic", name=f"{args.prefix}-alarms", region=EDGE_REGION, opts=child)
        subscribe("alarms-notify", topic, args.notify, EDGE_REGION, child)
        self._told(args, topic, child)
        self._forwarded(args, [region for region in args.regions if region != EDGE_REGION], child)
        self.topic_arn = topic.arn
        self.register_outputs({"topicArn": self.topic_arn})

    def _told(self, args: AlarmNoticesArgs, topic: aws.sns.Topic, opts: pulumi.ResourceOptions) -> None:
        rule = _rule(args.prefix, EDGE_REGION, opts)
        policy = pulumi.Output.all(topic.arn, rule.arn).apply(lambda arns: json.dumps(topic_policy(arns[0], arns[1])))
        aws.sns.TopicPolicy("alarm-topic-policy", arn=topic.arn, policy=policy, region=EDGE_REGION, opts=opts)
        paths = {
            "alarm": "$.detail.alarmName",
            "region": "$.region",
            "state": "$.detail.state.value",
            "reason": "$.detail.state.reason",
            "time": "$.time",
        }
        aws.cloudwatch.EventTarget(
            f"alarms-{EDGE_REGION}-target",
            rule=rule.name,
            target_id="topic",
            arn=topic.arn,
            input_transformer=_Transformer(input_paths=paths, input_template=MESSAGE),
            region=EDGE_REGION,
            opts=opts,
        )

    def _forwarded(self, args: AlarmNoticesArgs, regions: Sequence[str], opts: pulumi.ResourceOptions) -> None:
        if not regions:
            return
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
        bus = account.apply(lambda number: f"arn:aws:events:{EDGE_REGION}:{number}:event-bus/default")
        role = aws.iam.Role(
            "alarms-role",
            name=f"{args.prefix}-alarms",
            description="EventBridge: carries alarms of other Regions to us-east-1",
            assume_role_policy=json.dumps(trust_policy()),
            opts=opts,
        )
        aws.iam.RolePolicy(
            "alarms-forward",
            name="forward",
            role=role.name,
            policy=bus.apply(lambda arn: json.dumps(policy_of(_may("events:PutEvents", arn)))),
            opts=opts,
        )
        for region in regions:
            aws.cloudwatch.EventTarget(
                f"alarms-{region}-target",
                rule=_rule(args.prefix, region, opts).name,
                target_id="home",
                arn=bus,
                role_arn=role.arn,
                region=region,
                opts=opts,
            )


def _rule(prefix: str, region: str, opts: pulumi.ResourceOptions) -> aws.cloudwatch.EventRule:
    return aws.cloudwatch.EventRule(
        f"alarms-{region}",
        name=f"{prefix}-alarms",
        description="An alarm of the stack goes off, or is over",
        event_pattern=json.dumps(event_pattern(prefix)),
        region=region,
        opts=opts,
    )


def event_pattern(prefix: str) -> dict[str, Any]:
    """ "Alarm events and EventBridge". A new alarm goes from INSUFFICIENT_DATA to OK, which is nothing to be told."""
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


def topic_policy(topic_arn: str, rule_arn: str) -> dict[str, Any]:
    """The one rule may publish."""
    condition = {"ArnEquals": {"aws:SourceArn": rule_arn}}
    return policy_of({**_may("sns:Publish", topic_arn), "Principal": {"Service": EVENTS}, "Condition": condition})


def trust_policy() -> dict[str, Any]:
    """Who may take on the role."""
    return policy_of({"Effect": "Allow", "Principal": {"Service": EVENTS}, "Action": "sts:AssumeRole"})


def _may(action: str, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [action], "Resource": [resource]}


_Transformer = aws.cloudwatch.EventTargetInputTransformerArgs
