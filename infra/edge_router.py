"""All parts of a stack, wired together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pulumi

from infra.cdn.access_logs import LogDelivery
from infra.cdn.distribution import Attached, Distribution, DistributionArgs
from infra.cdn.distribution_extras import Front, front
from infra.cdn.domain import Addresses, AddressesArgs
from infra.cdn.invalidation import cached_paths, mark_of
from infra.cdn.policies import Policies, PoliciesArgs
from infra.cdn.viewer_function_code import ViewerFunction
from infra.cdn.viewer_functions import Functions, FunctionsArgs
from infra.compute.origin_router import OriginRouter, origin_router
from infra.compute.regional_function import RegionFunction
from infra.compute.validator import validator_args
from infra.data.control import Control, ControlArgs, config_item
from infra.data.tables import Tables, TablesArgs, replaced_in_order
from infra.observability.observability import Observability
from infra.rollout.controller import Rollout, RolloutArgs
from infra.settings.header_key import added_headers, forwards_host, header_key
from infra.settings.stack import Stack


@dataclass(frozen=True)
class EdgeRouterArgs:
    """The stack's settings, and what was built from them: the packages, and the function before the cache.

    Each is None where nothing needs it. `running_values` are those of the key-value store that a rollout has changed.
    """

    stack: Stack
    package: Path | None = None
    viewer_function: ViewerFunction | None = None
    controller: Path | None = None
    validator: Path | None = None
    running_values: Mapping[str, str] = field(default_factory=dict[str, str])


class EdgeRouter(pulumi.ComponentResource):
    """Tables, functions with what they need, policies and distribution of one stack."""

    control: Control | None = None
    router: OriginRouter | None = None
    functions: Functions | None = None
    rollout: Rollout | None = None
    validator: RegionFunction | None = None
    observability: Observability | None = None

    def __init__(self, name: str, args: EdgeRouterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:EdgeRouter", name, None, opts)
        stack, child = args.stack, pulumi.ResourceOptions(parent=self)
        self.tables = Tables("tables", _tables_args(stack), child)
        if stack.settings.control.is_live:
            self.control = Control("control", _control_args(stack), child)
        if args.package is not None:
            self.router = origin_router(stack, args.package, self.tables, self.control, child)
        if args.viewer_function is not None:
            functions_args = FunctionsArgs(stack.prefix, args.viewer_function, args.running_values)
            self.functions = Functions("functions", functions_args, child)
        self.policies = Policies("policies", policies_args(stack), child)
        self.front = front(stack, child)
        self.distribution = Distribution("distribution", distribution_args(stack, self._attached()), child)
        _beside(stack, self.front, self.distribution, child)
        if args.controller is not None and self.control is not None:
            rollout_args = _rollout_args(stack, args.controller, self.control, self.functions)
            self.rollout = Rollout("rollout", rollout_args, child)
        if args.validator is not None:
            self.validator = RegionFunction(
                "validator", validator_args(stack, args.validator, self.distribution.domain_name), child
            )
        if alarms := stack.settings.alarms:
            self.observability = Observability("observability", stack, alarms, self.distribution, self.router, child)
        self.outputs = self._outputs(stack)
        self.register_outputs(self.outputs)

    def _attached(self) -> Attached:
        return Attached(
            cache_policy_id=self.policies.cache_policy_id,
            origin_request_policy_id=self.policies.origin_request_policy_id,
            function_arn=self.router.function.qualified_arn if self.router else None,
            viewer_function_arn=self.functions.function_arn if self.functions else None,
            static_cache_policy_id=self.policies.static_cache_policy_id,
            front=self.front,
            needed_first=self._needed_first(),
        )

    def _needed_first(self) -> Sequence[pulumi.Resource]:
        """Rights and logs of the Lambda function, and what it and the function before the cache read."""
        rights = [*self.router.role.policies, *self.router.logs.groups] if self.router else []
        items = [self.control.item] if self.control else []
        keys = [self.functions.keys] if self.functions and self.functions.keys else []
        return [*rights, *items, *keys, *self.front.needed_first]

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
        """The outputs of the functions and the control table, where the stack has them."""
        outputs: dict[str, pulumi.Input[object]] = {}
        if self.router is not None:
            outputs["functionArn"] = self.router.function.qualified_arn
            outputs["functionVersion"] = self.router.function.version
        if self.functions is not None:
            outputs["viewerFunctionArn"] = self.functions.function_arn
            if self.functions.store_arn is not None:
                outputs["keyValueStoreArn"] = self.functions.store_arn
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


def _beside(stack: Stack, around: Front, distribution: Distribution, opts: pulumi.ResourceOptions) -> None:
    """What refers to the distribution: the names' records, and the delivery of its access logs."""
    domain = stack.settings.domain
    if domain is not None and domain.hosted_zone_id:
        args = AddressesArgs(
            domain.aliases,
            domain.hosted_zone_id,
            distribution.domain_name,
            distribution.hosted_zone_id,
            is_protected=stack.settings.tables.protect,
        )
        Addresses("addresses", args, opts)
    if around.logs is not None and not around.logs_are_legacy:
        LogDelivery("access-log", stack.prefix, distribution.arn, around.logs, opts)


def _tables_args(stack: Stack) -> TablesArgs:
    specs = stack.settings.tables_by_strategy().values()
    return TablesArgs({stack.table_name(spec): spec for spec in specs}, stack.settings.tables)


def _control_args(stack: Stack) -> ControlArgs:
    control = stack.settings.control
    return ControlArgs(
        stack.control_table_name,
        control.home_region,
        control.replicas,
        config_item(stack.settings),
        replaced_in_order(control.table_name, "control"),
    )


def _rollout_args(stack: Stack, package: Path, control: Control, functions: Functions | None) -> RolloutArgs:
    settings = stack.settings
    assert settings.rollout is not None  # without one there is no package
    return RolloutArgs(
        prefix=stack.prefix,
        plan=settings.rollout,
        package=package,
        control=control,
        home_region=settings.control.home_region,
        refresh_seconds=settings.control.refresh_seconds,
        metric_regions=settings.logs.regions,
        retention_days=settings.logs.retention_days,
        store_arn=functions.store_arn if functions else None,
    )


def policies_args(stack: Stack) -> PoliciesArgs:
    """A stack's policies."""
    settings, needs = stack.settings, stack.settings.needs
    return PoliciesArgs(
        prefix=stack.prefix,
        is_cacheable=needs.is_cacheable,
        header_key=header_key(settings),
        forwards_host=forwards_host(settings),
        viewer_function=needs.viewer_function,
        key_cookies=settings.key_cookies,
        has_static_paths=bool(settings.static_paths),
        static_key_has_host=settings.origins["stable"].host_header == "viewer",
        cloudfront_headers=added_headers(settings),
    )


def distribution_args(stack: Stack, attached: Attached) -> DistributionArgs:
    """A stack's distribution, with what is attached to it."""
    settings, needs = stack.settings, stack.settings.needs
    return DistributionArgs(
        comment=f"{stack.prefix}: {settings.strategy}",
        origin=settings.origins["stable"],
        attached=attached,
        varies=needs.varies,
        has_origin_request=needs.origin_request,
        includes_body=needs.body,
        has_origin_response=settings.has_origin_response,
        viewer_triggers=needs.function_triggers,
        static_paths=settings.static_paths,
        price_class=settings.price_class,
        mark=mark_of(cached_paths(stack)),
        is_protected=settings.tables.protect,
    )
