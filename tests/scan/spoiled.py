"""A plan with mistakes that any scanner has to find: when it finds them no more, it no longer understands the plan."""

from __future__ import annotations

import json
from typing import Any

from tests.scan.plan import plan_of

NAME = "spoiled"
_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_RESOURCES: dict[str, dict[str, Any]] = {
    "aws:iam/rolePolicy:RolePolicy": {"name": "all", "role": "router", "policy": json.dumps(_ALL)},
    "aws:cloudfront/distribution:Distribution": {
        "enabled": True,
        "defaultCacheBehavior": {"targetOriginId": "stable", "viewerProtocolPolicy": "allow-all"},
        "origins": [{"originId": "stable", "domainName": "v1.example.com"}],
    },
    "aws:dynamodb/table:Table": {"name": "sessions", "pointInTimeRecovery": {"enabled": False}},
    "aws:sns/topic:Topic": {"name": "open"},
}
EXPECTED = {
    ("CKV_AWS_63", "aws_iam_role_policy.spoiled"),
    ("CKV_AWS_34", "aws_cloudfront_distribution.spoiled"),
    ("CKV_AWS_28", "aws_dynamodb_table.spoiled"),
    ("CKV_AWS_26", "aws_sns_topic.spoiled"),
}
"""Check and resource: a policy of everything, plain http, no recovery, nothing encrypted."""


def spoiled_plan() -> dict[str, Any]:
    """Through the same conversion as the stacks."""
    resources = [
        {"urn": f"urn:pulumi:s::p::{kind}::{NAME}", "type": kind, "custom": True, "inputs": inputs}
        for kind, inputs in _RESOURCES.items()
    ]
    return plan_of({"deployment": {"resources": resources}})
