"""The project folder that commands work in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.output.errors import UsageError

if TYPE_CHECKING:
    from infra.settings.stack import Stack
    from simulator.standin.config.stack_config import StackConfig

PROJECT = Path(__file__).parents[2]
STATE = "state.json"
"""In a stack's directory: what `edge-router up` has deployed, in the format of `pulumi stack export`."""


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

    def open_stack(self, stack: str, overrides: Sequence[str] = ()) -> Stack:
        """Return the settings of a stack, with KEY=VALUE overrides. StackConfigError or SettingsError."""
        return load(stack, self.read_config(stack, overrides))

    def read_config(self, stack: str, overrides: Sequence[str] = ()) -> StackConfig:
        """Read a stack's config as the Pulumi CLI does, with KEY=VALUE overrides. StackConfigError."""
        from simulator.standin.config.stack_config import read_stack_config

        return read_stack_config(stack, project=self.root, overrides=overrides)


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
    """Return the settings in a config. SettingsError."""
    from infra.settings.stack import load_stack

    return load_stack(config.values, stack, config.project, config.secret_keys)
