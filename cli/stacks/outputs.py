"""The outputs of a deployed stack, from the Pulumi CLI or a file."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from cli.output.errors import OperationError, UsageError
from cli.stacks.workspace import Workspace
from simulator.standin.config.text_file import TextFileError, read_text


@dataclass(frozen=True)
class Outputs:
    """The outputs of one stack, by name."""

    stack: str
    values: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Return a required output. UsageError."""
        value = self.optional(name)
        if not value:
            raise UsageError(
                f"the outputs of the stack {self.stack} have no {name}: is it deployed, and by this program?"
            )
        return value

    def optional(self, name: str) -> str:
        """Return an output, "" if there is none."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> dict[str, str]:
        """Return an output that is an object of texts, {} if there is none."""
        value = self.values.get(name)
        pairs = cast("dict[object, object]", value) if isinstance(value, dict) else {}
        return {str(key): str(text) for key, text in pairs.items()}


def read_outputs(workspace: Workspace, stack: str, file: Path | None = None) -> Outputs:
    """Read the outputs from a file, or else with the Pulumi CLI. UsageError, OperationError."""
    workspace.directory(stack)  # it checks the name
    text, source = (
        (_read_file(file), str(file))
        if file is not None
        else (_read_with_pulumi(workspace, stack), "pulumi stack output")
    )
    try:
        values: object = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise UsageError(f"{source}: is not a JSON object as `pulumi stack output --json` prints it")
    return Outputs(stack, cast("dict[str, Any]", values))


def run_pulumi(workspace: Workspace, *arguments: str, stdin: str | None = None) -> str:
    """Run the Pulumi CLI and return its standard output. OperationError with its message."""
    done = subprocess.run(  # noqa: S603  arguments are checked, without a shell
        [shutil.which("pulumi") or "pulumi", *arguments, "--non-interactive", "--color=never"],
        cwd=workspace.root,
        capture_output=True,
        text=True,
        input=stdin,
        check=False,
    )
    if done.returncode:
        message = done.stderr.strip() or done.stdout.strip()
        command = " ".join(arguments).partition(" --stack")[0]
        raise OperationError(f"pulumi {command}: {message.removeprefix('error: ')}")
    return done.stdout


def has_pulumi() -> bool:
    """Return True if the Pulumi CLI is on PATH."""
    return shutil.which("pulumi") is not None


def _read_with_pulumi(workspace: Workspace, stack: str) -> str:
    if not has_pulumi():
        raise UsageError(
            "pulumi is not on PATH: install it, or pass the stack's outputs with --outputs FILE"
            " (pulumi stack output --json > FILE)"
        )
    return run_pulumi(workspace, "stack", "output", "--json", "--stack", stack)


def _read_file(file: Path) -> str:
    try:
        return read_text(file)
    except TextFileError as error:
        reason = f"cannot be read: {error}" if error.is_missing else error
        raise UsageError(f"--outputs {file}: {reason}") from error
