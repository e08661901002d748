"""The CloudFront distribution and its policies."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.cdn.distribution_args import Attached, distribution_args
from infra.cdn.policy_args import PoliciesArgs, cache_policy, origin_request_policy, static_cache_policy
from infra.settings.stack import Stack


class Distribution(pulumi.ComponentResource):
    """The distribution, at `domain_name` and its aliases. It has the stable origin only: the router sends requests to
    the others.
    """

    arn: pulumi.Output[str]
    domain_name: pulumi.Output[str]
    hosted_zone_id: pulumi.Output[str]
    distribution_id: pulumi.Output[str]

    def __init__(self, name: str, stack: Stack, attached: Attached, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Distribution", name, None, opts)
        # depends_on is here because a component does not pass its own to its children. After the creation, only
        # `edge-router invalidate` changes the tag.
        own = pulumi.ResourceOptions(
            parent=self,
            depends_on=list(attached.needed_first),
            ignore_changes=["tags"],
            protect=stack.settings.tables.protect,
        )
        distribution = aws.cloudfront.Distribution(name, opts=own, **distribution_args(stack, attached))
        self.arn, self.hosted_zone_id = distribution.arn, distribution.hosted_zone_id
        self.domain_name = distribution.domain_name
        self.distribution_id = distribution.id
        self.register_outputs({"domainName": self.domain_name, "distributionId": self.distribution_id})


class Policies(pulumi.ComponentResource):
    """A stack's cache policy and origin request policy.

    Another kind of policy is another resource, not a changed one: policies take effect at once, while the distribution
    still runs the last version. Its update switches policy and version together; the old policy is deleted last.
    """

    cache_policy_id: pulumi.Output[str]
    origin_request_policy_id: pulumi.Output[str]

    def __init__(self, name: str, args: PoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Policies", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.cache_policy_id = aws.cloudfront.CachePolicy(args.cache_kind, opts=child, **cache_policy(args)).id
        self.origin_request_policy_id = aws.cloudfront.OriginRequestPolicy(
            args.origin_request_kind, opts=child, **origin_request_policy(args)
        ).id
        self.static_cache_policy_id: pulumi.Output[str] | None = None
        if args.has_static_paths:
            self.static_cache_policy_id = aws.cloudfront.CachePolicy(
                "static", opts=child, **static_cache_policy(args)
            ).id
        self.register_outputs(
            {"cachePolicyId": self.cache_policy_id, "originRequestPolicyId": self.origin_request_policy_id}
        )
