"""Statements in the code of a CloudFront Function: what runs under a condition depends on it."""

from __future__ import annotations

from collections.abc import Iterable

from tree_sitter import Node

from infra.cache_leaks.function_bindings import Bindings
from infra.cache_leaks.function_reading import Source
from infra.cache_leaks.function_values import NOTHING, Value, union
from infra.cache_leaks.javascript import FUNCTIONS, text_of, walk

_LEAVES = ("return_statement", "throw_statement", "break_statement", "continue_statement")


class Statements(Bindings):
    """`returned` is what the functions that are running have returned so far."""

    def __init__(self) -> None:
        super().__init__()
        self.returned: list[Value] = [NOTHING]

    def each(self, node: Node) -> Value:
        return union([self.value(child) for child in node.named_children])

    def import_module(self, node: Node) -> Value:
        module = text_of(node.child_by_field_name("source")).strip("'\"")
        names = [found for child in node.named_children for found in walk(child) if found.type == "identifier"]
        for name in names:
            self.assign(text_of(name), Value(paths=frozenset({(module,)})))
        return NOTHING

    def function(self, node: Node) -> Value:
        value = Value(functions=(node,))
        name = node.child_by_field_name("name")
        if node.type == "function_declaration" and name is not None:
            self.assign(text_of(name), value)
        return value

    def declarator(self, node: Node) -> Value:
        self.bind(node.child_by_field_name("name"), self.value(node.child_by_field_name("value")))
        return NOTHING

    def branch(self, node: Node) -> Value:
        condition = self.value(node.child_by_field_name("condition")).made_of
        branches = [node.child_by_field_name(name) for name in ("consequence", "alternative")]
        result = self.under(condition, branches)
        if any(self.leaves(branch) for branch in branches):
            self.conditions[-1] |= condition  # what follows runs only if it did not hold
        return result

    def loop(self, node: Node) -> Value:
        """`for (const name of values)` too, where a name is bound to each."""
        left, right = node.child_by_field_name("left"), self.value(node.child_by_field_name("right"))
        if left is not None:
            self.bind(left, Value(right.made_of, texts=right.texts))
        parts = [node.child_by_field_name(name) for name in ("initializer", "condition", "increment")]
        condition = union([self.value(part) for part in parts]).made_of | right.made_of
        return self.under(condition, [node.child_by_field_name("body")])

    def switch(self, node: Node) -> Value:
        condition = self.value(node.child_by_field_name("value")).made_of
        return self.under(condition, [node.child_by_field_name("body")])

    def leave(self, node: Node) -> Value:
        self.returned[-1] |= self.each(node) | Value(self.condition)
        return NOTHING

    def under(self, condition: frozenset[Source], nodes: Iterable[Node | None]) -> Value:
        outer = self.conditions[-1]
        self.conditions[-1] = outer | condition
        result = union([self.value(node) for node in nodes])
        self.conditions[-1] = outer | (self.conditions[-1] - condition)
        return result

    def leaves(self, node: Node | None) -> bool:
        """Whether what follows may be left out. An answer to the viewer goes past the cache, and is no such choice."""
        if node is None or node.type in FUNCTIONS:
            return False
        if node.type == "return_statement":
            return not self.each(node).is_response
        return node.type in _LEAVES or any(self.leaves(child) for child in node.named_children)
