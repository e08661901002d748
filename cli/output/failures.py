"""Every foreseeable end of a command but a good one: the exit code, what a person reads, and what a program reads."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from typer import Abort
from typer._click.exceptions import ClickException, NoArgsIsHelpError

from cli.output.errors import EXIT_CODES, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_NOBODY_READS, EXIT_USAGE
from cli.output.outcome import Problem
from infra.config.errors import SettingsError
from simulator.standin import StackConfigError

INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Failure:
    """`text` is for a person, "" where nobody reads; `problems` are the same, one by one."""

    exit_code: int
    text: str
    problems: Sequence[Problem]


def failure_of(error: BaseException) -> Failure | None:
    """The failure that an exception stands for; None for a fault of ours."""
    if isinstance(error, ClickException):
        return _of_arguments(error)
    if isinstance(error, KeyboardInterrupt | Abort | EOFError):
        return _failure(EXIT_INTERRUPTED, INTERRUPTED)
    if isinstance(error, tuple(EXIT_CODES)):
        return _of_ours(error)
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, UnicodeError):
        return _failure(EXIT_USAGE, f"text that is no UTF-8: {error}")
    return _failure(EXIT_USAGE, "the input is nested too deeply") if isinstance(error, RecursionError) else None


def _failure(exit_code: int, text: str) -> Failure:
    return Failure(exit_code, text, [Problem.of(text)])


def _of_ours(error: BaseException) -> Failure:
    exit_code = next(code for kind, code in EXIT_CODES.items() if isinstance(error, kind))
    text = str(error)
    if isinstance(error, SettingsError):
        return Failure(exit_code, text, [Problem.of(text) for text in error.errors])
    if isinstance(error, StackConfigError) and error.key:
        return Failure(exit_code, text, [Problem(error.key, text)])
    return _failure(exit_code, text)


def _of_system(error: OSError) -> Failure:
    """A file, a pipe or a terminal that no command has words of its own for."""
    if error.errno == errno.EPIPE:
        return Failure(EXIT_NOBODY_READS, "", [])
    where = f"{error.filename}: " if error.filename else ""
    return _failure(EXIT_FAILED, f"{where}{error.strerror or error}")


def _of_arguments(error: ClickException) -> Failure:
    """The command line does not parse; the last line says where help is."""
    if isinstance(error, NoArgsIsHelpError):  # which has printed the help
        return Failure(EXIT_USAGE, "", [Problem(None, "no command was named")])
    text = " ".join(error.format_message().split())
    parameter: Any = getattr(error, "param", None)
    option = getattr(error, "option_name", None)
    named = option if option is not None else next(iter(cast("list[str]", getattr(parameter, "opts", []))), None)
    context: Any = getattr(error, "ctx", None)
    hint = f"\n`{context.command_path} --help` has what is allowed" if context is not None else ""
    return Failure(EXIT_USAGE, f"{text}{hint}", [Problem(named, text)])
