"""The packages and functions that are built from a stack's settings, after a check of what they would do to caches."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pulumi

from infra.cdn.javascript import FunctionCode, FunctionCodeError, build_function_code, build_rewriting_code
from infra.leak_gate import CacheLeakError, reject_leaks
from infra.package.archive import write_package
from infra.package.bundle import BundleError, build_bundle, build_controller, build_validator, work_directory
from infra.package.bytecode import NO_BYTECODE
from infra.package.start import check_start
from infra.package.wheels import WheelError
from infra.settings.stack import Stack


@dataclass(frozen=True)
class Builds:
    """Parts that depend on the stack's values; None where nothing needs one. The package's path is the state's."""

    package: Path | None = None
    viewer_function: FunctionCode | None = None
    rewriting: FunctionCode | None = None


def warn(stack: Stack) -> frozenset[str]:
    """Log what may surprise, and return it; pulumi.RunError where the distribution would leak cached responses."""
    warnings = _warnings(stack)
    for text in warnings:
        pulumi.log.warn(text)
    return frozenset(warnings)


def _warnings(stack: Stack) -> list[str]:
    """Return what may surprise, leaks that are only possible among it; pulumi.RunError for a certain one."""
    with _without_traceback():
        leaks = reject_leaks(stack)
    return [*(stack.key(text) for text in stack.warnings()), *map(str, leaks)]


def build(stack: Stack, root: Path, said: frozenset[str] = frozenset()) -> Builds:
    """Check and build, in the folder of packages below `root`; pulumi.RunError where that is not possible.

    `said` are warnings that need not be repeated.
    """
    settings, warnings = stack.settings, _warnings(stack)
    with _without_traceback():
        builds = Builds(
            _package(stack, root) if settings.needs.origin_request else None,
            build_function_code(stack),
            build_rewriting_code(stack),
        )
    for text in warnings:
        if text not in said:
            pulumi.log.warn(text)
    for function in filter(None, (builds.viewer_function, builds.rewriting)):
        # Beside the packages, for people and for the local edge: a state encrypts code with a secret.
        path = packages_directory(stack, root) / f"{function.name}-{function.digest}.js"
        write_package(path, function.code.encode())
    return builds


def build_regional(stack: Stack, root: Path) -> tuple[Path | None, Path | None]:
    """Build the controller's and the validator's packages, which depend on no value; each None where there is none."""
    settings, directory = stack.settings, packages_directory(stack, root)
    _keep_out_of_git(work_directory(root))
    with _without_traceback():
        controller = path_in_state(build_controller(stack, directory), root) if settings.has_rollout else None
        validator = path_in_state(build_validator(stack, directory), root) if settings.validator.function else None
    return controller, validator


def _package(stack: Stack, root: Path) -> Path:
    """Build the package and start it once."""
    bundle = build_bundle(stack, packages_directory(stack, root))
    if not_tried := check_start(stack, bundle):
        pulumi.log.info(f"{stack.project}: the package: {not_tried}")
    if not bundle.has_bytecode:
        pulumi.log.warn(f"{stack.project}: {NO_BYTECODE}")
    return path_in_state(bundle.path, root)


def path_in_state(package: Path, root: Path) -> Path:
    """Return the path relative to the project, where Pulumi runs: a state must not depend on the project's path."""
    return package.relative_to(root) if package.is_relative_to(root) else package


def packages_directory(stack: Stack, root: Path) -> Path:
    """Return the folder of a stack's packages, which Git ignores."""
    return work_directory(root) / stack.name


def _keep_out_of_git(directory: Path) -> None:
    """Let Git ignore the folder, whoever's project it is in: packages hold secrets."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignored = directory / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n")


@contextmanager
def _without_traceback() -> Generator[None]:
    """Turn what keeps a stack from being deployed, a message for whoever wrote the settings, into a program's end."""
    try:
        yield
    except (BundleError, WheelError, FunctionCodeError, CacheLeakError) as error:
        raise pulumi.RunError(str(error)) from None
