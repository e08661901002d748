"""Methods of the language in the code of a CloudFront Function: what they make, change and call."""

from __future__ import annotations

from abc import ABC, abstractmethod

from tree_sitter import Node

from cache_check.function_code.javascript import source_text
from cache_check.function_code.reading import ANY
from cache_check.function_code.rewrites import cuts
from cache_check.function_code.statements import Statements
from cache_check.function_code.steps import Step
from cache_check.function_code.values import CUT, NOTHING, URI, Value, originals, union

_PASSED_ON = frozenset({"Object.assign", "Object.create", "Object.freeze", "Promise.resolve", "structuredClone"})
"""Functions that return what they were given."""
_RETURN_ITEMS = frozenset(
    (
        "at",
        "concat",
        "filter",
        "find",
        "findLast",
        "flat",
        "get",
        "pop",
        "reverse",
        "shift",
        "slice",
        "sort",
        "splice",
        "values",
    )
)
_LOOKS = frozenset(
    (
        *("reduce", "reduceRight", "includes", "indexOf", "lastIndexOf", "startsWith", "endsWith", "localeCompare"),
        *("at", "get", "has", "join", "match", "replace", "replaceAll", "slice", "split", "substring", "test"),
    )
)
"""Methods that put nothing of what they are given into the object."""
_CHANGES = frozenset(("copyWithin", "fill", "pop", "reverse", "shift", "sort", "splice", "unshift", "delete", "clear"))
"""Methods that change the object, be they given nothing."""


class Methods(Statements, ABC):
    """Calls of what the code does not define."""

    @abstractmethod
    def run_any(self, target: Value, given: list[Value], owner: Value | None = None) -> Value:
        """Run each function that a name can stand for."""

    def method(self, callee: Node | None, target: Value, whole: Value | None, given: list[Value]) -> Value:
        """One that the code does not define: its result is made of everything; functions given to it are called."""
        text = source_text(callee)
        if text in _PASSED_ON:
            return self._pass_on(callee, given)
        if whole is None:
            return Value(target.ingredients) | self.blend(given) | self.callbacks(given, union(given))
        if "hasOwn" in text and (names := [value for value in given if value.texts]):
            asked = whole if whole.paths else union(given)
            return Value(self.read_property(asked, names[-1].texts).ingredients)
        if text == "Reflect.get" and len(given) > 1:
            return self.read_property(given[0], given[1].texts or [ANY]) | Value(given[1].ingredients)
        if text.endswith(".rawQueryString"):
            return Value(frozenset({("query", ANY)}))
        self._put(callee, whole, given)
        name = text.rpartition(".")[2]
        cut = self._cut(callee, [whole, *given])
        items = self.loop_values(whole) if whole.objects else whole
        if name in ("reduce", "reduceRight") and union(given[:1]).functions:
            return self._reduce(given, items) | Value(whole.ingredients)
        called = self.callbacks(given, Value(whole.ingredients) | items)
        for one in whole.objects if name in _CHANGES else ():
            self.hold(one, ANY, Value(self.condition | called.ingredients))
        is_item = bool(whole.objects) and name in _RETURN_ITEMS
        return self.blend([whole, *given]) | called | (items if is_item else NOTHING) | cut

    def _cut(self, callee: Node | None, parts: list[Value]) -> Value:
        """The mark of a URI that a method leaves without its beginning, and a list of its parts that it changes."""
        owner = callee.child_by_field_name("object") if callee is not None else None
        call = callee.parent if callee is not None else None
        name = source_text(callee).rpartition(".")[2]
        arguments = call.child_by_field_name("arguments") if call is not None else None
        is_uri = URI in originals(union(parts).ingredients)
        if not is_uri or not cuts(name, arguments):
            return NOTHING
        mark = Value(frozenset({CUT}))
        if name in ("shift", "splice") and owner is not None and owner.type == "identifier":
            self.assign(source_text(owner), mark)
        return mark

    def _pass_on(self, callee: Node | None, given: list[Value]) -> Value:
        whole = union(given)
        for value in given[1:] if source_text(callee) == "Object.assign" else []:
            self._assign_fields(given[0], value)
        return whole

    def _assign_fields(self, target: Value, value: Value) -> None:
        for name, part in self.list_fields(value):
            for path in target.member([name]).paths:
                self.overwrite(path, part)
            for one in target.objects:
                self.hold(one, name, part | Value(self.condition))
        for one in target.objects if value.ingredients else ():
            self.hold(one, ANY, self.blend([value]))

    def _put(self, callee: Node | None, whole: Value, given: list[Value]) -> None:
        """`list.push(…)`, `map.set(…)`; a method that only looks puts nothing there."""
        if source_text(callee).rpartition(".")[2] in _LOOKS:
            return
        owner = callee.child_by_field_name("object") if callee is not None else None
        for one in whole.objects:
            for value in given:
                if not value.functions:
                    self.hold(one, ANY, value | Value(self.condition))
        is_plain = owner is not None and owner.type == "identifier" and source_text(owner) != "console"
        if is_plain and not (whole.paths or whole.objects):
            self.assign(source_text(owner), self.blend(given))
        elif owner is not None and owner.type == "member_expression" and given and not (whole.paths or whole.objects):
            self.write(owner, self.blend(given))

    def _reduce(self, given: list[Value], items: Value) -> Value:
        """Call the function for each item, with the value that it returned for the item before."""
        made = given[1] if len(given) > 1 else items
        for _ in range(2):
            made |= self.run_any(given[0], [made, items])
        return made

    def callbacks(self, given: list[Value], item: Value) -> Value:
        """Run functions that something else calls, for some items or for none: what they are of decides about that."""
        outer, sources = self.conditions[-1], item.ingredients
        self.conditions[-1] = outer | sources
        self.steps.append(Step("for each", str(len(self.running)), sources))
        result = union([self.run_any(value, [item, item]) for value in given if value.functions])
        self.steps.pop()
        self.conditions[-1] = outer
        return result
