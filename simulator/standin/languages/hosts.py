"""Runners of a program, by language: what Pulumi's language hosts do, and for YAML the host itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from simulator.standin.config.stack_config import StackConfig
from simulator.standin.languages.served_monitor import ORGANIZATION
from simulator.standin.model.errors import StandInError

YAML_HOST = "pulumi-language-yaml"
_NODE_RUN = Path("node_modules/@pulumi/pulumi/cmd/run")
_TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True)
class Program:
    """A program to run: its folder, its stack and its settings, and where the stand-in listens."""

    root: Path
    stack: str
    config: StackConfig
    is_preview: bool
    address: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a program learns of its run; what this process has of Pulumi's is not among them."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
        return {
            **inherited,
            "PULUMI_PROJECT": self.config.project,
            "PULUMI_STACK": self.stack,
            "PULUMI_ORGANIZATION": ORGANIZATION,
            "PULUMI_ROOT_DIRECTORY": str(self.root),
            "PULUMI_CONFIG": json.dumps(dict(self.config.values)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(self.config.secret_keys)),
            "PULUMI_DRY_RUN": str(self.is_preview).lower(),
            "PULUMI_PARALLEL": "4",
            "PULUMI_MONITOR": self.address,
            "PULUMI_ENGINE": self.address,
        }


def run(runtime: str, program: Program) -> str:
    """Run a program to its end: "" or what it said where it failed. Errors: StandInError, what is missing here."""
    if runtime not in _HOSTS:
        raise StandInError(f"runtime {runtime!r} is not known: there are {', '.join(sorted(_HOSTS))}")
    return _HOSTS[runtime](program)


def _python(program: Program) -> str:
    # -P: the folder of the script is no place to import from.
    script = Path(__file__).with_name("python_program.py")
    return _process(program, [sys.executable, "-P", str(script), str(program.root)])


def _nodejs(program: Program) -> str:
    """TypeScript is transpiled as it is loaded; `tsc` has checked its types before."""
    above = (folder / _NODE_RUN for folder in (program.root, *program.root.parents))
    run_path = next((path for path in above if path.is_dir()), None)
    if run_path is None:
        raise StandInError(f"{program.root} has no {_NODE_RUN}: run `npm install` there")
    named = {
        "monitor": program.address,
        "engine": program.address,
        "organization": ORGANIZATION,
        "project": program.config.project,
        "root-directory": str(program.root),
        "stack": program.stack,
        "pwd": str(program.root),
        "parallel": "4",
    }
    arguments = [f"--{name}={value}" for name, value in named.items()]
    arguments += ["--dry-run"] if program.is_preview else []
    settings = {"PULUMI_NODEJS_TYPESCRIPT": "true", "PULUMI_NODEJS_TRANSPILE_ONLY": "true"}
    return _process(program, [_find_program("node"), str(run_path), *arguments, "."], settings)


def _go(program: Program) -> str:
    """The binary is what `go build` names after the module's folder; it is built beforehand."""
    binary = program.root / "bin" / "program"
    if not binary.is_file():
        raise StandInError(f"{program.root} has no bin/program: run `go build -o bin/program .` there")
    return _process(program, [str(binary)])


def _yaml(program: Program) -> str:
    """The language host interprets YAML itself, and answers when the program has ended."""
    with subprocess.Popen(  # noqa: S603
        [_find_program(YAML_HOST), program.address],
        cwd=program.root,
        env=program.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as host:
        assert host.stdout is not None
        try:
            port = int(host.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub: Any = language_pb2_grpc.LanguageRuntimeStub(channel)
                answer = stub.Run(_run_request(program))
        finally:
            host.terminate()
        said = host.communicate()[1]
    return (answer.error or said) if answer.error or answer.bail else ""


def _run_request(program: Program) -> Any:
    root = str(program.root)
    return language_pb2.RunRequest(
        project=program.config.project,
        stack=program.stack,
        organization=ORGANIZATION,
        pwd=root,
        config=program.config.values,
        configSecretKeys=sorted(program.config.secret_keys),
        dryRun=program.is_preview,
        parallel=4,
        monitor_address=program.address,
        loader_target=program.address,
        info=language_pb2.ProgramInfo(root_directory=root, program_directory=root, entry_point="."),
    )


def _process(program: Program, command: list[str], settings: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(  # noqa: S603
        command,
        cwd=program.root,
        env={**program.environment, **(settings or {})},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    return "" if done.returncode == 0 else done.stderr.strip() or f"the program ended with exit code {done.returncode}"


def _find_program(executable: str) -> str:
    path = shutil.which(executable)
    if path is None:
        raise StandInError(f"{executable} is not on PATH")
    return path


_HOSTS: Mapping[str, Callable[[Program], str]] = {"python": _python, "nodejs": _nodejs, "go": _go, "yaml": _yaml}
