"""What a command ends with under --json: one document, the same outside whatever it holds and however it ended."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from cli.output.streams import output, write_lines

_KEY = re.compile(
    r"""
      (?P<setting> [a-z][\w-]* : \w[\w-]* (?: \.[\w-]+ | \[\d+\] | \["[^"]*"\] )* ) (?= [ :] )
    | (?P<option> --[a-z][\w-]* ) \b
    """,
    re.VERBOSE,
)


class Problem(NamedTuple):
    """One thing that is wrong: the setting or option, None where it is neither's, and the sentence a person reads."""

    key: str | None
    message: str

    @classmethod
    def of(cls, message: str) -> Problem:
        """With the key or the option that the message begins with, as our messages do."""
        found = _KEY.match(message)
        return cls(found[0] if found else None, message)


class Outcome:
    """The document of the command that runs, until `main` knows how it ended."""

    def __init__(self) -> None:
        self.document: dict[str, Any] | None = None
        self.problems: list[Problem] = []
        self.is_of_lines = False
        self.place: str | None = None

    def write(self, exit_code: int) -> None:
        """The document; where there is none, the outside of one, in one line.

        After the lines of a command that writes one document for each thing, it is only there to say what went wrong.
        """
        if self.is_of_lines and exit_code == 0:
            return
        outside = {
            "ok": exit_code == 0,
            "exitCode": exit_code,
            "errors": [problem._asdict() for problem in self.problems],
        }
        if self.place is not None:
            outside["place"] = self.place
        indent = None if self.document is None else 2
        write_lines([json.dumps(outside | (self.document or {}), indent=indent)])


_current = Outcome()


def begin() -> Outcome:
    """The outcome of the command that begins now."""
    global _current  # noqa: PLW0603  a process runs one command at a time
    _current = Outcome()
    output.lost = None
    return _current


def begin_lines() -> None:
    """The command writes a document in every line, as it goes."""
    _current.is_of_lines = True


def set_place(place: str) -> None:
    """Name the running stack that the command acts on, as a person is told, in the document."""
    _current.place = place


def add_problems(problems: Iterable[str | Problem]) -> None:
    """What goes wrong, for the document."""
    _current.problems += [one if isinstance(one, Problem) else Problem.of(one) for one in problems]


def print_json(document: Mapping[str, Any], problems: Iterable[str | Problem] = ()) -> None:
    """One JSON document on standard output, with what is wrong; written when the command ends."""
    _current.document = dict(document)
    add_problems(problems)
