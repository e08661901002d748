"""The closest of several words, by edit distance.

The distance is that of optimal string alignment: inserted, deleted and replaced letters, and two neighbors swapped,
count one each (Damerau, Communications of the ACM 7, 1964).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MAX_CHARACTERS = 100
"""Of a word; the time grows with its square."""


def closest(word: str, names: Iterable[str]) -> str:
    """Return the name that a misspelled word most likely means, whatever its case; "" where none is similar."""
    if len(word) > MAX_CHARACTERS:
        return ""
    by_lower = {name.lower(): name for name in sorted(names, reverse=True)}
    similar = difflib.get_close_matches(word.lower(), by_lower, n=max(len(by_lower), 1))
    return by_lower[min(similar, key=lambda name: edit_distance(word.lower(), name))] if similar else ""


def edit_distance(first: str, second: str) -> int:
    """Return the number of edits that make one word of the other."""
    before, last = list[int](), list(range(len(second) + 1))
    for row, letter in enumerate(first, 1):
        current = [row]
        for column, other in enumerate(second, 1):
            edits = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (letter != other))
            is_swap = row > 1 and column > 1 and (letter, first[row - 2]) == (second[column - 2], other)
            current.append(min(edits, before[column - 2] + 1) if is_swap else edits)
        before, last = last, current
    return last[-1]
