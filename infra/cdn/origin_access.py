"""Private origins: the access control by which CloudFront signs, and the policies that let it and the router ask."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.cdn.private_bucket import tls_only
from infra.iam.role import policy_document
from infra.inputs.deferrable import StackValues
from infra.settings.origins import OriginSettings
from infra.settings.private_origins import objects, private_resources, signs
from infra.settings.stack import Stack

CLOUDFRONT = "cloudfront.amazonaws.com"
INVOKE: tuple[str, ...] = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")
"""Both are needed ("Restrict access to an AWS Lambda function URL origin")."""


def create_access_control(stack: Stack, opts: pulumi.ResourceOptions) -> pulumi.Output[str] | None:
    """Create the origin access control of the distribution's origins, where they have one; return its ID."""
    settings = stack.settings
    if not settings.has_access_control:
        return None
    return aws.cloudfront.OriginAccessControl(
        stack.logical_name("access-control"),
        name=stack.prefix,
        description=f"{stack.prefix}: private origins",
        origin_access_control_origin_type="s3" if settings.origins["stable"].bucket else "lambda",
        signing_behavior="always",
        signing_protocol="sigv4",
        opts=opts,
    ).id


class OriginPolicies(pulumi.ComponentResource):
    """The policies of private origins, as JSON by bucket or function ARN; attached where `attachPolicy` says so."""

    documents: pulumi.Input[dict[str, pulumi.Input[str]]]

    def __init__(
        self,
        name: str,
        values: StackValues,
        distribution_arn: pulumi.Output[str],
        role_arn: pulumi.Output[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:OriginPolicies", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        arns = pulumi.Output.all(distribution_arn, role_arn)
        self.documents = values.apply(lambda stack: _documents(stack, arns))
        for origins in private_resources(values.stack.settings).values():
            first, one = next(iter(origins.items()))
            if not any(origin.attach_policy for origin in origins.values()):
                continue
            if one.bucket:
                _attach(values, first, arns, child)
            elif values.stack.settings.has_access_control and "stable" in origins:
                _permit(values, first, distribution_arn, child)
        self.register_outputs({"documents": self.documents})


def _label(values: StackValues, name: str, known: str) -> str:
    """Return an origin's part of a logical name: its bucket or function; in a component its name.

    A component's bucket may become an Output, or be one no more: with another name, Pulumi would create the policy anew
    and then delete the bucket's only one.
    """
    return name if values.stack.component or name in values.later else known


def _attach(values: StackValues, name: str, arns: pulumi.Output[list[str]], opts: pulumi.ResourceOptions) -> None:
    aws.s3.BucketPolicy(
        values.stack.logical_name(f"policy-{_label(values, name, values.stack.settings.origins[name].bucket)}"),
        bucket=values.apply(lambda stack: stack.settings.origins[name].bucket),
        region=values.apply(lambda stack: stack.settings.origins[name].region),
        policy=values.apply(lambda stack: _documents(stack, arns)[stack.settings.origins[name].bucket]),
        opts=opts,
    )


def _permit(values: StackValues, name: str, distribution_arn: pulumi.Output[str], opts: pulumi.ResourceOptions) -> None:
    """Let CloudFront invoke a function for this distribution; the router's role has its rights in its own policy."""
    label = _label(values, name, values.stack.settings.origins[name].function_url.partition(".")[0])
    for action in INVOKE:
        aws.lambda_.Permission(
            values.stack.logical_name(f"{label}-{action.partition(':')[2]}"),
            action=action,
            function=values.apply(lambda stack: stack.settings.origins[name].function_arn),
            principal=CLOUDFRONT,
            source_arn=distribution_arn,
            region=values.apply(lambda stack: stack.settings.origins[name].function_region),
            opts=opts,
        )


def _documents(stack: Stack, arns: pulumi.Output[list[str]]) -> dict[str, pulumi.Input[str]]:
    """Return the policies by bucket or function; `arns` are those of the distribution and of the router's role."""
    return {
        resource: arns.apply(
            lambda known, resource=resource, origins=origins: _document(stack, resource, [*origins.values()], *known)
        )
        for resource, origins in private_resources(stack.settings).items()
    }


def _document(
    stack: Stack, resource: str, origins: Sequence[OriginSettings], distribution_arn: str, role_arn: str
) -> str:
    """Return the policy of one bucket, for the paths of its origins, or of one function.

    CloudFront signs for the stable origin's address only.
    """
    is_bucket = bool(origins[0].bucket)
    own = f"arn:aws:s3:::{resource}"
    resources = sorted({objects(stack.settings, origin) for origin in origins}) if is_bucket else [resource]
    actions = ["s3:GetObject"] if is_bucket else [*INVOKE]
    statements: list[dict[str, Any]] = []
    if stack.settings.has_access_control and stack.settings.origins["stable"] in origins:
        statements.append(
            _allow("CloudFront", {"Service": CLOUDFRONT}, actions, resources)
            | {"Condition": {"ArnEquals": {"AWS:SourceArn": distribution_arn}}}
        )
    if any(signs(stack.settings, origin) for origin in origins):
        statements.append(_allow("Router", {"AWS": role_arn}, actions, resources))
    return json.dumps(policy_document(*statements, *([tls_only(own)] if is_bucket else [])))


def _allow(sid: str, principal: dict[str, str], actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": actions, "Resource": resources}
