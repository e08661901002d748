"""The stack of a Pulumi run, and everything that is built from it; errors end the program without a traceback."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from infra.cdn.javascript import FunctionCode, FunctionCodeError, build_function_code, build_rewriting_code
from infra.config.aws_regions import opt_in_warning
from infra.config.errors import SettingsError
from infra.config.provider import missing_region_error, provider_region
from infra.edge_router import EdgeRouterArgs
from infra.leak_gate import CacheLeakError, reject_leaks
from infra.package.archive import write_package
from infra.package.bundle import ROOT, BundleError, build_bundle, build_controller, build_validator, work_directory
from infra.package.bytecode import NO_BYTECODE
from infra.package.start import check_start
from infra.package.wheels import WheelError
from infra.rollout.running import read_builds, read_rollout, rollout_warnings, running_values
from infra.settings.stack import Stack, load_stack, refuse_demo


def prepare() -> EdgeRouterArgs:
    """Return the selected stack with its packages and its function, built here; pulumi.RunError with all errors."""
    config = {key: str(value) for key, value in CONFIG.get().items()}
    secret_keys = [key for key in config if is_config_secret(key)]
    try:
        stack = _load_stack(config, secret_keys)
        stack.reject_shared_aliases(ROOT)
        refuse_demo(stack)
        leaks = reject_leaks(stack)
        args = build(stack)
    except (SettingsError, BundleError, WheelError, FunctionCodeError, CacheLeakError) as error:
        raise pulumi.RunError(str(error)) from None
    for warning in stack.warnings():
        pulumi.log.warn(f"{stack.project}:{warning}")
    if warning := opt_in_warning("aws:region", provider_region(config, os.environ)):
        pulumi.log.warn(warning)
    for leak in leaks:
        pulumi.log.warn(str(leak))
    for function in filter(None, (args.viewer_function, args.rewriting)):
        _write(function, stack)
    return _with_running_values(args)


def _load_stack(config: Mapping[str, str], secret_keys: Sequence[str]) -> Stack:
    """Load the selected stack; SettingsError with all errors, a provider without a Region among them."""
    text = missing_region_error(config, os.environ)
    errors = [text] if text else []
    try:
        stack = load_stack(config, pulumi.get_stack(), pulumi.get_project(), secret_keys)
    except SettingsError as error:
        raise SettingsError(errors + error.errors) from None
    if errors:
        raise SettingsError(errors)
    return stack


def build(stack: Stack) -> EdgeRouterArgs:
    """Build the packages and functions of a stack."""
    settings = stack.settings
    return EdgeRouterArgs(
        stack,
        package=_package(stack) if settings.needs.origin_request else None,
        viewer_function=build_function_code(stack),
        rewriting=build_rewriting_code(stack),
        controller=path_in_state(build_controller(stack)) if settings.has_rollout else None,
        validator=path_in_state(build_validator(stack)) if settings.validator.function else None,
    )


def _package(stack: Stack) -> Path:
    """Build the package and start it once."""
    bundle = build_bundle(stack)
    if not_tried := check_start(stack, bundle):
        pulumi.log.info(f"{stack.project}: the package: {not_tried}")
    if not bundle.has_bytecode:
        pulumi.log.warn(f"{stack.project}: {NO_BYTECODE}")
    return path_in_state(bundle.path)


def _with_running_values(args: EdgeRouterArgs) -> EdgeRouterArgs:
    """Keep the key values of a rollout in progress, whatever percentage the config has, and of builds."""
    stack = args.stack
    rollout = read_rollout(stack)
    for warning in rollout_warnings(stack, rollout):
        pulumi.log.warn(f"{stack.project}: {warning}")
    if args.viewer_function is None:
        return args
    return replace(args, running_values=running_values(stack, rollout, read_builds(stack)))


def _write(function: FunctionCode, stack: Stack) -> None:
    """Write the code beside the packages, for people and for the local edge: a state encrypts code with a secret."""
    path = work_directory() / stack.name / f"{function.name}-{function.digest}.js"
    write_package(path, function.code.encode())


def path_in_state(package: Path) -> Path:
    """Return the path relative to the project, where Pulumi runs: a state must not depend on the project's path."""
    return package.relative_to(ROOT) if package.is_relative_to(ROOT) else package
