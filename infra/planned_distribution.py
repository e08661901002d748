"""The distribution that a stack's program is about to register, in the shape of a state; nothing is registered yet."""

from __future__ import annotations

from typing import Any

from cache_check.state import CACHE_POLICY, ORIGIN_REQUEST_POLICY, OUR_COMPONENT
from infra.cdn.distribution import Attached, distribution_args
from infra.cdn.distribution_extras import DistributionExtras
from infra.cdn.policies import cache_policy, origin_request_policy, policies_args, static_cache_policy
from infra.naming.edge_functions import router_function_name, viewer_function_name
from infra.plain_outputs import plain
from infra.settings.stack import Stack
from pulumi_state.other_distributions import DISTRIBUTION


def planned_state(stack: Stack) -> dict[str, Any]:
    """What the program registers of CloudFront, with names in the place of the ids that only AWS can give."""
    policies = policies_args(stack)
    cache, origin_request = cache_policy(policies), origin_request_policy(policies)
    attached = Attached(
        cache_policy_id=policies.cache_kind,
        origin_request_policy_id=policies.origin_request_kind,
        function_arn=f"arn:aws:lambda:us-east-1::function:{router_function_name(stack.prefix, 'planned')}:1",
        viewer_function_arn=_viewer_function_arn(stack),
        static_cache_policy_id="static",
        extras=_extras(stack),
    )
    static = (
        [_resource(stack, CACHE_POLICY, "static", static_cache_policy(policies))] if policies.has_static_paths else []
    )
    resources = [
        _resource(stack, CACHE_POLICY, policies.cache_kind, cache),
        _resource(stack, ORIGIN_REQUEST_POLICY, policies.origin_request_kind, origin_request),
        *static,
        _resource(stack, DISTRIBUTION, "distribution", distribution_args(stack, attached)),
    ]
    return {"version": 3, "deployment": {"manifest": {}, "resources": resources}}


def _extras(stack: Stack) -> DistributionExtras:
    """Names and headers; what only the deployment knows, log bucket and secrets, decides nothing about a cache."""
    domain, security = stack.settings.domain, stack.settings.security
    return DistributionExtras(
        aliases=domain.aliases if domain else (),
        certificate_arn="certificate" if domain else None,
        response_headers_policy_id="response-headers" if security.response_headers else None,
        web_acl_arn=security.web_acl_arn,
    )


def _viewer_function_arn(stack: Stack) -> str:
    return f"arn:aws:cloudfront:::function/{viewer_function_name(stack.prefix, stack.settings.needs.viewer_function)}"


def _resource(stack: Stack, kind: str, name: str, args: object) -> dict[str, Any]:
    return {
        "urn": f"urn:pulumi:{stack.name}::{stack.project}::{OUR_COMPONENT}{kind}::{name}",
        "custom": True,
        "id": name,
        "type": kind,
        "inputs": plain(args),
    }
