"""The component EdgeRouter: a distribution with everything that decides about its requests, wired together."""

from __future__ import annotations

from pathlib import Path

import pulumi

from infra.cdn.access_logs import LogDelivery
from infra.cdn.distribution import Distribution
from infra.cdn.distribution_extras import create_extras
from infra.cdn.domain import Addresses
from infra.cdn.invalidation import cached_paths
from infra.cdn.origin_access import OriginPolicies, create_access_control
from infra.compute.regional_function import RegionalFunction, validator_function
from infra.inputs.deferrable import StackValues
from infra.observability.monitoring import Observability
from infra.routing import Packages, Routing
from infra.settings.private_origins import private_resources

TOKEN, FORMER_TOKEN = "edge-router:index:EdgeRouter", "edge-router:infra:EdgeRouter"
"""The component's type, and the one that it had up to version 0.2, which a state may have still."""


class EdgeRouter(pulumi.ComponentResource):
    """Tables, functions with what they need, policies and distribution of one stack."""

    validator: RegionalFunction | None = None
    observability: Observability | None = None
    origin_policies: OriginPolicies | None = None

    def __init__(self, name: str, values: StackValues, root: Path, opts: pulumi.ResourceOptions | None = None) -> None:
        packages = Packages(values, root)
        former = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=FORMER_TOKEN)])
        super().__init__(TOKEN, name, None, pulumi.ResourceOptions.merge(opts, former))
        stack, settings, child = values.stack, values.stack.settings, pulumi.ResourceOptions(parent=self)
        self.values, self.routing = values, Routing(values, packages, child)
        router = self.routing.router
        self.extras = create_extras(values, child)
        self.access_control = create_access_control(stack, child)
        self.distribution = Distribution(
            stack.logical_name("distribution"), values, self.routing.attach(self.access_control, self.extras), child
        )
        if router is not None and private_resources(settings):
            distribution_arn, role_arn = self.distribution.arn, router.role.arn
            self.origin_policies = OriginPolicies(
                stack.logical_name("origin-policies"), values, distribution_arn, role_arn, child
            )
        if settings.domain is not None and settings.domain.hosted_zone_id:
            Addresses(stack.logical_name("addresses"), values, settings.domain, self.distribution, child)
        if self.extras.logs is not None and not self.extras.logs_are_legacy:
            logs, arn = self.extras.logs, self.distribution.arn
            LogDelivery(stack.logical_name("access-log"), stack.prefix, arn, logs, child)
        if packages.validator is not None:
            validator = validator_function(values, packages.validator, self.distribution.domain_name)
            self.validator = RegionalFunction(stack.logical_name("validator"), validator, child)
        if alarms := settings.alarms:
            self.observability = Observability(
                stack.logical_name("observability"), stack, alarms, self.distribution.distribution_id, router, child
            )
        self.outputs = self._outputs()
        self.register_outputs(self.outputs)

    def _outputs(self) -> dict[str, pulumi.Input[object]]:
        """Return the outputs of all parts: infra.outputs.EdgeRouterOutputs."""
        outputs = {
            "domain": self.distribution.domain_name,
            "distributionId": self.distribution.distribution_id,
            "cachedPaths": self.values.apply(cached_paths),
            **self.routing.outputs,
        }
        if self.origin_policies is not None:
            outputs["originPolicies"] = self.origin_policies.documents
        if self.validator is not None:
            outputs["validatorFunction"] = self.validator.name
        if self.observability is not None:
            outputs["alarmTopic"] = self.observability.topic_arn
        return outputs
