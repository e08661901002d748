"""Choices of an origin, and which of the writes into the request are made whenever one of them is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cache_check.function_code.reading import Choice, FunctionReading, Source
from cache_check.function_code.rewrites import Rewrite, certain_rewrites, is_undone, lost_sources
from cache_check.function_code.steps import Moment, Trail, are_two_sides, shared_steps
from cache_check.function_code.values import draws, originals


@dataclass(frozen=True)
class Write:
    """A part of the request that is written, by what it is made of."""

    place: Source
    made_of: frozenset[Source]
    trail: Trail = ()


def make_reading(
    found: Mapping[Trail, frozenset[Source]],
    moments: Mapping[Trail, Moment],
    writes: Sequence[Write],
    rewrites: Sequence[Rewrite],
) -> FunctionReading:
    """`found` is what decides, by the place of a choice in the code, and `moments` is when that comes to run."""
    kept = [write for write in writes if not is_undone(write.place, write.trail, rewrites)]
    named = draws(frozenset[Source]().union(*found.values()))
    choices = [
        Choice(
            _rename(originals(sources), named),
            {
                place: _rename(made_of, named)
                for place, made_of in _written_sources(trail, originals(sources), kept).items()
            },
            lost_sources(sources, moments[trail], rewrites),
        )
        for trail, sources in found.items()
    ]
    written: dict[Source, frozenset[Source]] = {}
    for write in writes:
        written[write.place] = written.get(write.place, frozenset()) | write.made_of
    return FunctionReading(tuple(choices), written, certain_rewrites(rewrites))


def _rename(sources: frozenset[Source], names: Mapping[Source, Source]) -> frozenset[Source]:
    return frozenset(names.get(source, source) for source in sources)


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
    the other side of a branch that the choice is on, does not count as company for it.
    """
    if are_two_sides(write.trail, trail):
        return False
    beside = write.trail[shared_steps(write.trail, trail) :]
    return all(not step.ends and originals(step.sources) <= sources for step in beside)
