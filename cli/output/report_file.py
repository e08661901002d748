"""Files that a command writes its result to, besides what it prints."""

from __future__ import annotations

from pathlib import Path

from cli.output.errors import OperationError, UsageError


def check_writable(option: str, path: Path | None) -> None:
    """Fail before the run, not after it, where an option names no file that can be written. UsageError."""
    if path is not None and (path.is_dir() or not path.parent.is_dir()):
        raise UsageError(f"{option} {path}: must be a file in a folder that exists")


def write_report(option: str, path: Path, text: str) -> None:
    """Write a report to the file that an option names. OperationError."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OperationError(f"{option} {path}: cannot be written: {error.strerror}") from error
