"""The hosts' role: it writes sessions, lets Session Manager in, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.iam.role import policy_document

CHANNELS = tuple(
    f"ssmmessages:{action}{channel}" for channel in ("ControlChannel", "DataChannel") for action in ("Create", "Open")
)
"""With the instance's heartbeat as in AWS's AWSCloud9SSMInstanceProfile. AmazonSSMManagedInstanceCore could read every
parameter of the account besides, and so could whatever runs in the container."""


class HostRole(pulumi.ComponentResource):
    """A role that EC2 may take on, as instances take one: in `profile`."""

    profile: pulumi.Output[str]

    def __init__(
        self, name: str, prefix: str, table_arn: pulumi.Output[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("edge-router:infra:HostRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            "hosts-role",
            name=f"{prefix}-hosts",
            description="Sample application: writes its sessions",
            assume_role_policy=json.dumps(
                policy_document(
                    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
                )
            ),
            opts=child,
        )
        policies = {
            "write-sessions": table_arn.apply(
                lambda arn: json.dumps(policy_document(_allowing(["dynamodb:UpdateItem"], arn)))
            ),
            "session-manager": table_arn.apply(lambda arn: json.dumps(session_manager_policy(arn.split(":")[4]))),
        }
        self.policies = [
            aws.iam.RolePolicy(f"hosts-{key}", name=key, role=role.name, policy=policy, opts=child)
            for key, policy in policies.items()
        ]
        self.profile = aws.iam.InstanceProfile("hosts-profile", name=f"{prefix}-hosts", role=role.name, opts=child).name
        self.register_outputs({"profile": self.profile})


def session_manager_policy(account_id: str) -> dict[str, Any]:
    """Channels have no ARN ("Service Authorization Reference"); an instance has one, whose id nobody knows before."""
    instances = f"arn:aws:ec2:*:{account_id}:instance/*"
    return policy_document(_allowing(CHANNELS, "*"), _allowing(["ssm:UpdateInstanceInformation"], instances))


def _allowing(actions: Sequence[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": [resource]}
