"""One start of a package in a process of its own: what it answers to events, and what keeps it from starting."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from infra.package.lambda_python import Interpreter
from infra.package.modules import EDGE_PACKAGES

START_SECONDS = 60
WORKER = Path(__file__).with_name("start_worker.py")
FAULTS = (
    *("start-failed:", "not-started", "not-a-cloudfront-event"),
    *(f"error:{kind}" for kind in ("ImportError", "ModuleNotFoundError", "NameError", "AttributeError", "SyntaxError")),
)
"""What the reasons in the log begin with where the package is at fault. Another error may be one of the surroundings,
which are not the edge's here: the router falls back, and its log says so."""


@dataclass(frozen=True)
class Start:
    """The outcome: the answers, the lines of the log, and what is wrong ("" where nothing is)."""

    answers: tuple[Any, ...]
    lines: tuple[Mapping[str, Any], ...]
    problem: str


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
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {**kept, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
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
    """Modules that the handler hides the lack of: it starts as far as it can, without third-party packages not far."""
    ours = [name for name in missing if name.partition(".")[0] in EDGE_PACKAGES]
    return f"missing: {', '.join(ours)}" if ours else ""
