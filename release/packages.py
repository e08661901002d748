"""All that the shipped stacks run at the edge and in a Region, built here, with the wheels inside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

from cli.stacks.workspace import Workspace
from infra.cdn.javascript import build_function_code, build_rewriting_code
from infra.package.bundle import (
    CONTROLLER_LOCK,
    REGIONAL_ARCHITECTURE,
    ROOT,
    VALIDATOR_LOCK,
    build_bundle,
    build_controller,
    build_validator,
    controller_packages,
    work_directory,
)
from infra.package.bytecode import NO_BYTECODE
from infra.package.wheels import LOCK_FILE, read_lock, wheels_for
from infra.settings.stack import Stack
from strategies.registry import STRATEGIES

STACKS = ("local", "staging", "prod")


class ReleaseError(Exception):
    """A release that cannot be made here; the message says why."""


@dataclass(frozen=True)
class Package:
    """A file that runs in AWS: a package for Lambda, or the code of a CloudFront Function; `wheels` are inside it."""

    name: str
    strategy: str
    content: bytes
    wheels: tuple[dict[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        digest = sha256(self.content).hexdigest()
        return {"name": self.name, "strategy": self.strategy, "sha256": digest, "wheels": list(self.wheels)}


def build_packages() -> Iterator[Package]:
    """Yield the packages of every shipped stack: the router's and the functions before the cache with each strategy.

    Controller and validator are those of the stack as it is shipped. ReleaseError without Lambda's Python, whose
    bytecode is a part of the packages.
    """
    workspace = Workspace(ROOT)
    for stack in STACKS:
        for strategy in STRATEGIES:
            yield from _edge_packages(workspace.open_stack(stack, [f"strategy={strategy}"]))
        yield from _regional_packages(workspace.open_stack(stack, ["validator.function=true"]))


def _edge_packages(stack: Stack) -> Iterator[Package]:
    strategy, needs = stack.settings.strategy, stack.settings.needs
    if needs.origin_request:
        with TemporaryDirectory() as directory:
            bundle = build_bundle(stack, Path(directory), wheel_cache=_wheel_cache())
            content = bundle.path.read_bytes()
        if not bundle.has_bytecode:
            raise ReleaseError(NO_BYTECODE)
        wheels = _wheels(needs.packages, LOCK_FILE, "x86_64")
        yield Package(f"router-{stack.name}-{strategy}.zip", strategy, content, wheels)
    for function in filter(None, (build_function_code(stack), build_rewriting_code(stack))):
        yield Package(f"{function.name}-{stack.name}-{strategy}.js", strategy, function.code.encode())


def _regional_packages(stack: Stack) -> Iterator[Package]:
    strategy = stack.settings.strategy
    with TemporaryDirectory() as directory:
        if stack.settings.has_rollout:
            content = build_controller(stack, Path(directory)).read_bytes()
            wheels = _wheels(controller_packages(stack), CONTROLLER_LOCK, REGIONAL_ARCHITECTURE)
            yield Package(f"controller-{stack.name}.zip", strategy, content, wheels)
        content = build_validator(stack, Path(directory)).read_bytes()
        wheels = _wheels(read_lock(VALIDATOR_LOCK), VALIDATOR_LOCK, REGIONAL_ARCHITECTURE)
        yield Package(f"validator-{stack.name}.zip", strategy, content, wheels)


def _wheel_cache() -> Path:
    return work_directory() / "wheels"


def _wheels(packages: Iterable[str], lock: Path, architecture: str) -> tuple[dict[str, str], ...]:
    """Return name, version, licence, file and SHA-256 of what these packages bring."""
    found: list[dict[str, str]] = []
    for wheel in wheels_for(packages, _wheel_cache(), lock, architecture):
        with ZipFile(wheel.path) as archive:
            [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
            headers = HeaderParser().parsestr(archive.read(metadata).decode())
        found.append(
            {
                "name": wheel.name,
                "version": str(headers["Version"]),
                "licence": str(headers["License-Expression"] or headers["License"] or ""),
                "file": wheel.path.name,
                "sha256": sha256(wheel.path.read_bytes()).hexdigest(),
            }
        )
    return tuple(found)
