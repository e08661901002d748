"""The file of --state: an export of any stack, or a clear word on what it is instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from operations.errors import UsageError
from operations.foreign_state import describe_foreign
from simulator.standin import read_state

NESTED_TOO_DEEPLY = "is nested too deeply for a state of `pulumi stack export`"


def read_exported_state(path: Path) -> dict[str, Any]:
    """The state. UsageError where the file is another tool's, StandInError where it is nothing that can be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        text = ""  # who reads it below says what is wrong
    try:
        kind = describe_foreign(text)
    except RecursionError:
        raise UsageError(f"--state {path}: {NESTED_TOO_DEEPLY}") from None
    if kind:
        raise UsageError(f"--state {path}: {kind}")
    return dict(read_state(path))
