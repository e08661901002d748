"""The file of --state: an export of any stack, or an error that says how to get one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cli.output.errors import UsageError
from pulumi_state.foreign import describe_foreign
from pulumi_state.resources import parse_state
from pulumi_state.values import StateError
from simulator.standin.config.text_file import TextFileError, read_text
from simulator.standin.model.errors import StandInError

NESTED_TOO_DEEPLY = "is nested too deeply for a state of `pulumi stack export`"


def read_exported_state(path: Path) -> dict[str, Any]:
    """Read the state. UsageError for another tool's file, StandInError for a file that cannot be parsed."""
    try:
        text = read_text(path)
        kind = describe_foreign(text)
    except TextFileError as error:
        raise UsageError(f"--state {path}: {error}") from error
    except RecursionError:
        raise UsageError(f"--state {path}: {NESTED_TOO_DEEPLY}") from None
    if kind:
        raise UsageError(f"--state {path}: {kind}")
    try:
        return parse_state(text)
    except StateError as error:
        raise StandInError(f"{path}: {error}") from None
