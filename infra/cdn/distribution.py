"""The CloudFront distribution."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.cdn.distribution_args import Attached, distribution_args
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
