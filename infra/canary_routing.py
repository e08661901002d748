"""The component CanaryRouting: what decides about requests, for a distribution that the caller defines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.cdn.distribution import arguments
from infra.cdn.distribution_args import DistributionExtras, in_camel_case
from infra.cdn.distribution_extras import verification_header
from infra.cdn.invalidation import cached_paths
from infra.cdn.origin_access import OriginPolicies, create_access_control
from infra.inputs.deferrable import StackValues
from infra.observability.monitoring import Observability
from infra.routing import Packages, Routing
from infra.settings.private_origins import private_resources
from infra.settings.stack import Stack

TOKEN = "edge-router:index:CanaryRouting"  # noqa: S105 - a type


class CanaryRouting(pulumi.ComponentResource):
    """Tables, functions with what they need, and policies; the outputs are arguments of the caller's distribution.

    `distribution_id` is that distribution's, where it is known already: for alarms and the policies of private origins.
    """

    def __init__(
        self,
        name: str,
        values: StackValues,
        root: Path,
        distribution_id: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        packages = Packages(values, root)
        super().__init__(TOKEN, name, None, opts)
        stack, child = values.stack, pulumi.ResourceOptions(parent=self)
        self.values, self.routing = values, Routing(values, packages, child)
        access_control = create_access_control(stack, child)
        self.outputs: dict[str, pulumi.Input[object]] = {
            **self._arguments(access_control),
            **self.routing.outputs,
            "cachedPaths": values.apply(cached_paths),
        }
        router = self.routing.router
        if router is not None and _has_policies(stack, is_known=distribution_id is not None):
            policies = OriginPolicies(
                stack.logical_name("origin-policies"), values, self._arn(distribution_id), router.role.arn, child
            )
            self.outputs["originPolicies"] = policies.documents
        if alarms := stack.settings.alarms:
            observability = Observability(
                stack.logical_name("observability"), stack, alarms, distribution_id, router, child
            )
            self.outputs["alarmTopic"] = observability.topic_arn
        self.register_outputs(self.outputs)

    def _arguments(self, access_control: pulumi.Output[str] | None) -> dict[str, pulumi.Input[object]]:
        """Return what infra.outputs.CanaryRoutingOutputs has besides.

        Associations come after what the functions need, so that the distribution does too.
        """
        policies = self.routing.policies
        extras = DistributionExtras(origin_headers=verification_header(self.values))
        attached = self.routing.attach(access_control, extras)
        args: dict[str, Any] = in_camel_case(arguments(self.values, attached))
        behavior = args["defaultCacheBehavior"]
        return {
            "origins": args["origins"],
            "targetOriginId": behavior["targetOriginId"],
            "lambdaFunctionAssociations": self._in_place(behavior.get("lambdaFunctionAssociations", [])),
            "functionAssociations": self._in_place(behavior.get("functionAssociations", [])),
            "cachePolicyId": policies.cache_policy_id,
            "originRequestPolicyId": policies.origin_request_policy_id,
            "customErrorResponses": args.get("customErrorResponses", []),
        }

    def _in_place(self, associations: list[dict[str, Any]]) -> pulumi.Output[Any]:
        urns = [resource.urn for resource in self.routing.needed_first]
        return pulumi.Output.all(pulumi.Output.from_input(associations), *urns).apply(lambda found: found[0])

    def _arn(self, distribution_id: pulumi.Input[str] | None) -> pulumi.Output[str]:
        """Return the distribution's ARN; without an ID no statement of a policy names it."""
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
        return pulumi.Output.concat("arn:aws:cloudfront::", account, ":distribution/", distribution_id or "")


def _has_policies(stack: Stack, *, is_known: bool) -> bool:
    """True where policies of private origins can be written: CloudFront's right names the distribution."""
    return bool(private_resources(stack.settings)) and (is_known or not stack.settings.has_access_control)
