"""Who a topic tells: one subscription for each of the people and services that the config names."""

from __future__ import annotations

from collections.abc import Iterable

import pulumi
import pulumi_aws as aws

from infra.config.endpoints import protocol_of


def subscribe(
    prefix: str, topic: aws.sns.Topic, endpoints: Iterable[str], region: str, opts: pulumi.ResourceOptions
) -> None:
    """`prefix` begins the resources' names; `endpoints` are email addresses and https URLs."""
    for endpoint in endpoints:
        aws.sns.TopicSubscription(
            f"{prefix}-{endpoint}",
            topic=topic.arn,
            protocol=protocol_of(endpoint),
            endpoint=endpoint,
            region=region,
            opts=opts,
        )
