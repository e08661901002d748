"""Variables and objects in the code of a CloudFront Function: each holds all that was ever assigned to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace

from tree_sitter import Node

from cache_check.function_code.choices import Write
from cache_check.function_code.javascript import source_text, unquote
from cache_check.function_code.reading import ANY, Source, SourceKind
from cache_check.function_code.rewrites import Rewrite
from cache_check.function_code.steps import Moment, Step, Trail
from cache_check.function_code.values import CUT, NOTHING, REQUEST, Path, Value, originals, place, read_after, union

MAX_DEPTH = 8
"""Of objects within objects."""
MAX_WRITES = 40
"""Of a kind, that are told apart."""
_GLOBALS = ("Date", "Math", "crypto")


class Bindings(ABC):
    """The values of names and objects, the writes into the request, and the conditions under which code is running.

    `fields` are the properties of objects that the code makes, by the id of the node that makes one.
    """

    def __init__(self) -> None:
        self.variables: dict[str, Value] = {name: Value(paths=frozenset({(name,)})) for name in _GLOBALS}
        self.fields: dict[int, dict[str, Value]] = {}
        self.writes: dict[tuple[Source, Trail], frozenset[Source]] = {}
        self.conditions: list[frozenset[Source]] = [frozenset()]
        self.steps: list[Step] = []
        self.running: list[int] = []
        self.begin()

    def begin(self) -> None:
        """Count anew, for the code is run from its beginning."""
        self.rewrites: list[Rewrite] = []
        self.written_so_far: dict[SourceKind, int] = {}
        self.turns = 0

    def moment(self) -> Moment:
        self.turns += 1
        return Moment(self.turns, tuple(self.steps), frozenset(self.running))

    @abstractmethod
    def value(self, node: Node | None) -> Value:
        """Return the values that an expression can have; statements are run, and have none."""

    @abstractmethod
    def choose(self, sources: frozenset[Source]) -> None:
        """An origin is chosen here, by these and by what it stands under."""

    @property
    def condition(self) -> frozenset[Source]:
        return frozenset[Source]().union(*self.conditions) - {CUT}

    @property
    def written(self) -> list[Write]:
        return [Write(place, originals(made_of), trail) for (place, trail), made_of in self.writes.items()]

    def collect_sources(self, value: Value, depth: int = 0) -> frozenset[Source]:
        """Return the sources that it depends on, with all that is in it."""
        inner = [one for found in value.objects for one in self.fields.get(found, {}).values()]
        own = value.sources | value.ingredients
        if depth >= MAX_DEPTH:
            return own
        return own.union(*(self.collect_sources(one, depth + 1) for one in inner))

    def blend(self, values: Iterable[Value]) -> Value:
        """Return a value made of all of them, and no longer any of them: a text that is not spelled out."""
        return Value(
            frozenset[Source]().union(*(self.collect_sources(value) for value in values)), texts=frozenset({ANY})
        )

    def read_property(self, whole: Value, names: Iterable[str]) -> Value:
        """A property of it, by any of these names."""
        names = list(names)
        found = whole.member(names)
        found = replace(found, paths=frozenset(read_after(path, self.written_so_far) for path in found.paths))
        if "prototype" in names:
            found |= Value(objects=whole.objects) | instances(whole)
        for one in whole.objects:
            fields = self.fields.get(one, {})
            found |= union(fields.values() if ANY in names else [fields[n] for n in (*names, ANY) if n in fields])
        return found

    def loop_values(self, whole: Value) -> Value:
        """Return the values that a loop over it meets."""
        inner = self.read_property(Value(objects=whole.objects), [ANY])
        return Value(whole.ingredients, texts=whole.texts) | inner

    def is_answer(self, value: Value) -> bool:
        """Return True if it can be a response to the viewer, which bypasses the cache."""
        return any("statusCode" in self.fields.get(one, {}) for one in value.objects)

    def hold(self, object_id: int, name: str, value: Value) -> None:
        fields = self.fields.setdefault(object_id, {})
        fields[name] = fields.get(name, NOTHING) | value

    def adopt(self, objects: Iterable[int], value: Value) -> None:
        """Give these objects all that is in the value."""
        for one in objects:
            for name, found in self.list_fields(value):
                self.hold(one, name, found)

    def property_names(self, target: Node) -> list[str]:
        """Return the names by which a member expression calls the property; ANY where that is not spelled out."""
        if target.type == "member_expression":
            return [source_text(target.child_by_field_name("property"))]
        index = self.value(target.child_by_field_name("index"))
        return list(index.texts) if index.texts and not index.ingredients else [ANY]

    def bind(self, target: Node | None, value: Value) -> None:
        if target is None:
            return
        if target.type in ("identifier", "shorthand_property_identifier_pattern"):
            self.assign(source_text(target), value)
        elif target.type in ("member_expression", "subscript_expression"):
            self.write(target, value)
        elif target.type == "object_pattern":
            for child in target.named_children:
                self.unpack(child, value)
        elif target.type == "array_pattern":
            for index, child in enumerate(target.named_children):
                self.bind(child, self.read_property(value, [str(index)]) | Value(value.ingredients))
        elif target.type in ("assignment_pattern", "object_assignment_pattern"):
            self.bind(target.child_by_field_name("left"), value | self.value(target.child_by_field_name("right")))
        else:
            for child in target.named_children:
                self.bind(child, value)

    def unpack(self, child: Node, value: Value) -> None:
        """One name of `const {cookies, headers: all} = request`."""
        if child.type == "pair_pattern":
            key = child.child_by_field_name("key")
            self.bind(child.child_by_field_name("value"), self.read_property(value, [unquote(key)] if key else [ANY]))
        elif child.type == "object_assignment_pattern":
            left = child.child_by_field_name("left")
            default = self.value(child.child_by_field_name("right"))
            self.bind(left, self.read_property(value, [source_text(left)]) | default)
        elif child.type == "rest_pattern":
            self.bind(child, value)
        else:
            self.bind(child, self.read_property(value, [source_text(child)]))

    def overwrite(self, path: Path, value: Value) -> None:
        """Put a value in the place of a part of the request; an object in the place of all headers has some of them."""
        made_of, trail = self.collect_sources(value) | self.condition, tuple(self.steps)
        written = place(path)
        if written is None:
            if path[:3] == (*REQUEST, "origin"):
                self.choose(made_of)
            return
        self.writes[written, trail] = self.writes.get((written, trail), frozenset()) | made_of
        self.rewrite(path, self.collect_sources(value))
        if written[1] == ANY and len(path) == len(REQUEST) + 1:
            for name, part in self.list_fields(value):
                self.overwrite((*path, name), part)

    def list_fields(self, value: Value) -> list[tuple[str, Value]]:
        """The properties of the objects that it can be."""
        return [field for one in value.objects for field in self.fields.get(one, {}).items()]

    def rewrite(self, path: Path, made_of: frozenset[Source]) -> None:
        """Record that a part of the request is from here on another, or, if it is made of nothing, is not there."""
        if (found := place(path)) is None or (found[1] == ANY and len(path) > len(REQUEST) + 1):
            return  # a name that is not spelled out
        kind = found[0]
        number = self.written_so_far[kind] = min(self.written_so_far.get(kind, 0) + 1, MAX_WRITES)
        self.rewrites.append(
            Rewrite(
                place=found,
                made_of=made_of,
                moment=self.moment(),
                number=number,
                is_whole=found[1] == ANY,
                is_certain=not (self.steps or self.condition),
                under=self.condition,
            )
        )

    def assign(self, name: str, value: Value) -> None:
        known = self.variables.get(name, NOTHING)
        self.variables[name] = known | value | Value(self.condition)

    def write(self, target: Node, value: Value) -> None:
        whole, names = self.value(target.child_by_field_name("object")), self.property_names(target)
        for path in whole.member(names).paths:
            self.overwrite(path, value)
        if "prototype" in names:
            self.adopt(whole.objects | instances(whole).objects, value)
        for one in whole.objects:
            for name in names:
                self.hold(one, name, value | Value(self.condition))
        owner = target.child_by_field_name("object")
        if owner is not None and owner.type == "identifier" and not (whole.paths or whole.objects):
            self.assign(
                source_text(owner), Value(self.collect_sources(value) | self.condition, functions=value.functions)
            )


def instances(whole: Value) -> Value:
    """The object that `new` makes of a function that is not a class; it stands for all of that prototype."""
    bodies = (function.child_by_field_name("body") for function in whole.functions)
    return Value(objects=frozenset(body.id for body in bodies if body is not None))
