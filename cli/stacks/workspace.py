"""The project folder that commands work in."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.output.errors import UsageError

if TYPE_CHECKING:
    from infra.settings.stack import Stack
    from simulator.standin.config.override import Override
    from simulator.standin.config.stack_config import Mismatch, StackConfig

PROJECT = Path(__file__).parents[2]
GIT_SECONDS = 10
STATE = "state.json"
"""In a stack's directory: what `edge-router up` has deployed, in the format of `pulumi stack export`."""


class GitError(Exception):
    """Git is not there, fails or takes too long; the message says which, in its own words where it has any."""


def read_git(folder: Path, *arguments: str) -> str:
    """Return what git prints in a folder. GitError."""
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8", timeout=GIT_SECONDS)  # noqa: S603  no shell
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise GitError(f"git has not ended within {GIT_SECONDS} seconds") from error
    except subprocess.CalledProcessError as error:
        raise GitError(str(error.stderr).strip().removeprefix("fatal: ") or f"exit code {error.returncode}") from error
    return done.stdout


@dataclass(frozen=True)
class Workspace:
    """The folder with `Pulumi.yaml` and the stacks' files; `main` hands one to every command as `context.obj`."""

    root: Path = PROJECT

    def directory(self, stack: str) -> Path:
        """Return the folder for a stack's package, state and lock, which git ignores; it may not exist yet.

        UsageError for an invalid stack name.
        """
        if stack in {"", ".", ".."} or "/" in stack or "\\" in stack:
            raise UsageError(f"--stack {stack!r}: is not a stack name; allowed are letters, digits, - and _")
        return self.root / ".edge-router" / stack

    def open_stack(self, stack: str, overrides: Sequence[Override] = ()) -> Stack:
        """Return the settings of a stack, with overrides. StackConfigError or SettingsError."""
        return load(stack, self.read_config(stack, overrides))

    def open_stack_at(self, stack: str, reference: str) -> Stack | None:
        """Return the stack as a commit of the git repository has it; None where it had no file yet.

        UsageError for a reference that is none, or where there is no git; StackConfigError or SettingsError for
        settings that were invalid, which name the commit.
        """
        from infra.config.errors import SettingsError
        from simulator.standin.model.errors import StackConfigError

        try:
            commit = read_git(self.root, "rev-parse", "--verify", "--end-of-options", f"{reference}^{{commit}}").strip()
        except GitError as error:
            raise UsageError(f"--base {reference}: git finds no such commit at {self.root}: {error}") from error
        names = ("Pulumi.yaml", f"Pulumi.{stack}.yaml")
        try:
            texts = {name: read_git(self.root, "show", f"{commit}:./{name}") for name in names}
        except GitError:
            return None
        with tempfile.TemporaryDirectory(prefix="edge-router-base-") as directory:
            for name, text in texts.items():
                (Path(directory) / name).write_text(text, encoding="utf-8")
            try:
                return Workspace(Path(directory)).open_stack(stack)
            except SettingsError as error:
                raise SettingsError([f"at {reference}: {text}" for text in error.errors]) from error
            except StackConfigError as error:
                raise StackConfigError(
                    f"at {reference}: {str(error).replace(f'{directory}/', '')}", error.key
                ) from error

    def read_config(self, stack: str, overrides: Sequence[Override] = ()) -> StackConfig:
        """Read a stack's config as the Pulumi CLI does, with overrides, unchecked. StackConfigError."""
        from simulator.standin.config.stack_config import read_unchecked_config

        return read_unchecked_config(stack, project=self.root, overrides=overrides)


@dataclass(frozen=True)
class Target:
    """The stack that a command line names, with the flags --local, --aws and --json."""

    workspace: Workspace
    stack: str
    is_local: bool = False
    is_aws: bool = False
    is_json: bool = False

    def open_stack(self, overrides: Sequence[str] = ()) -> Stack:
        """Return its settings, as `Workspace.open_stack` does."""
        return self.workspace.open_stack(self.stack, overrides)


def load(stack: str, config: StackConfig) -> Stack:
    """Return the settings in a config. SettingsError, also for what Pulumi rejects before it runs the program."""
    from infra.config.errors import SettingsError
    from infra.settings.stack import load_stack

    opened, errors = None, list[str]()
    try:
        opened = load_stack(config.values, stack, config.project, config.secret_keys)
    except SettingsError as error:
        errors = error.errors
    for one in config.mismatches:
        # Errors of the keys inside are those of text that only this program would read as an object.
        errors = [error for error in errors if not error.startswith((f"{one.key}.", f"{one.key}["))]
        if not any(error.startswith(f"{one.key} ") for error in errors):
            errors.append(_describe(one, config))
    if opened is None or errors:
        raise SettingsError(errors)
    return opened


_EXPECTED = {"array": "a list of text", "boolean": "true or false", "integer": "a whole number", "object": "an object"}


def _describe(mismatch: Mismatch, config: StackConfig) -> str:
    """Put what the models take and Pulumi rejects into words."""
    from infra.config.errors import format_value
    from infra.settings.model import SECTIONS_WITH_SECRETS

    if mismatch.type is None:
        return mismatch.message.partition(": ")[2]
    key = mismatch.key
    is_secret = key in config.secret_keys or key.partition(":")[2] in SECTIONS_WITH_SECRETS
    value = "[secret]" if is_secret else format_value(config.values[key])
    return f"{key} is {value}: expected {_EXPECTED.get(mismatch.type.name, 'text')}"
