"""Starts a package before anybody says that it is done: one process, one request, one answer, no network."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from zipfile import ZipFile

from infra.baked_config import baked_config
from infra.bundle import ROOT, WORK_DIRECTORY, Bundle, BundleError, package_files
from infra.edge_modules import EDGE_PACKAGES
from infra.lambda_python import Interpreter, lambda_python
from infra.sample_request import first_events
from infra.stack import Stack
from infra.wheels import PYTHON_VERSION, cached_wheels

START_SECONDS = 60
WORKER = Path(__file__).with_name("package_start_worker.py")
FAULTS = ("error:", "start-failed:", "not-started", "not-a-cloudfront-event")
"""What the reasons in the log begin with where the code, not the surroundings, is at fault."""

_started: set[str] = set()
"""Digests of packages that have started in this process: one update builds the same one several times."""


@dataclass(frozen=True)
class Start:
    """What came of it: the answers, the lines of the log, and what is wrong ("" where nothing is)."""

    answers: tuple[Any, ...]
    lines: tuple[Mapping[str, Any], ...]
    problem: str


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


def start_package(files: Mapping[str, bytes], events: Sequence[Any], python: Interpreter) -> Start:
    """Let a fresh process answer these events, and import what modules of ours they have not needed."""
    modules = [_module(name) for name in sorted(files) if name.partition("/")[0] in EDGE_PACKAGES]
    with TemporaryDirectory(prefix="edge-router-start-") as directory:
        for name, content in files.items():
            path = Path(directory, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return _run(python, directory, {"events": events, "modules": modules})


def _module(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _run(python: Interpreter, directory: str, asked: Mapping[str, Sequence[Any]]) -> Start:
    command = [python.path, "-I", "-S", "-B", str(WORKER), directory]
    environment = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    try:
        ended = subprocess.run(  # noqa: S603  our own worker, in an interpreter that was looked for
            command,
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Start((), (), f"{python.path}: {error}")
    printed = [_parse(line) for line in ended.stdout.splitlines()]
    if ended.returncode or not printed or "missing" not in printed[-1]:
        last = next((line for line in reversed(ended.stderr.splitlines()) if line), f"exit code {ended.returncode}")
        return Start((), tuple(printed), last)
    *lines, report = printed
    missing = list(dict.fromkeys(report["missing"]))
    problem = report["error"] or (_fault(lines, missing) if asked["events"] else _missing_ours(missing))
    return Start(tuple(report["answers"]), tuple(lines), problem)


def _parse(line: str) -> dict[str, Any]:
    try:
        parsed: object = json.loads(line)
    except ValueError:
        parsed = None
    return cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else {"printed": line}


def _fault(lines: Sequence[Mapping[str, Any]], missing: Sequence[str]) -> str:
    """The first line that says so: of a decision, or of what it had to do without."""
    reasons = [str(line.get(name, "")) for line in lines for name in ("reason", "controlReason")]
    fault = next((reason for reason in reasons if reason.startswith(FAULTS)), "")
    return f"{fault}; missing: {', '.join(missing)}" if fault and missing else fault


def _missing_ours(missing: Sequence[str]) -> str:
    """What the handler hides, which starts as far as it can; without third-party packages that is not far."""
    ours = [name for name in missing if name.partition(".")[0] in EDGE_PACKAGES]
    return f"missing: {', '.join(ours)}" if ours else ""


def _does_not_start(stack: Stack, problem: str) -> str:
    return f"the package for {stack.settings.strategy} does not start: {problem}"


def _not_tried(names: Sequence[str]) -> str:
    return (
        f"its modules load, but it was not started here: {', '.join(names)} are built for Lambda's Python"
        f" {PYTHON_VERSION} on Linux x86_64"
    )
