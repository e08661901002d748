"""Every right that a stack hands out, as a table: what is not in it is not asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

REGION = r"[a-z]{2}(-[a-z]+)+-\d"
ACCOUNT = r"123456789012"


@dataclass(frozen=True)
class Grant:
    """One statement: exactly these actions, on resources that all have one of these forms (regular expressions).

    Where it belongs to a resource, `principal` says to whom, and `condition` when: (operator, key) with the form of the
    value.
    """

    actions: frozenset[str]
    resources: tuple[str, ...]
    effect: str = "Allow"
    principal: str = ""
    condition: Mapping[tuple[str, str], str] = field(default_factory=dict)


def grant(actions: str, *resources: str) -> tuple[Grant, ...]:
    """Actions with a space between; in a form {prefix} is the stack's own `edge-router-prod`."""
    return (Grant(frozenset(actions.split()), resources),)


def bucket(kind: str) -> str:
    return rf"arn:aws:s3:::{{prefix}}-logs-{kind}-{ACCOUNT}"


def tls_only(kind: str) -> tuple[Grant, ...]:
    """Everybody, the owner too, is refused without TLS."""
    places = (bucket(kind), f"{bucket(kind)}/\\*")
    condition = {("Bool", "aws:SecureTransport"): "false"}
    return (Grant(frozenset({"s3:*"}), places, "Deny", r"\*", condition),)


def table(purpose: str) -> str:
    return rf"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{prefix}}-{purpose}"


def log(name: str, region: str = REGION) -> str:
    return rf"arn:aws:logs:{region}:{ACCOUNT}:log-group:/aws/lambda/{name}"


EDGE_LOG = log(r"us-east-1\.{prefix}", r"\*")
GRANTS: dict[tuple[str, str], tuple[Grant, ...]] = {
    # The router, in whatever Region a viewer is near to: its own group there, and no other.
    ("", "write-log"): (
        *grant("logs:CreateLogGroup logs:CreateLogStream", EDGE_LOG, rf"{EDGE_LOG}:\*"),
        *grant("logs:PutLogEvents", rf"{EDGE_LOG}:\*"),
    ),
    ("", "read-sessions"): grant("dynamodb:GetItem", table("sessions")),
    ("", "read-tenants"): grant("dynamodb:GetItem", table("tenants")),
    ("", "read-control"): grant("dynamodb:Query", table("control")),
    ("-controller", "write-log"): grant("logs:CreateLogStream logs:PutLogEvents", rf"{log('{prefix}-controller')}:\*"),
    ("-controller", "control-table"): grant(
        "dynamodb:Query dynamodb:PutItem dynamodb:ConditionCheckItem", table("control")
    ),
    ("-controller", "read-metrics"): grant("cloudwatch:GetMetricData", r"\*"),
    ("-controller", "read-alarms"): grant("cloudwatch:DescribeAlarms", r"\*"),
    ("-controller", "notify"): (
        *grant("sns:Publish", rf"arn:aws:sns:{REGION}:{ACCOUNT}:{{prefix}}-rollout"),
        Grant(
            frozenset({"events:PutEvents"}),
            (rf"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default",),
            condition={("StringEquals", "events:source"): "edge-router"},
        ),
    ),
    ("-controller", "key-value-store"): grant(
        " ".join(f"cloudfront-keyvaluestore:{action}" for action in ("DescribeKeyValueStore", "GetKey", "PutKey")),
        rf"arn:aws:cloudfront::{ACCOUNT}:key-value-store/[0-9a-f-]{{36}}",
    ),
    ("-validator", "write-log"): grant("logs:CreateLogStream logs:PutLogEvents", rf"{log('{prefix}-validator')}:\*"),
    ("-validator", "report-job"): grant("codepipeline:PutJobSuccessResult codepipeline:PutJobFailureResult", r"\*"),
    ("-hosts", "write-sessions"): grant(
        "dynamodb:UpdateItem", rf"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/edge-router-staging-sessions"
    ),
    ("-hosts", "session-manager"): (
        *grant(
            "ssmmessages:CreateControlChannel ssmmessages:CreateDataChannel ssmmessages:OpenControlChannel"
            " ssmmessages:OpenDataChannel",
            r"\*",
        ),
        *grant("ssm:UpdateInstanceInformation", rf"arn:aws:ec2:\*:{ACCOUNT}:instance/\*"),
    ),
    ("-alarms", "forward"): grant("events:PutEvents", rf"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"),
}
"""By whose role (the end of its name, after the stack's prefix) and the policy's name."""

