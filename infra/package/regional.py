"""The packages of the functions that run in one Region: the controller and the validator, with what they import."""

from __future__ import annotations

from pathlib import Path

from infra.package.archive import write_archive, zipped
from infra.package.bundle import ROOT, WORK_DIRECTORY
from infra.package.modules import modules_from, source_of
from infra.package.wheels import Wheel, read_lock, wheels_for
from infra.settings.stack import Stack

ARCHITECTURE = "arm64"
CONTROLLER_LOCK = Path(__file__).with_name("requirements-controller.txt")
VALIDATOR_LOCK = Path(__file__).with_name("requirements-validator.txt")


def build_controller(stack: Stack, directory: Path | None = None) -> Path:
    """The controller. Lambda has boto3; what signs for a key-value store (SigV4A) it has not, so that comes along where
    there is a function before the cache. WheelError where it cannot be had.
    """
    is_signing = bool(stack.settings.needs.viewer_function)
    wheels = _wheels(CONTROLLER_LOCK) if is_signing else []
    return _built("controller", stack, wheels, directory)


def build_validator(stack: Stack, directory: Path | None = None) -> Path:
    """The validator with its HTTP client; WheelError where that cannot be had."""
    return _built("validator", stack, _wheels(VALIDATOR_LOCK), directory)


def _wheels(lock: Path) -> list[Wheel]:
    return wheels_for(read_lock(lock), ROOT / WORK_DIRECTORY / "wheels", lock, ARCHITECTURE)


def _built(name: str, stack: Stack, wheels: list[Wheel], directory: Path | None) -> Path:
    """Its handler and all of our modules that this imports."""
    modules = modules_from([f"{name}.handler"], (name, "router", "strategies", "stats"), root=ROOT)
    sources = [source_of(module, ROOT) for module in modules]
    files = {source.relative_to(ROOT).as_posix(): source.read_bytes() for source in sources}
    for wheel in wheels:
        files |= dict(wheel.files())
    return write_archive(name, zipped(files), directory or ROOT / WORK_DIRECTORY / stack.name)[0]
