"""The file of --state: an export of any stack, or a clear word on what it is instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cli.output.errors import UsageError
from pulumi_state.foreign import describe_foreign
from simulator.standin import TextFileError, parse_state, read_text

NESTED_TOO_DEEPLY = "is nested too deeply for a state of `pulumi stack export`"


def read_exported_state(path: Path) -> dict[str, Any]:
    """The state. UsageError where the file is another tool's, StandInError where it is nothing that can be read."""
    try:
        text = read_text(path)
    except TextFileError as error:
        raise UsageError(f"--state {path}: {error}") from error
    try:
        kind = describe_foreign(text)
    except RecursionError:
        raise UsageError(f"--state {path}: {NESTED_TOO_DEEPLY}") from None
    if kind:
        raise UsageError(f"--state {path}: {kind}")
    return parse_state(text, path)