RESOURCE_GRANTS: dict[str, tuple[Grant, ...]] = {
    "access-logs-s3-policy": tls_only("s3"),
    "access-logs-v2-policy": (
        *tls_only("v2"),
        Grant(
            frozenset({"s3:PutObject"}),
            (rf"{bucket('v2')}/\*",),
            principal=r"delivery\.logs\.amazonaws\.com",
            condition={
                ("StringEquals", "aws:SourceAccount"): ACCOUNT,
                ("StringEquals", "s3:x-amz-acl"): "bucket-owner-full-control",
                ("ArnLike", "aws:SourceArn"): rf"arn:aws:logs:us-east-1:{ACCOUNT}:delivery-source:\*",
            },
        ),
    ),
    "alarm-topic-policy": (
        Grant(
            frozenset({"sns:Publish"}),
            (rf"arn:aws:sns:us-east-1:{ACCOUNT}:{{prefix}}-alarms",),
            principal=r"events\.amazonaws\.com",
            condition={
                ("ArnEquals", "aws:SourceArn"): rf"arn:aws:events:us-east-1:{ACCOUNT}:rule/{{prefix}}-alarms",
            },
        ),
    ),
}
"""Policies of buckets and topics, by their logical name."""

ANY_RESOURCE = {
    "cloudwatch:DescribeAlarms": "with a narrower resource it tells nothing of composite alarms",
    "cloudwatch:GetMetricData": "no resource type, and no condition key for a namespace",
    "codepipeline:PutJobSuccessResult": "no resource type: a job has no ARN",
    "codepipeline:PutJobFailureResult": "no resource type: a job has no ARN",
    "ssmmessages:CreateControlChannel": "no resource type",
    "ssmmessages:CreateDataChannel": "no resource type",
    "ssmmessages:OpenControlChannel": "no resource type",
    "ssmmessages:OpenDataChannel": "no resource type",
}
"""Actions that AWS grants on * only, by the "Service Authorization Reference"."""

LAMBDA = "lambda.amazonaws.com"
TRUST = {
    "": ("edgelambda.amazonaws.com", LAMBDA),
    "-controller": (LAMBDA,),
    "-validator": (LAMBDA,),
    "-hosts": ("ec2.amazonaws.com",),
    "-alarms": ("events.amazonaws.com",),
}
"""The services that may take on a role, by the end of its name."""

INVOKERS = {"schedule": ("events.amazonaws.com", rf"arn:aws:events:{REGION}:{ACCOUNT}:rule/{{prefix}}-rollout")}
"""Who may invoke a function, by the statement's id: the service, and the one resource of it."""

POLICY_HOLDERS = {"policy", "policyDocument", "assumeRolePolicy", "inlinePolicies", "managedPolicyArns", "policyArn"}
"""Inputs that hold or name a policy, whatever the resource."""


def forms(templates: Sequence[str], prefix: str) -> re.Pattern[str]:
    """Matches a resource that has one of the forms."""
    return re.compile("|".join(f"(?:{template.replace('{prefix}', re.escape(prefix))})" for template in templates))


def statements(policy: str) -> list[dict[str, Any]]:
    """Of a policy document, with actions and resources as lists."""
    found = json.loads(policy)["Statement"]
    return [
        {
            key: [value] if key in ("Action", "Resource") and isinstance(value, str) else value
            for key, value in one.items()
        }
        for one in (found if isinstance(found, list) else [found])
    ]


def holders(resources: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """(resource type, input) of everything that holds a policy."""
    for one in resources:
        yield from ((one["type"], key) for key in one["inputs"].keys() & POLICY_HOLDERS)


def principal_of(statement: Mapping[str, Any]) -> str:
    """The service that a statement is about, * for everybody, "" where it is the role's own."""
    principal = statement.get("Principal", "")
    return principal["Service"] if isinstance(principal, dict) else principal


def conditions_of(statement: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Values by (operator, key)."""
    conditions = statement.get("Condition", {})
    return {(operator, key): value for operator, keys in conditions.items() for key, value in keys.items()}
