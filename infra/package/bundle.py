"""The Lambda packages: the router's with one strategy and its config, the controller's and the validator's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.package.archive import write_archive, zip_files
from infra.package.baked_config import baked_config, to_json
from infra.package.bytecode import BytecodeError, compile_sources, reads_annotations
from infra.package.modules import modules_for, modules_from, source_path
from infra.package.process import lambda_python
from infra.package.strip_comments import strip_annotations, strip_comments
from infra.package.wheels import Wheel, read_lock, wheels_for
from infra.settings.stack import Stack
from router.dynamodb.trust import AMAZON_ROOTS, OWN_ROOTS
from strategies.registry import STRATEGIES

ROOT = Path(__file__).parents[2]
WORK_DIRECTORY = ".edge-router"
CONFIG_NAME = "config.json"
REGISTRY = "strategies/registry.py"
AMAZON_ROOTS_FILE = Path(__file__).with_name(AMAZON_ROOTS)
MAX_PACKAGE_BYTES = 50 * 1024 * 1024
"""The size of the archive for origin triggers ("Quotas on Lambda@Edge")."""
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----\n.*?-----END CERTIFICATE-----\n", re.DOTALL)
REGIONAL_ARCHITECTURE = "arm64"
CONTROLLER_LOCK = Path(__file__).with_name("requirements-controller.txt")
VALIDATOR_LOCK = Path(__file__).with_name("requirements-validator.txt")


def work_directory(root: Path = ROOT) -> Path:
    """Return the folder of what is built and downloaded for the project in `root`, which Git ignores."""
    return root / WORK_DIRECTORY


class BundleError(Exception):
    """A package that Lambda@Edge would reject."""


@dataclass(frozen=True)
class Bundle:
    """A built package. `native_packages` are its distributions with machine code for Linux x86_64 only.

    `config` is what was baked, secrets included. Without Lambda's Python on this machine there is no bytecode.
    """

    path: Path
    sha256: str
    native_packages: tuple[str, ...]
    config: dict[str, Any]
    has_bytecode: bool


def build_bundle(stack: Stack, directory: Path | None = None, *, wheel_cache: Path | None = None) -> Bundle:
    """Build the router's package into a directory (default: `.edge-router/<stack>`), readable by its owner only.

    Same inputs, same bytes; the file is named after its content, so a state that names it goes on naming the same
    package. BundleError where it is too large or the strategy has none, WheelError where wheels cannot be downloaded.
    """
    if not stack.settings.needs.origin_request:
        raise BundleError(
            f"{stack.project}:strategy is {stack.settings.strategy!r}, which runs as a CloudFront Function: there is no"
            " package for Lambda"
        )
    work = work_directory()
    wheels = wheels_for(stack.settings.needs.packages, wheel_cache or work / "wheels")
    config = baked_config(stack)
    files = package_files(stack, config, wheels)
    bytecode = _compile(stack, files, wheels)
    content = zip_files({**files, **bytecode})
    if len(content) > MAX_PACKAGE_BYTES:
        raise BundleError(f"the package has {len(content):,} bytes; Lambda@Edge takes at most {MAX_PACKAGE_BYTES:,}")
    path, digest = write_archive("router", content, directory or work / stack.name)
    return Bundle(path, digest, tuple(wheel.name for wheel in wheels if wheel.is_native), config, bool(bytecode))


def package_files(
    stack: Stack,
    config: dict[str, Any],
    wheels: Iterable[Wheel],
    *,
    is_stripped: bool = True,
) -> dict[str, bytes]:
    """Return the router's files: name in the package to content, without comments where `is_stripped`."""
    keys = {key for key, value in config.items() if value}
    modules = modules_for(stack.settings.strategy, keys=keys, root=ROOT)
    own, required = _read_sources(modules), dict[str, bytes]()
    own[REGISTRY] = _with_one_entry(own[REGISTRY], stack.settings.strategy)
    for wheel in wheels:
        required |= dict(wheel.files())
    if is_stripped:
        own = {name: strip_comments(content) for name, content in own.items()}
    if is_stripped and not reads_annotations({**own, **required}):
        own = {name: strip_annotations(content) for name, content in own.items()}
    return {**own, **required, **_ca_bundle(stack), CONFIG_NAME: to_json(config)}


def _with_one_entry(registry: bytes, strategy: str) -> bytes:
    """Return the table of strategies with one of them, on the same line: another one changes no byte of a package."""
    others = {f'    "{name}": "{target}",' for name, target in STRATEGIES.items() if name != strategy}
    return "\n".join("" if line in others else line for line in registry.decode().split("\n")).encode()


def _ca_bundle(stack: Stack) -> dict[str, bytes]:
    """Return the root certificates for DynamoDB as router.dynamodb.trust looks for them; none for the system's."""
    bundle = stack.settings.function.ca_bundle
    if bundle == "system" or not stack.settings.reads_dynamodb:
        return {}
    if bundle != "amazon":
        return {OWN_ROOTS: bundle.encode()}
    return {AMAZON_ROOTS: b"".join(_CERTIFICATE.findall(AMAZON_ROOTS_FILE.read_bytes()))}


def _compile(stack: Stack, files: dict[str, bytes], wheels: Iterable[Wheel]) -> dict[str, bytes]:
    """Compile the project's modules and the packages that the strategy names: what those require takes a second more.

    BundleError where this machine's Python cannot.
    """
    required = [wheel for wheel in wheels if wheel.name not in stack.settings.needs.packages]
    left_out = {name for wheel in required for name, _ in wheel.files()}
    try:
        return compile_sources(
            {name: content for name, content in files.items() if name not in left_out}, lambda_python()
        )
    except BytecodeError as error:
        raise BundleError(str(error)) from None


def build_controller(stack: Stack, directory: Path | None = None) -> Path:
    """Build the rollout controller's package; WheelError where its wheels cannot be downloaded."""
    return _build_regional("controller", stack, controller_packages(stack), CONTROLLER_LOCK, directory)


def controller_packages(stack: Stack) -> list[str]:
    """Return the wheels of the controller's lock that it needs.

    Lambda has boto3, but not what signs requests to a key-value store (SigV4A): included with a CloudFront Function.
    Its Python has no time zones of its own, and whether its Linux has is not documented: included with times.
    """
    rollout = stack.settings.rollout
    packages = ["awscrt"] if stack.settings.needs.viewer_function else []
    return packages + (["tzdata"] if rollout is not None and rollout.gates.times else [])


def build_validator(stack: Stack, directory: Path | None = None) -> Path:
    """Build the validator's package with its HTTP client; WheelError where that cannot be downloaded."""
    return _build_regional("validator", stack, read_lock(VALIDATOR_LOCK), VALIDATOR_LOCK, directory)


def _build_regional(name: str, stack: Stack, packages: Iterable[str], lock: Path, directory: Path | None) -> Path:
    """Build from a handler, all modules that it imports, and wheels of a lock."""
    files = _read_sources(modules_from([f"{name}.handler"], (name, "router", "strategies", "stats"), root=ROOT))
    for wheel in wheels_for(packages, work_directory() / "wheels", lock, REGIONAL_ARCHITECTURE):
        files |= dict(wheel.files())
    return write_archive(name, zip_files(files), directory or work_directory() / stack.name)[0]


def _read_sources(modules: Iterable[str]) -> dict[str, bytes]:
    sources = [source_path(module, ROOT) for module in modules]
    return {source.relative_to(ROOT).as_posix(): source.read_bytes() for source in sources}
