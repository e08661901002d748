"""A stack's cache policies and origin request policy."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.cdn.policy_args import PoliciesArgs, cache_policy, origin_request_policy, static_cache_policy


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
