"""Places in the code: the branches around one, and its turn in the run."""

from __future__ import annotations

from dataclasses import dataclass

from cache_check.function_code.reading import Source


@dataclass(frozen=True)
class Step:
    """A branch that code is in: the text of its condition, which side of it, and what the condition depends on.

    `ends`: who is there leaves the function, or the block that failures are caught in. `function` is the id of the node
    of that function, 0 for the program's own code.
    """

    condition: str
    side: str
    sources: frozenset[Source] = frozenset()
    ends: bool = False
    function: int = 0

    def is_on_side(self, other: Step) -> bool:
        return (self.condition, self.side) == (other.condition, other.side)


Trail = tuple[Step, ...]
"""The branches around a place in the code, the outermost first, through the functions that are running."""


@dataclass(frozen=True)
class Moment:
    """A turn in the run of a program: how many there were before, on which branches, and inside which functions."""

    order: int
    trail: Trail
    inside: frozenset[int] = frozenset()


def shared_steps(one: Trail, other: Trail) -> int:
    """The number of branches that both are on."""
    common = 0
    for mine, theirs in zip(one, other, strict=False):
        if not mine.is_on_side(theirs):
            break
        common += 1
    return common


def are_two_sides(one: Trail, other: Trail) -> bool:
    """Return whether they are on different sides of one branch."""
    common = shared_steps(one, other)
    beyond = [trail[common : common + 1] for trail in (one, other)]
    return all(beyond) and beyond[0][0].condition == beyond[1][0].condition


def can_follow(first: Moment, then: Moment) -> bool:
    """Return whether both come to run for one request: neither leaves before the other, nor is its other side."""
    earlier, later = (first, then) if first.order < then.order else (then, first)
    if are_two_sides(earlier.trail, later.trail):
        return False
    own = earlier.trail[shared_steps(earlier.trail, later.trail) :]
    return not any(step.ends and step.function in later.inside for step in own)
