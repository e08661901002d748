"""What the code of a CloudFront Function chooses an origin by, and what it writes into the request.

An approximation that errs towards saying too much: every variable holds what was ever assigned to it, wherever that
was, and what runs under a condition depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

SourceKind = Literal["cookie", "header", "query", "uri", "chance"]
Source = tuple[SourceKind, str]
"""A kind and a name; `*` is a name that the code does not spell out. Of chance, the name says what it is."""
ANY = "*"


@dataclass(frozen=True)
class FunctionReading:
    """`chosen_by` is what the choice of an origin depends on; the rest is what is written, by what it is made of.

    `written` has the names of headers, cookies and query parameters, and ("uri", "").
    """

    chooses_origin: bool = False
    chosen_by: frozenset[Source] = frozenset()
    written: Mapping[Source, frozenset[Source]] = field(default_factory=dict[Source, frozenset[Source]])


class UnreadableCodeError(Exception):
    """Code that cannot be read here; the message says why."""


def read_function(code: str) -> FunctionReading:
    """What the function does at viewer-request. UnreadableCodeError where it is no JavaScript, or no parser is here."""
    if not code.strip():
        return FunctionReading()
    try:
        # Only a state of somebody else's needs a parser, so who deploys does without its packages.
        from infra.cache_leaks.function_code import analyze
    except ModuleNotFoundError as error:
        raise UnreadableCodeError(
            f"reading it needs the package {error.name}: pip install --editable '.[local]'"
        ) from error
    try:
        return analyze(code)
    except RecursionError:
        raise UnreadableCodeError("it is nested too deeply to be followed") from None
