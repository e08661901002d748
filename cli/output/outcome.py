"""The JSON document of a command under --json: the same envelope for every command and every end, times in UTC."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from cli.output.streams import output, write_lines

TIME_NAMES = ("at", "measuredUntil")
TIME_ENDING = "At"
_KEY = re.compile(
    r"""
      (?P<setting> [a-z][\w-]* : \w[\w-]* (?: \.[\w-]+ | \[\d+\] | \["[^"]*"\] )* ) (?= [ :] )
    | (?P<option> --[a-z][\w-]* ) \b
    """,
    re.VERBOSE,
)


class Problem(NamedTuple):
    """One error: its setting or option, if any, and the sentence a person reads."""

    key: str | None
    message: str

    @classmethod
    def of(cls, message: str) -> Problem:
        """Return the error, with the setting or option that the message begins with as its key."""
        found = _KEY.match(message)
        return cls(found[0] if found else None, message)


class Outcome:
    """The document of the running command, until `main` knows the exit code."""

    def __init__(self) -> None:
        self.document: dict[str, Any] | None = None
        self.problems: list[Problem] = []
        self.is_of_lines = False
        self.place: str | None = None

    def write(self, exit_code: int) -> None:
        """Write the document, or the envelope alone in one line.

        A command that has written a document per line gets an envelope only if it failed.
        """
        if self.is_of_lines and exit_code == 0:
            return
        envelope: dict[str, Any] = {
            "ok": exit_code == 0,
            "exitCode": exit_code,
            "errors": [problem._asdict() for problem in self.problems],
        }
        if self.place is not None:
            envelope["place"] = self.place
        indent = None if self.document is None else 2
        write_lines([json.dumps(envelope | (self.document or {}), indent=indent)])


_current = Outcome()


def begin() -> Outcome:
    """Return the outcome of the command that starts now."""
    global _current  # noqa: PLW0603  a process runs one command at a time
    _current = Outcome()
    output.lost = None
    return _current


def begin_lines() -> None:
    """Declare that the command writes one document per line."""
    _current.is_of_lines = True


def set_place(place: str) -> None:
    """Name the running stack that the command acts on in the document."""
    _current.place = place


def add_problems(problems: Iterable[str | Problem]) -> None:
    """Add errors to the document."""
    _current.problems += [one if isinstance(one, Problem) else Problem.of(one) for one in problems]


def print_json(document: Mapping[str, Any], problems: Iterable[str | Problem] = ()) -> None:
    """Set the JSON document and its errors; it is written to standard output when the command ends."""
    _current.document = dict(document)
    add_problems(problems)


def iso_time(seconds: float) -> str:
    """Format seconds since 1970 as `2026-11-21T12:00:00Z`."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def with_iso_times(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with `startedAt`, `at` and the like as ISO times; None for 0, which means "not yet"."""
    return {name: _convert(name, value) for name, value in document.items()}


def _convert(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return with_iso_times(cast("Mapping[str, Any]", value))
    if isinstance(value, list):
        return [_convert("", one) for one in cast("list[Any]", value)]
    is_time = (name in TIME_NAMES or name.endswith(TIME_ENDING)) and isinstance(value, int | float)
    if not is_time or isinstance(value, bool):
        return value
    return iso_time(value) if value else None
