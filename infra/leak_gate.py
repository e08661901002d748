"""Rejects a stack whose distribution would leak cached responses, before anything is deployed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cache_check.analysis import Analysis
from cache_check.check import analyze_state
from cache_check.model.behaviors import OUR_COMPONENT
from cache_check.model.findings import Finding
from infra.cdn.distribution_args import Attached, DistributionExtras, distribution_args, in_camel_case
from infra.cdn.policy_args import cache_policy, origin_request_policy, policies_args, static_cache_policy
from infra.decision_inputs import decision_inputs
from infra.naming.edge_functions import REWRITING, router_function_name, viewer_function_name
from infra.settings.stack import Stack
from pulumi_state.resources import CACHE_POLICY, DISTRIBUTION, ORIGIN_REQUEST_POLICY


class CacheLeakError(Exception):
    """A distribution that would leak cached responses: all errors, each with its fix."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        count = f"{len(findings)} cache leaks" if len(findings) > 1 else "one cache leak"
        super().__init__("\n".join([f"{count}:", *(f"  {finding}" for finding in findings)]))
        self.findings = list(findings)


def analyze_stack(stack: Stack) -> Analysis:
    """Check what the stack's program would register."""
    return analyze_state(planned_state(stack), decision_inputs(stack))


def find_stack_leaks(stack: Stack) -> list[Finding]:
    """The findings on what the stack's program would register."""
    return list(analyze_stack(stack).findings)


def reject_leaks(stack: Stack) -> list[Finding]:
    """Return the warnings; CacheLeakError where there are errors."""
    findings = find_stack_leaks(stack)
    if errors := [finding for finding in findings if finding.severity == "error"]:
        raise CacheLeakError(errors)
    return findings


def planned_state(stack: Stack) -> dict[str, Any]:
    """The CloudFront resources that the program registers, with names instead of the IDs that only AWS can give."""
    policies = policies_args(stack)
    cache, origin_request = cache_policy(policies), origin_request_policy(policies)
    attached = Attached(
        cache_policy_id=policies.cache_kind,
        origin_request_policy_id=policies.origin_request_kind,
        function_arn=f"arn:aws:lambda:us-east-1::function:{router_function_name(stack.prefix, 'planned')}:1",
        viewer_function_arn=_viewer_function_arn(stack, stack.settings.needs.viewer_function),
        rewriting_arn=_viewer_function_arn(stack, REWRITING),
        static_cache_policy_id="static",
        access_control_id="access-control" if stack.settings.has_access_control else None,
        extras=_extras(stack),
    )
    static = (
        [_resource(stack, CACHE_POLICY, "static", static_cache_policy(policies))] if policies.has_static_paths else []
    )
    resources = [
        _resource(stack, CACHE_POLICY, policies.cache_kind, cache),
        _resource(stack, ORIGIN_REQUEST_POLICY, policies.origin_request_kind, origin_request),
        *static,
        _resource(stack, DISTRIBUTION, stack.logical_name("distribution"), distribution_args(stack, attached)),
    ]
    return {"version": 3, "deployment": {"manifest": {}, "resources": resources}}


def _extras(stack: Stack) -> DistributionExtras:
    """Names and headers; what only the deployment knows, log bucket and secrets, decides nothing about a cache."""
    domain, security = stack.settings.domain, stack.settings.security
    return DistributionExtras(
        aliases=domain.aliases if domain else (),
        certificate_arn="certificate" if domain else None,
        response_headers_policy_id="response-headers" if security.response_headers else None,
        web_acl_arn=security.web_acl_arn or None,
    )


def _viewer_function_arn(stack: Stack, file_name: str) -> str:
    return f"arn:aws:cloudfront:::function/{viewer_function_name(stack.prefix, file_name)}"


def _resource(stack: Stack, kind: str, name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "urn": f"urn:pulumi:{stack.name}::{stack.project}::{OUR_COMPONENT}{kind}::{name}",
        "custom": True,
        "id": name,
        "type": kind,
        "inputs": in_camel_case(args),
    }
