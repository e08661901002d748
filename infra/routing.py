"""The resources that decide about requests, whoever's the distribution: tables, control, functions and policies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import pulumi

from infra.builds import Builds, build, build_regional, warn
from infra.cdn.cloudfront_function import CloudFrontFunction
from infra.cdn.distribution import Policies
from infra.cdn.distribution_args import Attached, DistributionExtras
from infra.cdn.javascript import FunctionCode
from infra.compute.router_function import Router, create_router
from infra.data.control import Control
from infra.data.tables import Tables
from infra.inputs.deferrable import StackValues, apply
from infra.rollout.controller import Rollout
from infra.rollout.running import read_running_values


class Packages:
    """The packages, built before anything is registered, so that a mistake stops a program at once.

    `root` is the project's folder, in whose own folder the packages are written.
    """

    def __init__(self, values: StackValues, root: Path) -> None:
        # What can be said without the values that are known later is said at preview, and not again.
        said = frozenset[str]() if values.is_plain else warn(values.stack)
        self.builds: pulumi.Input[Builds] = values.apply(lambda stack: build(stack, root, said))
        self.controller, self.validator = build_regional(values.stack, root)


class Routing:
    """The resources, as children of a component; each is None where the stack does without."""

    def __init__(self, values: StackValues, packages: Packages, opts: pulumi.ResourceOptions) -> None:
        stack, settings = values.stack, values.stack.settings
        self.values = values
        self.tables = Tables(stack.logical_name("tables"), stack, opts)
        self.control = Control(stack.logical_name("control"), stack, opts) if settings.control.is_live else None
        self.router: Router | None = None
        if settings.needs.origin_request:
            package = apply(packages.builds, lambda builds: _require(builds.package))
            self.router = create_router(values, package, self.tables, self.control, opts)
        self.viewer_function = _create_function(values, packages.builds, opts)
        self.policies = Policies(stack.logical_name("policies"), stack, opts)
        self.rollout: Rollout | None = None
        if packages.controller is not None and self.control is not None and settings.rollout is not None:
            store_arn = self.viewer_function.store_arn if self.viewer_function else None
            self.rollout = Rollout(
                stack.logical_name("rollout"),
                values,
                settings.rollout,
                packages.controller,
                self.control,
                store_arn,
                opts,
            )

    @property
    def needed_first(self) -> Sequence[pulumi.Resource]:
        """Resources that edge functions need from the first request on: permissions, log groups, item, key values."""
        permissions = [*self.router.role.policies, *self.router.logs.groups] if self.router else []
        items = [self.control.item] if self.control else []
        keys = [self.viewer_function.keys] if self.viewer_function and self.viewer_function.keys else []
        return [*permissions, *items, *keys]

    def attach(self, access_control_id: pulumi.Output[str] | None, extras: DistributionExtras) -> Attached:
        """Return what a distribution refers to: these resources, its origin access control, and its extras."""
        function = self.viewer_function
        return Attached(
            cache_policy_id=self.policies.cache_policy_id,
            origin_request_policy_id=self.policies.origin_request_policy_id,
            function_arn=self.router.function.qualified_arn if self.router else None,
            viewer_function_arn=function.function_arn if function else None,
            rewriting_arn=function.rewriting_arn if function else None,
            static_cache_policy_id=self.policies.static_cache_policy_id,
            access_control_id=access_control_id,
            extras=extras,
            needed_first=[*self.needed_first, *extras.needed_first],
        )

    @property
    def outputs(self) -> dict[str, pulumi.Input[object]]:
        """Return the outputs of all parts: infra.outputs.RoutingOutputs."""
        settings, function = self.values.stack.settings, self.viewer_function
        found: dict[str, pulumi.Input[object] | None] = {
            "functionArn": self.router.function.qualified_arn if self.router else None,
            "functionVersion": self.router.function.version if self.router else None,
            "viewerFunctionArn": function.function_arn if function else None,
            "rewritingFunctionArn": function.rewriting_arn if function else None,
            "keyValueStoreArn": function.store_arn if function else None,
            "controlTable": self.control.table_name if self.control else None,
            "controllerFunction": self.rollout.function_name if self.rollout else None,
            "rolloutTopic": self.rollout.topic_arn if self.rollout else None,
            "tableNames": self.tables.names,
            "strategy": settings.strategy,
            "canaryPercent": settings.canary_percent,
            "release": settings.release,
            "pin": settings.pin,
        }
        return {name: value for name, value in found.items() if value is not None}


def _create_function(
    values: StackValues, builds: pulumi.Input[Builds], opts: pulumi.ResourceOptions
) -> CloudFrontFunction | None:
    stack, settings = values.stack, values.stack.settings
    running_values = read_running_values(stack, opts.parent)
    if not settings.needs.viewer_function:
        return None
    function = apply(builds, lambda found: _require(found.viewer_function))
    rewriting: pulumi.Input[FunctionCode] | None = None
    if settings.rewrites_at_viewer:
        rewriting = apply(builds, lambda found: _require(found.rewriting))
    return CloudFrontFunction(stack.logical_name("functions"), stack, function, running_values, rewriting, opts)


Part = TypeVar("Part")


def _require(part: Part | None) -> Part:
    """Return what the settings, which are the same for a stack's shape and for its values, ask to be built."""
    assert part is not None
    return part
