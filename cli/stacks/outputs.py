"""What a deployed stack says of itself: its outputs, out of its state by the Pulumi CLI, or out of a file."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from cli.output.errors import OperationError, UsageError
from cli.stacks import load as stacks
from simulator.standin import TextFileError, read_text

OutputsOption = Annotated[
    Path | None,
    typer.Option("--outputs", metavar="FILE", help="The stack's outputs (pulumi stack output --json), without Pulumi."),
]


@dataclass(frozen=True)
class Outputs:
    """The outputs of one stack, by name."""

    stack: str
    values: Mapping[str, Any]

    def text(self, name: str) -> str:
        """One that has to be there; UsageError names it."""
        value = self.optional(name)
        if not value:
            raise UsageError(
                f"the outputs of the stack {self.stack} have no {name}: is it deployed, and by this program?"
            )
        return value

    def optional(self, name: str) -> str:
        """ "" where there is none."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> dict[str, str]:
        """An object of texts; {} where there is none."""
        value = self.values.get(name)
        pairs = cast("dict[object, object]", value) if isinstance(value, dict) else {}
        return {str(key): str(text) for key, text in pairs.items()}


def read_outputs(stack: str, file: Path | None = None) -> Outputs:
    """UsageError where they cannot be read, OperationError with Pulumi's own words where it fails."""
    stacks.work_directory(stack)  # says what is no stack's name
    text, source = (_of_file(file), str(file)) if file is not None else (_of_pulumi(stack), "pulumi stack output")
    try:
        values: object = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise UsageError(f"{source}: is no JSON object, as `pulumi stack output --json` prints it")
    return Outputs(stack, cast("dict[str, Any]", values))


def pulumi(*arguments: str, stdin: str | None = None) -> str:
    """What the Pulumi CLI prints; OperationError with what it says where it fails."""
    done = subprocess.run(  # noqa: S603  arguments are checked, and no shell reads them
        [_program(), *arguments, "--non-interactive", "--color=never"],
        cwd=stacks.PROJECT,
        capture_output=True,
        text=True,
        input=stdin,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip()
        raise OperationError(f"pulumi {' '.join(_shown(arguments))}: {said.removeprefix('error: ')}")
    return done.stdout


def has_pulumi() -> bool:
    """Whether the Pulumi CLI is on PATH."""
    return shutil.which("pulumi") is not None


def _program() -> str:
    return shutil.which("pulumi") or "pulumi"


def _shown(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--stack")] if "--stack" in arguments else arguments


def _of_pulumi(stack: str) -> str:
    if not has_pulumi():
        raise UsageError(
            "pulumi is not on PATH: install it, or give the stack's outputs with --outputs FILE"
            " (pulumi stack output --json > FILE)"
        )
    return pulumi("stack", "output", "--json", "--stack", stack)


def _of_file(file: Path) -> str:
    try:
        return read_text(file)
    except TextFileError as error:
        reason = f"cannot be read: {error}" if error.is_missing else error
        raise UsageError(f"--outputs {file}: {reason}") from error
