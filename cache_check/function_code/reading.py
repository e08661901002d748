"""The inputs by which a CloudFront Function chooses an origin, and its writes into the request.

An approximation that errs towards saying too much: a variable holds what was ever assigned to it, and what runs under
a condition depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

SourceKind = Literal["cookie", "header", "query", "uri", "chance"]
Source = tuple[SourceKind, str]
"""A kind and a name; `*` is a name that the code does not spell out. Of chance, the name says what it is."""
ANY = "*"


@dataclass(frozen=True)
class Choice:
    """One choice of an origin: what it depends on, and what is written into the request whenever it is made.

    `lost` are those that the function rewrites or removes after it has read them.
    """

    sources: frozenset[Source]
    written: Mapping[Source, frozenset[Source]] = field(default_factory=dict[Source, frozenset[Source]])
    lost: frozenset[Source] = frozenset()


@dataclass(frozen=True)
class FunctionReading:
    """`choices` are those of an origin; `written` is all that is written anywhere, by what it is made of.

    `overwritten` is what no request keeps from the viewer, for the function always writes or removes it.
    What is written has the names of headers, cookies and query parameters, and ("uri", ""). `unread` says why there may
    be more than that, "" where all of the code was followed.
    """

    choices: tuple[Choice, ...] = ()
    written: Mapping[Source, frozenset[Source]] = field(default_factory=dict[Source, frozenset[Source]])
    overwritten: Mapping[Source, frozenset[Source]] = field(default_factory=dict[Source, frozenset[Source]])
    unread: str = ""

    @property
    def chooses_origin(self) -> bool:
        return bool(self.choices)


class UnreadableCodeError(Exception):
    """Code that cannot be read here; the message says why."""


def read_function(code: str) -> FunctionReading:
    """Read the function's actions at viewer-request. UnreadableCodeError without JavaScript or without a parser."""
    reading = _reading(code)
    if isinstance(reading, str):
        raise UnreadableCodeError(reading)
    return reading


@lru_cache(maxsize=64)
def _reading(code: str) -> FunctionReading | str:
    """Kept, for one function stands at many behaviors; why it cannot be read is kept as well."""
    if not code.strip():
        return FunctionReading(unread="there is none in the state")
    try:
        # Only a state of somebody else's needs a parser, so who deploys does without its packages.
        from cache_check.function_code.follow import analyze
    except ModuleNotFoundError as error:
        return f"reading it needs the package {error.name}: pip install --editable '.[local]'"
    try:
        return analyze(code)
    except UnreadableCodeError as error:
        return str(error)
    except RecursionError:
        return "it is nested too deeply to be followed"
