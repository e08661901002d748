"""All parts of a stack, wired together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pulumi

from demo.hosts.located import Located, located
from infra.cdn.access_logs import LogDelivery
from infra.cdn.distribution import Attached, Distribution, DistributionArgs
from infra.cdn.distribution_extras import Front, front
from infra.cdn.domain import Addresses, AddressesArgs
from infra.cdn.invalidation import cached_paths, mark_of
from infra.cdn.policies import Policies, PoliciesArgs
from infra.cdn.tier_backends import TierBackends, TierBackendsArgs
from infra.cdn.viewer_function_code import ViewerFunction, key_values_of
from infra.cdn.viewer_functions import Functions, FunctionsArgs
from infra.compute.origin_router import OriginRouter, origin_router
from infra.compute.regional_function import RegionFunction
from infra.compute.validator import validator_args
from infra.data.control import Control, ControlArgs, config_item
from infra.data.tables import Tables, TablesArgs, replaced_in_order
from infra.observability.observability import Observability
from infra.rollout.controller import Rollout, RolloutArgs
from infra.settings.header_key import added_headers, forwards_host, header_key
from infra.settings.model import UNNAMED_HOSTS
from infra.settings.stack import Stack


@dataclass(frozen=True)
class EdgeRouterArgs:
    """The stack's settings, and what was built from them: the packages, and the function before the cache.

    Each is None where nothing needs it. `package` builds one for a stack whose origins have their names: hosts of its
    own get theirs only when they are there. `running_values` are those of the key-value store that a rollout has
    changed.
    """

    stack: Stack
    package: Callable[[Stack], Path] | None = None
    viewer_function: ViewerFunction | None = None
    controller: Path | None = None
    validator: Path | None = None
    running_values: Mapping[str, str] = field(default_factory=dict[str, str])


class EdgeRouter(pulumi.ComponentResource):
    """Tables, functions with what they need, policies and distribution of one stack."""

    control: Control | None = None
    router: OriginRouter | None = None
    functions: Functions | None = None
    tier_backends: TierBackends | None = None
    rollout: Rollout | None = None
    validator: RegionFunction | None = None
    observability: Observability | None = None

    def __init__(self, name: str, args: EdgeRouterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:EdgeRouter", name, None, opts)
        stack, child = args.stack, pulumi.ResourceOptions(parent=self)
        self.tables = Tables("tables", _tables_args(stack), child)
        if stack.settings.control.is_live:
            self.control = Control("control", _control_args(stack), child)
        self.located = located(stack, self.tables, child)
        if args.package is not None:
            package = self.located.known(args.package)
            self.router = origin_router(stack, package, self.tables, self.control, child)
        if tiers := stack.settings.demo_tiers:
            self.tier_backends = TierBackends("tier-backends", TierBackendsArgs(stack.prefix, tiers), child)
        if args.viewer_function is not None:
            self.functions = Functions("functions", self._functions_args(args, args.viewer_function), child)
        self.policies = Policies("policies", policies_args(stack), child)
        self.front = front(stack, self.located.made_headers, child)
        self.distribution = Distribution("distribution", self._distribution_args(stack), child)
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

    def _functions_args(self, args: EdgeRouterArgs, function: ViewerFunction) -> FunctionsArgs:
        """With mock back ends the tiers are where those are, whatever the config says; a pin is stronger than both."""
        stack = args.stack
        deployed = {**args.running_values, **_key_values(self.located, function)}
        if self.tier_backends is not None and function.name == "tier" and stack.settings.pin == "none":
            deployed |= self.tier_backends.key_values(stack.settings.demo_tiers[1:])
        return FunctionsArgs(stack.prefix, function, deployed)

    def _distribution_args(self, stack: Stack) -> DistributionArgs:
        """With what only the deployment knows: the name of the origin, and so what caches depend on."""
        return replace(
            distribution_args(stack, self._attached()),
            domain_name=self.located.known(lambda known: known.settings.origins["stable"].domain_name),
            mark=self.located.known(lambda known: mark_of(cached_paths(known))),
        )

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
            "cachedPaths": self.located.known(cached_paths),
            "tableNames": self.tables.names,
            "strategy": settings.strategy,
            "canaryPercent": settings.canary_percent,
            "release": settings.release,
            "pin": settings.pin,
        }

    def _function_outputs(self) -> dict[str, pulumi.Input[object]]:
        """Of the functions, the control table and the mock back ends that there are."""
        outputs: dict[str, pulumi.Input[object]] = {}
        if self.router is not None:
            outputs["functionArn"] = self.router.function.qualified_arn
            outputs["functionVersion"] = self.router.function.version
        if self.functions is not None:
            outputs["viewerFunctionArn"] = self.functions.function_arn
            if self.functions.store_arn is not None:
                outputs["keyValueStoreArn"] = self.functions.store_arn
        if self.located.hosts is not None:
            outputs["hosts"] = self.located.hosts.names
        if self.tier_backends is not None:
            outputs["tierBackends"] = self.tier_backends.backends
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


def _key_values(origins: Located, function: ViewerFunction) -> dict[str, pulumi.Input[str]]:
    """Those that name a host of the stack's own."""
    named = {key for key, value in function.key_values.items() if any(host in value for host in UNNAMED_HOSTS.values())}
    return {key: origins.known(lambda known, key=key: key_values_of(known)[key]) for key in sorted(named)}


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
        domain_name=settings.origins["stable"].domain_name,
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
