"""Exit codes, and the errors that end a command with a message."""

from __future__ import annotations

EXIT_FAILED = 1
"""The command ran, and an operation or a check failed."""
EXIT_USAGE = 2
"""The command could not run: invalid arguments, config or files."""
EXIT_LEFT = 3
"""The command ran, and something is left to do or undecided."""
EXIT_INTERRUPTED = 130
"""Ctrl-C, as in shells: 128 and the number of the signal."""
EXIT_CLOSED_PIPE = 141
"""The reader of standard output has closed it (`| head -1`): 128 and the number of SIGPIPE."""


class UsageError(Exception):
    """Invalid arguments, config or files; the message names them and what is allowed."""


class OperationError(Exception):
    """A valid operation that failed."""
