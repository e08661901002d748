"""The stack a command works on, read from its files as the Pulumi CLI would read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cli.output.errors import UsageError
from infra.settings.stack import Stack, load_stack
from simulator.standin import StackConfig, read_stack_config

PROJECT = Path(__file__).parents[2]
STATE = "state.json"
"""In the work directory: what `edge-router up` has deployed, in the shape of `pulumi stack export`."""


def work_directory(stack: str) -> Path:
    """Where a stack's package, state and addresses are kept on this machine, made or not; git ignores it."""
    if stack in {"", ".", ".."} or "/" in stack or "\\" in stack:
        raise UsageError(f"--stack {stack!r}: is no stack's name; it has letters, digits, - and _")
    return PROJECT / ".edge-router" / stack


def open_stack(name: str, overrides: Sequence[str] = ()) -> Stack:
    """The settings of a stack, with KEY=VALUE overrides. StackConfigError or SettingsError otherwise."""
    return stack_of(name, read_config(name, overrides))


def read_config(name: str, overrides: Sequence[str] = ()) -> StackConfig:
    """What stands in a stack's files, with KEY=VALUE overrides. StackConfigError otherwise."""
    return read_stack_config(name, project=PROJECT, overrides=overrides)


def stack_of(name: str, config: StackConfig) -> Stack:
    """Its settings. SettingsError otherwise."""
    return load_stack(config.values, name, config.project, config.secret_keys)
