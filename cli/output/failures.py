"""Failures of a command: the exit code, the text for a person, and the errors for a program."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from typer import Abort
from typer._click.exceptions import ClickException, NoArgsIsHelpError

from cli.output.errors import (
    EXIT_CLOSED_PIPE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_USAGE,
    OperationError,
    UsageError,
)
from cli.output.outcome import Problem
from infra.config.errors import SettingsError
from infra.package.bundle import BundleError
from infra.package.wheels import WheelError
from simulator.standin.model.errors import ProgramError, StackConfigError, StandInError

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
"""The errors that end a command with one message; errors of the local deployment are converted to these."""

LONG_NUMBER = 100_000
"""From here on a number is easier to read in groups of three; a port is not."""


@dataclass(frozen=True)
class Failure:
    """`text` is for a person, "" to print nothing; `problems` are the same errors one by one.

    `usage` is help, which is printed as it is.
    """

    exit_code: int
    text: str
    problems: Sequence[Problem]
    usage: str = ""


def classify(error: BaseException) -> Failure | None:
    """Return the failure that an exception stands for; None for a bug of this program."""
    if isinstance(error, ClickException):
        return _argument_failure(error)
    if isinstance(error, KeyboardInterrupt | Abort | EOFError):
        return _failure(EXIT_INTERRUPTED, "interrupted")
    if isinstance(error, tuple(EXIT_CODES)):
        return _own_failure(error)
    if isinstance(error, OSError):
        return _system_failure(error)
    if isinstance(error, UnicodeError):
        return _failure(EXIT_USAGE, f"text that is not valid UTF-8: {error}")
    return _failure(EXIT_USAGE, "the input is nested too deeply") if isinstance(error, RecursionError) else None


def _failure(exit_code: int, text: str) -> Failure:
    return Failure(exit_code, text, [Problem.of(text)])


def _own_failure(error: BaseException) -> Failure:
    exit_code = next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind))
    text = str(error)
    if isinstance(error, SettingsError):
        return Failure(exit_code, text, [Problem.of(text) for text in error.errors])
    if isinstance(error, StackConfigError) and error.key:
        return Failure(exit_code, text, [Problem(error.key, text)])
    return _failure(exit_code, text)


def _system_failure(error: OSError) -> Failure:
    """A file, pipe or terminal error that no command describes itself."""
    if error.errno == errno.EPIPE:
        return Failure(EXIT_CLOSED_PIPE, "", [])
    where = f"{error.filename}: " if error.filename else ""
    return _failure(EXIT_FAILED, f"{where}{error.strerror or error}")


def _argument_failure(error: ClickException) -> Failure:
    """An invalid command line; the last line points to the help, unless the first says all that is allowed."""
    if isinstance(error, NoArgsIsHelpError):  # its message is the help
        return Failure(EXIT_USAGE, "", [Problem(None, "missing command")], error.format_message())
    text = " ".join(error.format_message().split())
    parameter: Any = getattr(error, "param", None)
    option = getattr(error, "option_name", None)
    named = option if option is not None else next(iter(cast("list[str]", getattr(parameter, "opts", []))), None)
    context: Any = getattr(error, "ctx", None)
    if told := _describe_number(error, parameter):
        text = f"{named} {told}"
        return Failure(EXIT_USAGE, text, [Problem(named, text)])
    hint = f"\n`{context.command_path} --help` lists what is allowed" if context is not None else ""
    return Failure(EXIT_USAGE, f"{text}{hint}", [Problem(named, text)])


def _describe_number(error: ClickException, parameter: Any) -> str:
    """Return `is '10M': allowed is a whole number from 1` for an option that takes a number, "" for all others."""
    from pydantic import ValidationError  # with the settings, which most command lines read

    cause = error.__cause__
    entries = cause.errors(include_url=False) if isinstance(cause, ValidationError) else []
    kind = entries[0]["type"] if entries else ""
    is_outside = kind in ("greater_than_equal", "less_than_equal")
    if not is_outside and not kind.startswith(("int_", "float_")):
        return ""
    least, most = (getattr(parameter, name, None) for name in ("min", "max"))
    descriptor = getattr(parameter, "type_descriptor", None)
    is_whole = kind.startswith("int_") or getattr(descriptor, "annotation", None) is int
    bounds = [f"{word} {_format_bound(bound)}" for word, bound in (("from", least), ("to", most)) if bound is not None]
    given = str(entries[0]["input"])
    return " ".join(
        [f"is {given if is_outside else repr(given)}: allowed is a {'whole ' if is_whole else ''}number", *bounds]
    )


def _format_bound(bound: float) -> str:
    return f"{bound:,}" if bound >= LONG_NUMBER else f"{bound:g}"
