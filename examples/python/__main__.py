"""A shop with two versions in buckets of its own; 5 % of new visitors get the newer one, and stay with it."""

import pulumi
import pulumi_aws as aws
import pulumi_edge_router as edge_router

stable = aws.s3.Bucket("stable", bucket="example-shop-v1")
canary = aws.s3.Bucket("canary", bucket="example-shop-v2")

router = edge_router.EdgeRouter(
    "shop",
    strategy=edge_router.Strategy.COOKIE_VERSION,
    release="2026-11",
    canary_percent=5,
    # A bucket's id is known only once it is there: a preview of a new stack shows the origins as unknown.
    origins={
        "stable": {"bucket": stable.id, "region": "us-east-1", "attach_policy": True},
        "canary": {"bucket": canary.id, "region": "us-east-1", "attach_policy": True},
    },
    cookie_version={"cookie": "shop-version", "max_age_seconds": 86400},
)

pulumi.export("domain", router.domain)
pulumi.export("distributionId", router.distribution_id)
