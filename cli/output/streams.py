"""Standard output and standard error, whatever they are: closed, full, without a reader, or without UTF-8."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, TextIO

STANDARD_DESCRIPTORS = 3


class Stream:
    """sys.stdout or sys.stderr as it is now, for a console to write to.

    Writing never fails, so that no command ends half-way because somebody stopped reading: what it does is more than
    what it prints. `lost` is the error that writing met; from then on nothing is written.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.lost: OSError | None = None

    @property
    def now(self) -> TextIO | None:
        """What stands there; None where it is closed. While a bar is shown, rich has put itself in its place."""
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
        except ValueError:  # it was closed meanwhile
            self._lose(OSError(errno.EBADF, os.strerror(errno.EBADF)))

    def _lose(self, error: OSError) -> None:
        """What is left in Python's buffer goes to nowhere, else the interpreter would fail on it at its end."""
        self.lost = error
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)


output, errors = Stream("stdout"), Stream("stderr")


def write_lines(lines: Iterable[str]) -> None:
    """Lines of standard output for a program, as they are; it ends early where nobody reads them any more."""
    for line in lines:
        output.write(f"{line}\n")
        if output.lost is not None:
            return
    output.flush()


def prepare() -> None:
    """At the start of a process: what is closed stays unused, and any text can be written.

    A descriptor below 3 that is closed would go to the next file that is opened, and what others print into that file.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < STANDARD_DESCRIPTORS:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
