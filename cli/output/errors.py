"""What a command says when it cannot go on, and the exit code that goes with it."""

from __future__ import annotations

from infra.config.errors import SettingsError
from infra.package.bundle import BundleError
from infra.package.wheels import WheelError
from simulator.standin import ProgramError, StackConfigError, StandInError

EXIT_FAILED = 1
"""The command ran, and what it did or checked went wrong."""
EXIT_USAGE = 2
"""The command could not run as asked: bad arguments, config or files."""
EXIT_LEFT = 3
"""The command ran, and there is still something to do or to look at."""
EXIT_INTERRUPTED = 130
"""Ctrl-C, as shells have it: 128 and the number of the signal."""
EXIT_NOBODY_READS = 141
"""Whoever read standard output has gone (`| head -1`): 128 and the number of SIGPIPE."""


class UsageError(Exception):
    """Arguments, config or files that cannot work; the message names them and what is allowed."""


class OperationError(Exception):
    """Something that was asked for rightly did not work out."""


EXIT_CODES: dict[type[Exception], int] = {
    UsageError: EXIT_USAGE,
    SettingsError: EXIT_USAGE,
    StackConfigError: EXIT_USAGE,
    StandInError: EXIT_USAGE,
    ProgramError: EXIT_USAGE,
    OperationError: EXIT_FAILED,
    BundleError: EXIT_FAILED,
    WheelError: EXIT_FAILED,
}
"""Every error that ends a command with one message. Errors of the local deployment become these: see serving_errors."""
