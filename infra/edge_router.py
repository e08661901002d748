"""All parts of a stack, wired together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi

from infra.distribution import Attached, Distribution, DistributionArgs
from infra.function import Function, FunctionArgs
from infra.functions import Functions, FunctionsArgs
from infra.logs import Logs, LogsArgs
from infra.policies import Policies, PoliciesArgs
from infra.role import Role, RoleArgs, TableAccess
from infra.stack import Stack
from infra.tables import Tables, TablesArgs
from infra.tier_backends import TierBackends, TierBackendsArgs
from infra.viewer_function import ViewerFunction


@dataclass(frozen=True)
class EdgeRouterArgs:
    """The stack's settings, and what was built from them: the Lambda function's package, the function before the cache.

    Either is None where the strategy needs none.
    """

    stack: Stack
    package: Path | None
    viewer_function: ViewerFunction | None


@dataclass(frozen=True)
class OriginRouter:
    """The Lambda function at the origin triggers, with its role and its logs."""

    logs: Logs
    role: Role
    function: Function


class EdgeRouter(pulumi.ComponentResource):
    """Tables, functions with what they need, policies and distribution of one stack."""

    router: OriginRouter | None = None
    functions: Functions | None = None
    tier_backends: TierBackends | None = None

    def __init__(self, name: str, args: EdgeRouterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:EdgeRouter", name, None, opts)
        stack, child = args.stack, pulumi.ResourceOptions(parent=self)
        self.tables = Tables("tables", _tables_args(stack), child)
        if args.package is not None:
            self.router = _origin_router(stack, args.package, self.tables, child)
        if tiers := stack.settings.demo_tiers:
            self.tier_backends = TierBackends("tier-backends", TierBackendsArgs(stack.prefix, tiers), child)
        if args.viewer_function is not None:
            self.functions = Functions("functions", self._functions_args(stack, args.viewer_function), child)
        self.policies = Policies("policies", policies_args(stack), child)
        self.distribution = Distribution("distribution", distribution_args(stack, self._attached()), child)
        self.outputs = self._outputs(stack)
        self.register_outputs(self.outputs)

    def _functions_args(self, stack: Stack, function: ViewerFunction) -> FunctionsArgs:
        """With mock back ends the tiers are where those are, whatever the config says."""
        if self.tier_backends is None or function.name != "tier":
            return FunctionsArgs(stack.prefix, function)
        return FunctionsArgs(stack.prefix, function, self.tier_backends.key_values(stack.settings.demo_tiers[1:]))

    def _attached(self) -> Attached:
        return Attached(
            cache_policy_id=self.policies.cache_policy_id,
            origin_request_policy_id=self.policies.origin_request_policy_id,
            function_arn=self.router.function.qualified_arn if self.router else None,
            viewer_function_arn=self.functions.function_arn if self.functions else None,
            static_cache_policy_id=self.policies.static_cache_policy_id,
            needed_first=self._needed_first(),
        )

    def _needed_first(self) -> Sequence[pulumi.Resource]:
        """Rights and logs of the Lambda function, and what the function before the cache reads."""
        rights = [*self.router.role.policies, *self.router.logs.groups] if self.router else []
        return [*rights, self.functions.keys] if self.functions else rights

    def _outputs(self, stack: Stack) -> dict[str, pulumi.Input[object]]:
        settings = stack.settings
        return {
            "domain": self.distribution.domain_name,
            "distributionId": self.distribution.distribution_id,
            **self._function_outputs(),
            "tableNames": self.tables.names,
            "strategy": settings.strategy,
            "canaryPercent": settings.canary_percent,
            "release": settings.release,
            "pin": settings.pin,
        }

    def _function_outputs(self) -> dict[str, pulumi.Input[object]]:
        """Of the functions and mock back ends that there are."""
        outputs: dict[str, pulumi.Input[object]] = {}
        if self.router is not None:
            outputs["functionArn"] = self.router.function.qualified_arn
            outputs["functionVersion"] = self.router.function.version
        if self.functions is not None:
            outputs["viewerFunctionArn"] = self.functions.function_arn
            outputs["keyValueStoreArn"] = self.functions.store_arn
        if self.tier_backends is not None:
            outputs["tierBackends"] = self.tier_backends.backends
        return outputs


def _origin_router(stack: Stack, package: Path, tables: Tables, child: pulumi.ResourceOptions) -> OriginRouter:
    kept = stack.settings.logs
    logs = Logs("logs", LogsArgs(stack.prefix, kept.regions, kept.retention_days), child)
    role = Role("role", RoleArgs(stack.prefix, logs.group_name, _table_access(stack, tables)), child)
    return OriginRouter(logs, role, Function("function", _function_args(stack, package, role), child))


def _table_access(stack: Stack, tables: Tables) -> TableAccess | None:
    spec = stack.table
    if spec is None:
        return None
    return TableAccess(spec.purpose, tables.tables[spec.purpose].arn, [spec.home_region, *spec.replicas])


def _tables_args(stack: Stack) -> TablesArgs:
    specs = stack.settings.tables_by_strategy().values()
    return TablesArgs({stack.table_name(spec): spec for spec in specs}, stack.settings.tables)


def _function_args(stack: Stack, package: Path, role: Role) -> FunctionArgs:
    settings = stack.settings
    return FunctionArgs(
        function_name=stack.prefix,
        package=package,
        role_arn=role.arn,
        memory_mb=settings.function.memory_mb,
        timeout_seconds=settings.function.timeout_seconds,
        description=f"edge-router, stack {stack.name}: {settings.strategy}",
    )


def policies_args(stack: Stack) -> PoliciesArgs:
    """A stack's policies."""
    settings, needs = stack.settings, stack.settings.needs
    return PoliciesArgs(
        prefix=stack.prefix,
        is_cacheable=needs.is_cacheable,
        needed_headers=needs.headers,
        override_header=settings.override.header if settings.override else "",
        forwards_host=_forwards_host(stack),
        version_header=needs.version_header,
        viewer_function=needs.viewer_function,
        key_cookies=needs.cookies if needs.viewer_function == "canary" else None,
        has_static_paths=bool(settings.static_paths),
        static_key_has_host=settings.origins["stable"].host_header == "viewer",
    )


def _forwards_host(stack: Stack) -> bool:
    """Whether an origin gets the viewer's Host as it came; without Lambda, a function writes that of all but stable."""
    settings = stack.settings
    origins = settings.origins.values() if settings.needs.origin_request else [settings.origins["stable"]]
    return any(origin.host_header == "viewer" for origin in origins)


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
        has_origin_response=needs.origin_response,
        viewer_triggers=needs.function_triggers,
        static_paths=settings.static_paths,
        price_class=settings.price_class,
    )
