"""The real Pulumi CLI over a file backend, with the stand-in as its providers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from pulumi_state.values import SECRET
from simulator.standin.model.wire import ARCHIVE, SIGNATURE, rewrite
from simulator.standin.provider import PROVIDERS

from .provider_plugin import ACCOUNT_FILE, FAULTS_FILE

ROOT = Path(__file__).parents[2]
PROGRAMS = ("pulumi", "pulumi-language-python")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None]
_PLUGIN = """\
#!/bin/sh
PYTHONPATH='{root}' exec '{python}' -m tests.pulumi_cli.provider_plugin {package} "$@"
"""
_TIMEOUT_SECONDS = 600


class PulumiCli:
    """`pulumi` in a copy of a project: its own home, backend and account file, all below `directory`."""

    def __init__(self, project: Path, directory: Path) -> None:
        self.project = project
        for name in ("bin", "home", "backend"):
            (directory / name).mkdir()
        for package in PROVIDERS:
            plugin = directory / "bin" / f"pulumi-resource-{package}"
            plugin.write_text(_PLUGIN.format(root=ROOT, python=sys.executable, package=package))
            plugin.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_"))}
        self.environment = {
            **kept,
            "PATH": f"{directory / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_BACKEND_URL": (directory / "backend").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "for tests",
            # The providers on PATH are the only ones: nothing is looked for or downloaded elsewhere.
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_HOME": str(directory / "home"),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            ACCOUNT_FILE: str(directory / "account.json"),
            FAULTS_FILE: str(directory / "faults.json"),
        }
        self._account, self._faults = directory / "account.json", directory / "faults.json"

    def account(self, token: str) -> dict[str, dict[str, Any]]:
        """What exists of a type, whether or not a state knows it: outputs by id."""
        stored = json.loads(self._account.read_text())
        return {identity: outputs for kind, identity, _, outputs in stored if kind == token}

    def fail(self, *, once: dict[str, str] | None = None, always: dict[str, str] | None = None) -> None:
        """What AWS is to answer from now on, by `<operation> <logical name>`."""
        self._faults.write_text(json.dumps({"once": once or {}, "always": always or {}}))

    def up_until_it_hangs(self) -> None:
        """Start an `up`, and end all of its processes without warning as soon as it meets a fault that hangs."""
        hangs = self._faults.with_suffix(".hangs")
        with subprocess.Popen(
            ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color=never"],
            cwd=self.project,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            end = time.monotonic() + _TIMEOUT_SECONDS
            while not hangs.exists() and process.poll() is None and time.monotonic() < end:
                time.sleep(0.05)
            # Plugins have process groups of their own.
            for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                one.kill()
        assert hangs.exists(), "the update ended before it met the fault"

    def attempt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command and return it, whatever its exit code."""
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color=never"],
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )

    def run(self, *arguments: str) -> str:
        """Run a command that has to succeed; its standard output."""
        done = self.attempt(*arguments)
        assert done.returncode == 0, f"pulumi {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def up(self) -> str:
        return self.run("up", "--yes", "--skip-preview")

    def export(self) -> dict[str, Any]:
        return json.loads(self.run("stack", "export"))


def copy_of_the_project(directory: Path) -> Path:
    """What `pulumi up` needs of this project: the program, its packages and stack files; the same `.venv`."""
    target = directory / "project"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "tests", "bench", "docs")
    shutil.copytree(ROOT, target, ignore=ignored, symlinks=True)
    (target / ".venv").symlink_to(Path(sys.prefix))
    return target


def comparable(state: dict[str, Any]) -> dict[str, Any]:
    """The resources by URN without what differs from run to run: times, places in source files, providers' ids,
    paths of archives and ciphertexts."""
    found: dict[str, Any] = {}
    for resource in state["deployment"]["resources"]:
        kept: dict[str, Any] = {key: rewrite(value, _stable) for key, value in resource.items() if key not in _VOLATILE}
        if resource["type"].startswith("pulumi:providers:"):
            del kept["id"]
        if "provider" in kept:
            kept["provider"] = kept["provider"].rpartition("::")[0]
        for key in ("dependencies", "additionalSecretOutputs"):
            kept[key] = sorted(kept.get(key, []))
        depended = kept.get("propertyDependencies", {})
        kept["propertyDependencies"] = {key: sorted(urns) for key, urns in depended.items()}
        found[resource["urn"]] = kept
    return found


_VOLATILE = frozenset({"created", "modified", "sourcePosition", "stackTrace"})


def _stable(value: object) -> object:
    if isinstance(value, list) and _holds_sealed(value):
        return {SIGNATURE: SECRET}  # the engine makes a secret of the whole list
    if isinstance(value, dict) and value.get(SIGNATURE) == SECRET:
        return {SIGNATURE: SECRET}
    if isinstance(value, dict) and value.get(SIGNATURE) == ARCHIVE:
        return {**value, "path": Path(str(value["path"])).name}
    return value


def _holds_sealed(value: object) -> bool:
    if isinstance(value, list):
        return any(_holds_sealed(item) for item in value)
    if isinstance(value, dict):
        return value.get(SIGNATURE) == SECRET or any(_holds_sealed(item) for item in value.values())
    return False
