"""Rewrites of the request: which of them leave the cache key without what a choice was made by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from cache_check.function_code.javascript import source_text, unquote
from cache_check.function_code.reading import ANY, Source
from cache_check.function_code.steps import Moment, Trail, can_follow
from cache_check.function_code.values import CUT, URI, original, originals, version

_TESTS_AN_END = re.compile(r"\.(?:endsWith|includes|test|match|indexOf|search)\(")
"""Conditions that hold for more than one URI, whatever it begins with."""
_WORD = re.compile(r"[A-Za-z0-9_]")
_AT_THE_END = re.compile(r"\$/[a-z]*$|(?:^|/)(?:index)?\\?\.\w+$")
"""Patterns that take a slash or the name of a file off the end."""


@dataclass(frozen=True)
class Rewrite:
    """A part of the request that is written, removed (`made_of` nothing), or replaced as a whole (`is_whole`).

    `number` counts the writes of the kind. `is_certain`: it is made for every request that gets to the cache; `under`
    is what it depends on whether it is made.
    """

    place: Source
    made_of: frozenset[Source]
    moment: Moment
    number: int
    is_whole: bool = False
    is_certain: bool = False
    under: frozenset[Source] = frozenset()


def lost_sources(sources: Iterable[Source], moment: Moment, rewrites: Sequence[Rewrite]) -> frozenset[Source]:
    """The sources of a choice that were read before a rewrite after which nothing tells their values apart."""
    return frozenset(
        original(source)
        for source in sources
        for rewrite in rewrites
        if version(source) < rewrite.number and _loses(rewrite, original(source), moment)
    )


def certain_rewrites(rewrites: Sequence[Rewrite]) -> dict[Source, frozenset[Source]]:
    """Return the sources of the parts of the request that are always written or removed, with those by which that is
    done again.
    """
    made: dict[Source, frozenset[Source]] = {}
    for one in rewrites:
        if one.is_certain or one.place in made:
            made[one.place] = made.get(one.place, frozenset()) | originals(one.made_of | one.under)
    return made


def is_undone(place: Source, trail: Trail, rewrites: Sequence[Rewrite]) -> bool:
    """Return whether what is written there is always removed again, or made a constant."""
    writes = [one.moment.order for one in rewrites if one.place == place and one.moment.trail == trail and one.made_of]
    undone = [
        one.moment.order
        for one in rewrites
        if one.is_certain and not one.made_of and one.place in (place, (place[0], ANY))
    ]
    return bool(writes and undone) and max(undone) > max(writes)


def _loses(rewrite: Rewrite, source: Source, moment: Moment) -> bool:
    is_of = rewrite.place == source or (rewrite.is_whole and rewrite.place == (source[0], ANY))
    if not is_of or not can_follow(rewrite.moment, moment):
        return False
    if not {source, (source[0], ANY)}.isdisjoint(originals(rewrite.made_of)):
        return source == URI and CUT in rewrite.made_of and not _tests_the_end_only(moment.trail)
    own = [step for step in rewrite.moment.trail if source in originals(step.sources)]
    if not own:
        return True
    shared = [one for one in own if any(one.is_on_side(step) for step in moment.trail)]
    return bool(shared) or any(_TESTS_AN_END.search(step.condition) for step in own)


def _tests_the_end_only(trail: Trail) -> bool:
    tests = [step.condition for step in trail if URI in originals(step.sources)]
    return bool(tests) and all(".endsWith(" in test or "$/" in test for test in tests)


def cuts(name: str, arguments: Node | None) -> bool:
    """Return whether a method takes something off the beginning or out of the middle of a URI.

    An ending, a doubled slash and the case of letters are not a beginning; nor is what is replaced by something else.
    """
    given = arguments.named_children if arguments is not None else []
    first, second = (given[index] if len(given) > index else None for index in (0, 1))
    if name in ("match", "exec", "shift", "splice"):
        return True
    if name in ("slice", "substring", "substr"):
        return source_text(first) not in ("", "0", "1")
    if name == "split":
        return _WORD.search(_pattern(first)) is not None
    is_removal = second is not None and second.type == "string" and not _puts_a_word(unquote(second))
    pattern = _pattern(first)
    return name in ("replace", "replaceAll") and is_removal and not _AT_THE_END.search(pattern) and _has_word(pattern)


def keeps_apart(text: str) -> bool:
    """Return whether a text beside the rest of a URI tells where it came from: `/api`, not `/`."""
    return _WORD.search(text) is not None


def _pattern(node: Node | None) -> str:
    return unquote(node) if node is not None and node.type == "string" else source_text(node)


def _puts_a_word(replacement: str) -> bool:
    return keeps_apart(re.sub(r"\$(?:\d+|&)", "", replacement))


def _has_word(pattern: str) -> bool:
    """Of a regular expression, without escapes such as \\s and flags."""
    if not pattern.startswith("/") or not re.search(r"/[a-z]*$", pattern) or pattern.count("/") < 2:
        return keeps_apart(pattern)
    return keeps_apart(re.sub(r"\\.|\{[\d,]+\}", "", pattern.rpartition("/")[0]))
