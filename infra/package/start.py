"""Starts a package before anybody says that it is done: one process, one request, one answer, no network."""

from __future__ import annotations

from collections.abc import Sequence
from zipfile import ZipFile

from infra.package.baked_config import baked_config
from infra.package.bundle import ROOT, WORK_DIRECTORY, Bundle, BundleError, package_files
from infra.package.lambda_python import lambda_python
from infra.package.process import start_package
from infra.package.sample_request import first_events
from infra.package.wheels import PYTHON_VERSION, cached_wheels
from infra.settings.stack import Stack

_started: set[str] = set()
"""Digests of packages that have started in this process: one update builds the same one several times."""


def check_start(stack: Stack, bundle: Bundle) -> str:
    """Start a package that was built; BundleError where it does not, else "", or what could not be tried here."""
    python = lambda_python()
    is_whole = python.loads_native or not bundle.native_packages
    if bundle.sha256 not in _started:
        with ZipFile(bundle.path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        problem = start_package(files, first_events(stack) if is_whole else [], python).problem
        if problem:
            raise BundleError(_does_not_start(stack, problem))
        _started.add(bundle.sha256)
    return "" if is_whole else _not_tried(bundle.native_packages)


def start_problem(stack: Stack) -> str:
    """Say what keeps the stack's package from starting, "" where nothing does; neither network nor file is needed.

    Where third-party wheels are not on this machine, only the modules of ours are imported.
    """
    if not stack.settings.needs.origin_request:
        return ""
    python = lambda_python()
    wheels = cached_wheels(stack.settings.needs.packages, ROOT / WORK_DIRECTORY / "wheels")
    is_whole = wheels is not None and (python.loads_native or not any(wheel.is_native for wheel in wheels))
    files = package_files(stack, baked_config(stack), wheels or ())
    problem = start_package(files, first_events(stack) if is_whole else [], python).problem
    return problem and _does_not_start(stack, problem)


def _does_not_start(stack: Stack, problem: str) -> str:
    return f"the package for {stack.settings.strategy} does not start: {problem}"


def _not_tried(names: Sequence[str]) -> str:
    return (
        f"its modules load, but it was not started here: {', '.join(names)} are built for Lambda's Python"
        f" {PYTHON_VERSION} on Linux x86_64"
    )
