"""A distribution of the program's own; 5 % of new visitors get the newer version of the shop, and stay with it."""

from typing import Any, cast

import pulumi
import pulumi_aws as aws
import pulumi_edge_router as edge_router

routing = edge_router.CanaryRouting(
    "shop",
    strategy=edge_router.Strategy.COOKIE_VERSION,
    release="2026-11",
    canary_percent=5,
    origins={"stable": {"domain_name": "v1.example.com"}, "canary": {"domain_name": "v2.example.com"}},
)

# The rest of the outputs have the fields of the resource's arguments, which a type checker does not know.
given = cast("Any", routing)
distribution = aws.cloudfront.Distribution(
    "site",
    enabled=True,
    price_class="PriceClass_100",
    origins=given.origins,
    default_cache_behavior={
        "target_origin_id": routing.target_origin_id,
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
        "cached_methods": ["GET", "HEAD"],
        "cache_policy_id": routing.cache_policy_id,
        "origin_request_policy_id": routing.origin_request_policy_id,
        "lambda_function_associations": given.lambda_function_associations,
        "function_associations": given.function_associations,
    },
    custom_error_responses=given.custom_error_responses,
    restrictions={"geo_restriction": {"restriction_type": "none"}},
    viewer_certificate={"cloudfront_default_certificate": True},
)

pulumi.export("domain", distribution.domain_name)
