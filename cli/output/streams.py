"""Outputs of a command: report files, and standard output and error, closed, full, without a reader or UTF-8."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TextIO

from cli.output.errors import OperationError, UsageError

STANDARD_DESCRIPTORS = 3
CLOSED = "it is closed"


class Stream:
    """The current sys.stdout or sys.stderr, for a console to write to.

    Writing never raises, so that a closed pipe does not stop a command halfway. `lost` is the error of the first failed
    write; after it nothing is written.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.lost: OSError | None = None

    @property
    def now(self) -> TextIO | None:
        """The stream behind the proxy that rich installs while it shows a bar; None if it is closed."""
        stream: Any = getattr(sys, self._name)
        return getattr(stream, "rich_proxied_file", stream)

    @property
    def encoding(self) -> str:
        return getattr(self.now, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        with contextlib.suppress(ValueError, AttributeError, OSError):
            return self.now is not None and self.now.isatty()
        return False

    def fileno(self) -> int:
        if self.now is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return self.now.fileno()

    def write(self, text: str) -> int:
        if self.now is None and self.lost is None:
            self.lost = OSError(errno.EBADF, CLOSED)
        self._guard(lambda stream: stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._guard(lambda stream: stream.flush())

    def _guard(self, call: Callable[[TextIO], object]) -> None:
        if self.now is None or self.lost is not None:
            return
        try:
            call(self.now)
        except OSError as error:
            self._lose(error)
        except ValueError:  # it has been closed
            self._lose(OSError(errno.EBADF, CLOSED))

    def _lose(self, error: OSError) -> None:
        """Send Python's buffer to /dev/null; the interpreter would fail on it at exit."""
        self.lost = error
        with contextlib.suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.fileno())
            os.close(null)


output, errors = Stream("stdout"), Stream("stderr")


def write_lines(lines: Iterable[str]) -> None:
    """Write lines to standard output unchanged; stop when nobody reads them."""
    for line in lines:
        output.write(f"{line}\n")
        if output.lost is not None:
            return
    output.flush()


def prepare() -> None:
    """Reserve closed standard descriptors and allow any text, at the start of a process.

    The next file opened would get a closed descriptor below 3, and with it all output for that stream.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < STANDARD_DESCRIPTORS:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def can_answer() -> bool:
    """True where somebody at a terminal can be asked; standard input may be closed."""
    return Stream("stdin").isatty()


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
