"""All components of a stack, wired together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pulumi

from infra.cdn.access_logs import LogDelivery
from infra.cdn.cloudfront_function import CloudFrontFunction
from infra.cdn.distribution import Distribution, Policies
from infra.cdn.distribution_args import Attached
from infra.cdn.distribution_extras import create_extras
from infra.cdn.domain import Addresses
from infra.cdn.invalidation import cached_paths
from infra.cdn.javascript import FunctionCode
from infra.cdn.origin_access import OriginPolicies, create_access_control
from infra.cdn.policy_args import policies_args
from infra.compute.regional_function import RegionalFunction, validator_function
from infra.compute.router_function import Router, create_router
from infra.data.control import Control
from infra.data.tables import Tables
from infra.observability.monitoring import Observability
from infra.rollout.controller import Rollout
from infra.settings.private_origins import private_resources
from infra.settings.stack import Stack


@dataclass(frozen=True)
class EdgeRouterArgs:
    """The stack, and what was built from its settings: the packages, and the CloudFront Functions' code.

    Each is None where nothing needs it. `running_values` are those of the key-value store that a rollout has changed.
    """

    stack: Stack
    package: Path | None = None
    viewer_function: FunctionCode | None = None
    rewriting: FunctionCode | None = None
    controller: Path | None = None
    validator: Path | None = None
    running_values: Mapping[str, str] = field(default_factory=dict[str, str])


class EdgeRouter(pulumi.ComponentResource):
    """Tables, functions with what they need, policies and distribution of one stack."""

    control: Control | None = None
    router: Router | None = None
    viewer_function: CloudFrontFunction | None = None
    rollout: Rollout | None = None
    validator: RegionalFunction | None = None
    observability: Observability | None = None
    origin_policies: OriginPolicies | None = None

    def __init__(self, name: str, args: EdgeRouterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:EdgeRouter", name, None, opts)
        stack, child = args.stack, pulumi.ResourceOptions(parent=self)
        settings = stack.settings
        self.tables = Tables("tables", stack, child)
        if settings.control.is_live:
            self.control = Control("control", stack, child)
        if args.package is not None:
            self.router = create_router(stack, args.package, self.tables, self.control, child)
        if function := args.viewer_function:
            values, rewriting = args.running_values, args.rewriting
            self.viewer_function = CloudFrontFunction("functions", stack.prefix, function, values, rewriting, child)
        self.policies = Policies("policies", policies_args(stack), child)
        self.extras = create_extras(stack, child)
        self.access_control = create_access_control(stack, child)
        self.distribution = Distribution("distribution", stack, self._attached(), child)
        if self.router is not None and private_resources(settings):
            distribution_arn, role_arn = self.distribution.arn, self.router.role.arn
            self.origin_policies = OriginPolicies("origin-policies", stack, distribution_arn, role_arn, child)
        if settings.domain is not None and settings.domain.hosted_zone_id:
            Addresses("addresses", settings.domain, self.distribution, settings.tables.protect, child)
        if self.extras.logs is not None and not self.extras.logs_are_legacy:
            LogDelivery("access-log", stack.prefix, self.distribution.arn, self.extras.logs, child)
        if args.controller is not None and self.control is not None and settings.rollout is not None:
            store_arn = self.viewer_function.store_arn if self.viewer_function else None
            self.rollout = Rollout("rollout", stack, settings.rollout, args.controller, self.control, store_arn, child)
        if args.validator is not None:
            validator = validator_function(stack, args.validator, self.distribution.domain_name)
            self.validator = RegionalFunction("validator", validator, child)
        if alarms := settings.alarms:
            self.observability = Observability("observability", stack, alarms, self.distribution, self.router, child)
        self.outputs = self._outputs(stack)
        self.register_outputs(self.outputs)

    def _attached(self) -> Attached:
        return Attached(
            cache_policy_id=self.policies.cache_policy_id,
            origin_request_policy_id=self.policies.origin_request_policy_id,
            function_arn=self.router.function.qualified_arn if self.router else None,
            viewer_function_arn=self.viewer_function.function_arn if self.viewer_function else None,
            rewriting_arn=self.viewer_function.rewriting_arn if self.viewer_function else None,
            static_cache_policy_id=self.policies.static_cache_policy_id,
            access_control_id=self.access_control,
            extras=self.extras,
            needed_first=self._needed_first(),
        )

    def _needed_first(self) -> Sequence[pulumi.Resource]:
        """Return what edge functions need from the first request on: permissions, log groups, item and key values."""
        permissions = [*self.router.role.policies, *self.router.logs.groups] if self.router else []
        items = [self.control.item] if self.control else []
        keys = [self.viewer_function.keys] if self.viewer_function and self.viewer_function.keys else []
        return [*permissions, *items, *keys, *self.extras.needed_first]

    def _outputs(self, stack: Stack) -> dict[str, pulumi.Input[object]]:
        settings = stack.settings
        return {
            "domain": self.distribution.domain_name,
            "distributionId": self.distribution.distribution_id,
            **self._function_outputs(),
            "cachedPaths": cached_paths(stack),
            "tableNames": self.tables.names,
            "strategy": settings.strategy,
            "canaryPercent": settings.canary_percent,
            "release": settings.release,
            "pin": settings.pin,
        }

    def _function_outputs(self) -> dict[str, pulumi.Input[object]]:
        """Return the outputs of the parts that not every stack has."""
        outputs: dict[str, pulumi.Input[object]] = {}
        if self.router is not None:
            outputs["functionArn"] = self.router.function.qualified_arn
            outputs["functionVersion"] = self.router.function.version
        if self.viewer_function is not None:
            outputs["viewerFunctionArn"] = self.viewer_function.function_arn
            if self.viewer_function.rewriting_arn is not None:
                outputs["rewritingFunctionArn"] = self.viewer_function.rewriting_arn
            if self.viewer_function.store_arn is not None:
                outputs["keyValueStoreArn"] = self.viewer_function.store_arn
        if self.origin_policies is not None:
            outputs["originPolicies"] = self.origin_policies.documents
        if self.control is not None:
            outputs["controlTable"] = self.control.table_name
        if self.rollout is not None:
            outputs["controllerFunction"] = self.rollout.function_name
            outputs["rolloutTopic"] = self.rollout.topic_arn
        if self.validator is not None:
            outputs["validatorFunction"] = self.validator.name
        if self.observability is not None:
            outputs["alarmTopic"] = self.observability.topic_arn
        return outputs
