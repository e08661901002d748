"""The stack as Pulumi gives it to the program, and what is built from it; mistakes end it without a traceback."""

from __future__ import annotations

from pathlib import Path

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from infra.bundle import ROOT, WORK_DIRECTORY, BundleError, build_bundle, write_package
from infra.cache_leaks import CacheLeakError, refuse_leaks
from infra.edge_router import EdgeRouterArgs
from infra.problems import SettingsError
from infra.stack import Stack, load_stack
from infra.viewer_function import ViewerFunction, ViewerFunctionError, viewer_function
from infra.wheels import WheelError


def prepare() -> EdgeRouterArgs:
    """The selected stack with its package and its function, built here; pulumi.RunError says what is wrong."""
    config = {key: str(value) for key, value in CONFIG.get().items()}
    secret_keys = [key for key in config if is_config_secret(key)]
    try:
        stack = load_stack(config, pulumi.get_stack(), pulumi.get_project(), secret_keys)
        leaks = refuse_leaks(stack)
        function = viewer_function(stack)
        package = path_in_state(build_bundle(stack).path) if stack.settings.needs.origin_request else None
    except (SettingsError, BundleError, WheelError, ViewerFunctionError, CacheLeakError) as error:
        raise pulumi.RunError(str(error)) from None
    for warning in stack.settings.warnings():
        pulumi.log.warn(f"{stack.project}:{stack.settings.section}: {warning}")
    for leak in leaks:
        pulumi.log.warn(str(leak))
    if function is not None:
        _write(function, stack)
    return EdgeRouterArgs(stack, package, function)


def _write(function: ViewerFunction, stack: Stack) -> None:
    """Beside the packages, for reading and for the local edge: a state has no code that holds a secret."""
    path = ROOT / WORK_DIRECTORY / stack.name / f"{function.name}-{function.code_digest}.js"
    write_package(path, function.code.encode())


def path_in_state(package: Path) -> Path:
    """Relative to the project, where Pulumi runs the program: a state must not depend on where the project lies."""
    return package.relative_to(ROOT) if package.is_relative_to(ROOT) else package
