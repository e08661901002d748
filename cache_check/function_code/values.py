"""Values in the code of a CloudFront Function: what they were made of, and which part of the event they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from cache_check.function_code.reading import ANY, Source, SourceKind

Path = tuple[str, ...]
"""A place in the event, such as ("event", "request", "cookies", "beta", "value")."""
REQUEST: Path = ("event", "request")
CHOOSES_ORIGIN = frozenset({"updateRequestOrigin", "selectRequestOriginById", "createRequestOriginGroup"})
"""Page helper-functions-origin-modification; page origin-mtls-cloudfront-functions writes `request.origin` as well.
Nothing there puts the chosen origin into the cache key."""
URI: Source = ("uri", "")
CUT: Source = ("uri", "cut")
"""In what a value is made of: its beginning, or something out of its middle, was taken off the URI."""
_READ_AFTER = "\0"
"""Begins the part of a path, and of the name of a source, that says after how many writes of its kind it was read."""
_DRAWN_AT = "\1"
"""Begins the part of a draw's name that says by which calls it was made: two draws of one kind are two values."""
_KINDS: dict[str, SourceKind] = {"cookies": "cookie", "headers": "header", "querystring": "query"}
_CHANCE = {("event", "viewer"): "the viewer's address", ("event", "context", "requestId"): "the request's id"}


@dataclass(frozen=True)
class Value:
    """The values that an expression can have, all at once, for nothing here knows which branch is taken.

    `texts` are strings that it can be, `functions` functions, `objects` what the code makes itself, by the ids of the
    nodes that make them.
    """

    sources: frozenset[Source] = frozenset()
    paths: frozenset[Path] = frozenset()
    texts: frozenset[str] = frozenset()
    functions: tuple[Node, ...] = ()
    objects: frozenset[int] = frozenset()

    def __or__(self, other: Value) -> Value:
        known = {node.id for node in self.functions}
        return Value(
            self.sources | other.sources,
            self.paths | other.paths,
            self.texts | other.texts,
            (*self.functions, *(node for node in other.functions if node.id not in known)),
            self.objects | other.objects,
        )

    @property
    def ingredients(self) -> frozenset[Source]:
        """The sources that a reader of the value depends on."""
        return self.sources.union(*(_sources(path) for path in self.paths)) - {CUT}

    def member(self, names: Iterable[str]) -> Value:
        """A property of it, by any of these names."""
        found = frozenset((*path, name) for path in self.paths for name in names)
        return Value(self.sources, found, functions=self.functions)


NOTHING = Value()


def union(values: Iterable[Value]) -> Value:
    """All of them at once."""
    result = NOTHING
    for value in values:
        result |= value
    return result


def place(path: Path) -> Source | None:
    """The part of the request that a path writes, None for any other path."""
    if path[:2] != REQUEST or len(path) < 3:
        return None
    if path[2] == "uri":
        return URI
    kind = _KINDS.get(path[2])
    if kind is None:
        return None
    return (kind, _normalize_name(kind, path[3]) if len(path) > 3 else ANY)


def _sources(path: Path) -> frozenset[Source]:
    for prefix, name in _CHANCE.items():
        if path[: len(prefix)] == prefix:
            return frozenset({("chance", name)})
    if path[:2] == ("cloudfront", "edgeLocation"):
        return frozenset({("chance", "the edge location")})
    if path[2:] == ("rawQueryString",):
        return frozenset({("query", ANY)})
    found = place(path)
    if found == ("header", "cookie"):
        return frozenset({("cookie", ANY)})
    if found is None:
        return frozenset()
    after = next((part for part in path if part.startswith(_READ_AFTER)), "")
    return frozenset({(found[0], found[1] + after)})


def read_after(path: Path, writes: Mapping[SourceKind, int]) -> Path:
    """The path, with the number of writes that there were when its part of the request was read."""
    found = place(path)
    is_part = found is not None and len(path) == (3 if found == URI else 4)
    return (*path, f"{_READ_AFTER}{writes[found[0]]}") if found and is_part and writes.get(found[0]) else path


def original(source: Source) -> Source:
    """The source, whenever it was read."""
    return (source[0], source[1].partition(_READ_AFTER)[0])


def originals(sources: Iterable[Source]) -> frozenset[Source]:
    return frozenset(original(source) for source in sources if source != CUT)


def drawn_at(name: str, sites: Sequence[int]) -> str:
    """The name of a draw within these calls, each by where it stands in the code."""
    return f"{name}{_DRAWN_AT}{' '.join(f'{site:08}' for site in sites)}"


def draws(sources: Iterable[Source]) -> dict[Source, Source]:
    """Return what to call the draws among the sources: by what draws, with a number where it draws more than once."""
    names = sorted({source for source in sources if source[0] == "chance"})
    kinds = [name.partition(_DRAWN_AT)[0] for _, name in names]
    return {
        source: ("chance", kind if kinds.count(kind) == 1 else f"{kind} ({kinds[: index + 1].count(kind)})")
        for index, (source, kind) in enumerate(zip(names, kinds, strict=True))
    }


def version(source: Source) -> int:
    """The number of writes of its kind before it was read."""
    return int(source[1].partition(_READ_AFTER)[2] or 0)


def _normalize_name(kind: SourceKind, name: str) -> str:
    return name.lower() if kind == "header" else name
