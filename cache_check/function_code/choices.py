"""Choices of an origin, and which of the writes into the request are made whenever one of them is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cache_check.function_code.reading import Choice, Source


@dataclass(frozen=True)
class Step:
    """A branch that code is in: the text of its condition, which side of it, and what the condition depends on.

    `ends`: who is there leaves the function, or the block that failures are caught in.
    """

    condition: str
    side: str
    sources: frozenset[Source] = frozenset()
    ends: bool = False


Trail = tuple[Step, ...]
"""The branches around a place in the code, the outermost first, through the functions that are running."""


@dataclass(frozen=True)
class Write:
    """A part of the request that is written, by what it is made of."""

    place: Source
    made_of: frozenset[Source]
    trail: Trail = ()


def choices_of(found: Mapping[Trail, frozenset[Source]], writes: Sequence[Write]) -> tuple[Choice, ...]:
    """`found` is what decides, by the place of a choice in the code."""
    return tuple(Choice(sources, _written_sources(trail, sources, writes)) for trail, sources in found.items())


def _written_sources(
    trail: Trail, sources: frozenset[Source], writes: Sequence[Write]
) -> dict[Source, frozenset[Source]]:
    written: dict[Source, frozenset[Source]] = {}
    for write in writes:
        if _holds(write, trail, sources):
            written[write.place] = written.get(write.place, frozenset()) | write.made_of
    return written


def _holds(write: Write, trail: Trail, sources: frozenset[Source]) -> bool:
    """Return True if the write tells origins apart: it is on the path of the choice, or on a branch beside it.

    A branch beside it counts where it is taken by nothing but what decides the choice; what leaves the function, or is
    the other side of a branch that the choice is on, is no company for it.
    """
    common = 0
    for one, other in zip(write.trail, trail, strict=False):
        if (one.condition, one.side) != (other.condition, other.side):
            if one.condition == other.condition:
                return False
            break
        common += 1
    return all(not step.ends and step.sources <= sources for step in write.trail[common:])
