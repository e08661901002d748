"""Variables in the code of a CloudFront Function: each holds all that was ever assigned to it."""

from __future__ import annotations

from abc import ABC, abstractmethod

from tree_sitter import Node

from infra.cache_leaks.function_reading import ANY, Source
from infra.cache_leaks.function_values import NOTHING, Value, place
from infra.cache_leaks.javascript import text_of, unquote


class Bindings(ABC):
    """What names stand for, what was written into the request, and the conditions under which code is running."""

    def __init__(self) -> None:
        self.variables: dict[str, Value] = {}
        self.written: dict[Source, frozenset[Source]] = {}
        self.conditions: list[frozenset[Source]] = [frozenset()]

    @abstractmethod
    def value(self, node: Node | None) -> Value:
        """What an expression can be; statements are run, and have no value."""

    @abstractmethod
    def member(self, node: Node) -> Value:
        """What `object.name` and `object[name]` can be."""

    @property
    def condition(self) -> frozenset[Source]:
        return frozenset[Source]().union(*self.conditions)

    def bind(self, target: Node | None, value: Value) -> None:
        if target is None:
            return
        if target.type in ("identifier", "shorthand_property_identifier_pattern"):
            self.assign(text_of(target), value)
        elif target.type in ("member_expression", "subscript_expression"):
            self.write(target, value)
        elif target.type == "object_pattern":
            for child in target.named_children:
                self.unpack(child, value)
        elif target.type in ("assignment_pattern", "object_assignment_pattern"):
            self.bind(target.child_by_field_name("left"), value | self.value(target.child_by_field_name("right")))
        else:
            for child in target.named_children:
                self.bind(child, Value(value.made_of))

    def unpack(self, child: Node, value: Value) -> None:
        """One name of `const {cookies, headers: all} = request`."""
        if child.type == "pair_pattern":
            key = child.child_by_field_name("key")
            self.bind(child.child_by_field_name("value"), value.member([unquote(key)] if key else [ANY]))
        elif child.type == "object_assignment_pattern":
            left = child.child_by_field_name("left")
            self.bind(left, value.member([text_of(left)]) | self.value(child.child_by_field_name("right")))
        else:
            self.bind(child, value.member([text_of(child)]))

    def assign(self, name: str, value: Value) -> None:
        known = self.variables.get(name, NOTHING)
        self.variables[name] = known | value | Value(self.condition)

    def write(self, target: Node, value: Value) -> None:
        made_of = value.made_of | self.condition
        for path in self.member(target).paths:
            if written := place(path):
                self.written[written] = self.written.get(written, frozenset()) | made_of
        root = target
        while root.type in ("member_expression", "subscript_expression"):
            root = root.child_by_field_name("object") or root.named_children[0]
        if root.type == "identifier" and not self.variables.get(text_of(root), NOTHING).paths:
            self.assign(text_of(root), Value(made_of, functions=value.functions))
