"""The CloudFront distribution and its policies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.cdn.distribution_args import OF_VALUES, Attached, distribution_args
from infra.cdn.policy_args import cache_policy, origin_request_policy, policies_args, static_cache_policy
from infra.inputs.deferrable import StackValues
from infra.settings.stack import Stack


class Distribution(pulumi.ComponentResource):
    """The distribution, at `domain_name` and its aliases. It has the stable origin only: the router sends requests to
    the others.
    """

    arn: pulumi.Output[str]
    domain_name: pulumi.Output[str]
    hosted_zone_id: pulumi.Output[str]
    distribution_id: pulumi.Output[str]

    def __init__(
        self, name: str, values: StackValues, attached: Attached, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("edge-router:infra:Distribution", name, None, opts)
        # depends_on is here because a component does not pass its own to its children. After the creation, only
        # `edge-router invalidate` changes the tag.
        own = pulumi.ResourceOptions(
            parent=self,
            depends_on=list(attached.needed_first),
            ignore_changes=["tags"],
            protect=values.stack.settings.tables.protect or None,  # None: what the component's own option says
        )
        distribution = aws.cloudfront.Distribution(name, opts=own, **arguments(values, attached))
        self.arn, self.hosted_zone_id = distribution.arn, distribution.hosted_zone_id
        self.domain_name = distribution.domain_name
        self.distribution_id = distribution.id
        self.register_outputs({"domainName": self.domain_name, "distributionId": self.distribution_id})


def arguments(values: StackValues, attached: Attached) -> dict[str, Any]:
    """Return the arguments; those that name a value of the stack follow as Outputs where it is known later."""
    domain_names = {name: values.apply(lambda stack, name=name: _domain_name(stack, name)) for name in values.later}
    args = distribution_args(values.stack, replace(attached, domain_names=domain_names))
    if values.is_plain:
        return args
    later = {name: _argument(values, attached, name) for name in OF_VALUES if name in args}
    return {**args, **later}


def _domain_name(stack: Stack, origin: str) -> str:
    return stack.settings.origins[origin].domain_name


def _argument(values: StackValues, attached: Attached, name: str) -> pulumi.Input[Any]:
    return values.apply(lambda stack: distribution_args(stack, attached)[name])


class Policies(pulumi.ComponentResource):
    """A stack's cache policy and origin request policy.

    Another kind of policy is another resource, not a changed one: policies take effect at once, while the distribution
    still runs the last version. Its update switches policy and version together; the old policy is deleted last.
    """

    cache_policy_id: pulumi.Output[str]
    origin_request_policy_id: pulumi.Output[str]

    def __init__(self, name: str, stack: Stack, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Policies", name, None, opts)
        child, args = pulumi.ResourceOptions(parent=self), policies_args(stack)
        self.cache_policy_id = aws.cloudfront.CachePolicy(
            stack.logical_name(args.cache_kind), opts=child, **cache_policy(args)
        ).id
        self.origin_request_policy_id = aws.cloudfront.OriginRequestPolicy(
            stack.logical_name(args.origin_request_kind), opts=child, **origin_request_policy(args)
        ).id
        self.static_cache_policy_id: pulumi.Output[str] | None = None
        if args.has_static_paths:
            self.static_cache_policy_id = aws.cloudfront.CachePolicy(
                stack.logical_name("static"), opts=child, **static_cache_policy(args)
            ).id
        self.register_outputs(
            {"cachePolicyId": self.cache_policy_id, "originRequestPolicyId": self.origin_request_policy_id}
        )
