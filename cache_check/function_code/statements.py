"""Statements in the code of a CloudFront Function: what runs under a condition depends on it."""

from __future__ import annotations

import re
from abc import ABC
from collections.abc import Iterable, Mapping

from tree_sitter import Node

from cache_check.function_code.bindings import Bindings
from cache_check.function_code.javascript import FUNCTIONS, source_text, unquote, walk
from cache_check.function_code.reading import Source
from cache_check.function_code.steps import Step
from cache_check.function_code.values import NOTHING, Value, union

_LEAVES = ("return_statement", "break_statement", "continue_statement")
_ENDS = ("return_statement", "throw_statement")
_ALWAYS_SENT = re.compile(r"host$|cloudfront-")
"""The names of headers that no request lacks."""


class Statements(Bindings, ABC):
    """`returned` is what the functions that are running have returned so far.

    `failing` is, for each block whose failures are caught and that goes on after them, what a failure depends on.
    """

    def __init__(self) -> None:
        super().__init__()
        self.returned: list[Value] = [NOTHING]
        self.failing: list[frozenset[Source]] = []

    def each(self, node: Node) -> Value:
        return union([self.value(child) for child in node.named_children])

    def import_module(self, node: Node) -> Value:
        module = unquote(node.child_by_field_name("source"))
        clause = next((child for child in node.named_children if child.type == "import_clause"), node)
        for child in clause.named_children:
            if child.type == "named_imports":
                for one in child.named_children:
                    name = source_text(one.child_by_field_name("name"))
                    alias = source_text(one.child_by_field_name("alias"))
                    path = (module,) if name == "default" else (module, name)
                    self.assign(alias or name, Value(paths=frozenset({path})))
            else:  # the default, or `* as name`
                self.assign(source_text(child).rpartition(" ")[2], Value(paths=frozenset({(module,)})))
        return NOTHING

    def function(self, node: Node) -> Value:
        value = Value(functions=(node,))
        name = node.child_by_field_name("name")
        if node.type in ("function_declaration", "generator_function_declaration") and name is not None:
            self.assign(source_text(name), value)
        return value

    def class_made(self, node: Node) -> Value:
        """One object stands for the class and all that are of it; it has what the class that it extends has."""
        body = node.child_by_field_name("body")
        for child in body.named_children if body is not None else []:
            self.hold(node.id, source_text(child.child_by_field_name("name")), Value(functions=(child,)))
        heritage = [self.each(child) for child in node.named_children if child.type == "class_heritage"]
        made = Value(objects=frozenset({node.id}) | union(heritage).objects)
        self.bind(node.child_by_field_name("name"), made)
        return made

    def declarator(self, node: Node) -> Value:
        """A declaration with a value begins anew, so that functions that are called twice keep their calls apart.

        Not `var` within a block, which is the function's.
        """
        name, given = node.child_by_field_name("name"), node.child_by_field_name("value")
        value = self.value(given)
        is_own = node.parent is not None and (_is_scoped(node.parent) or not _is_in_block(node))
        if name is not None and name.type == "identifier" and given is not None and is_own:
            self.variables.pop(source_text(name), None)
        self.bind(name, value)
        return NOTHING

    def block(self, node: Node) -> Value:
        """Run a block. What its `const` and `let` name is something else outside of it."""
        if node.parent is None or node.parent.type in FUNCTIONS:
            return self.each(node)
        declared = [one for child in node.named_children if _is_scoped(child) for one in child.named_children]
        names = {source_text(one.child_by_field_name("name")) for one in declared}
        outer = {name: self.variables[name] for name in names if name in self.variables}
        result = self.each(node)
        self.restore(node, outer)
        return result

    def restore(self, node: Node, outer: Mapping[str, Value]) -> None:
        """Give names their values back after a function or a block; functions within may go on to see what it had."""
        has_inner = any(one.type in FUNCTIONS for one in walk(node)[1:])
        for name, value in outer.items():
            self.variables[name] = value | self.variables.get(name, NOTHING) if has_inner else value

    def branch(self, node: Node) -> Value:
        condition = node.child_by_field_name("condition")
        sources = self.value(condition).ingredients
        sides = [(name, node.child_by_field_name(name)) for name in ("consequence", "alternative")]
        steps = [(self._step(condition, name, sources, side), side) for name, side in sides]
        result = union([self.under(step, [side]) for step, side in steps])
        if any(self.leaves(side) for _, side in sides):
            self.conditions[-1] |= sources  # what follows runs only if it did not hold
        return result

    def loop(self, node: Node) -> Value:
        """`for (const name of values)` too, where a name is bound to each. Twice, for what one turn leaves the next."""
        left, right = node.child_by_field_name("left"), self.value(node.child_by_field_name("right"))
        if left is not None:
            is_of = source_text(node.child_by_field_name("operator")) == "of"
            self.bind(left, self.loop_values(right) if is_of else self._names_in(right))
        parts = [node.child_by_field_name(name) for name in ("initializer", "condition", "increment")]
        sources = union([self.value(part) for part in parts]).ingredients | right.ingredients
        body = node.child_by_field_name("body")
        step = self._step(node.child_by_field_name("right") or parts[1], "loop", sources, body)
        self.under(step, [body])
        return self.under(step, [body])

    def _names_in(self, whole: Value) -> Value:
        names = frozenset(name for one in whole.objects for name in self.fields.get(one, {}))
        return Value(whole.ingredients, texts=names)

    def switch(self, node: Node) -> Value:
        value, body = node.child_by_field_name("value"), node.child_by_field_name("body")
        cases = body.named_children if body is not None else []
        tested = union([self.value(case.child_by_field_name("value")) for case in cases])
        sources = self.value(value).ingredients | tested.ingredients
        result = NOTHING
        for case in cases:
            side = source_text(case.child_by_field_name("value")) or "default"
            result |= self.under(self._step(value, side, sources, case), [case])
        if any(self._ends(case) and self.leaves(case) for case in cases):
            self.conditions[-1] |= sources
        return result

    def attempt(self, node: Node) -> Value:
        """`try`: where a failure leads on to somewhere, what can fail inputs. A response to the viewer is none."""
        body, handler = node.child_by_field_name("body"), node.child_by_field_name("handler")
        statements = body.named_children if body is not None else []
        after = handler.child_by_field_name("body") if handler is not None else None
        if handler is not None and self._answers(after):
            return union([self.value(one) for one in (*statements, handler, node.child_by_field_name("finalizer"))])
        outer = self.conditions[-1]
        self.failing.append(frozenset())
        function = self.running[-1] if self.running else 0
        step = Step(source_text(body), "try", ends=self._ends(body), function=function)
        result = NOTHING
        for statement in statements:
            result |= self.under(step, [statement])
            self.conditions[-1] |= self.failing[-1]
        failing = self.failing.pop()
        left = self.conditions[-1] - failing
        self.conditions[-1] = outer | left | failing
        result |= self.under(Step(source_text(body), "catch", failing, self._ends(after), function), [handler])
        self.conditions[-1] = outer | left | (failing if self.leaves(after) else frozenset())
        return result | self.value(node.child_by_field_name("finalizer"))

    def throw(self, node: Node) -> Value:
        self.each(node)
        self.fails(frozenset())
        return NOTHING

    def may_fail(self, value: Value) -> None:
        """Record that code here fails where a part of the request is missing, or is not of some form."""
        if self.failing:
            parts = [one for one in value.ingredients if one[0] != "uri"]
            self.fails(frozenset(one for one in parts if one[0] != "header" or not _ALWAYS_SENT.match(one[1])))

    def fails(self, sources: frozenset[Source]) -> None:
        """Record that code here can fail, by these and by its conditions."""
        if self.failing:
            self.failing[-1] |= sources | self.condition

    def leave(self, node: Node) -> Value:
        self.returned[-1] |= self.each(node) | Value(self.condition)
        return NOTHING

    def under(self, step: Step, nodes: Iterable[Node | None]) -> Value:
        outer = self.conditions[-1]
        self.conditions[-1] = outer | step.sources
        self.steps.append(step)
        result = union([self.value(node) for node in nodes])
        self.steps.pop()
        self.conditions[-1] = outer | (self.conditions[-1] - step.sources)
        return result

    def leaves(self, node: Node | None) -> bool:
        """Return True if the rest may be skipped. A response to the viewer bypasses the cache, and is no such choice.

        Nor is a failure that nobody catches.
        """
        if node is None or node.type in FUNCTIONS:
            return False
        if node.type == "return_statement":
            return not self.is_answer(self.each(node))
        if node.type == "throw_statement":
            return bool(self.failing)
        return node.type in _LEAVES or any(self.leaves(child) for child in node.named_children)

    def _step(self, condition: Node | None, side: str, sources: frozenset[Source], inside: Node | None) -> Step:
        function = self.running[-1] if self.running else 0
        return Step("".join(source_text(condition).split()), side, sources, self._ends(inside), function)

    def _ends(self, node: Node | None) -> bool:
        if node is None or node.type in FUNCTIONS:
            return False
        return node.type in _ENDS or any(self._ends(child) for child in node.named_children)

    def _answers(self, block: Node | None) -> bool:
        """Return True if a block ends with a response to the viewer."""
        ends = [one for one in block.named_children if one.type == "return_statement"] if block is not None else []
        return any(self.is_answer(self.each(one)) for one in ends)


def _is_scoped(declaration: Node) -> bool:
    """Return whether these are names of a block, by `const` or `let`; those of a `case` are left to the function."""
    around = declaration.parent
    return declaration.type == "lexical_declaration" and around is not None and around.type == "statement_block"


def _is_in_block(declarator: Node) -> bool:
    """Return whether a declaration stands within a statement of its function, or of the program."""
    statement = declarator.parent
    around = statement.parent if statement is not None else None
    if around is None or around.type == "program":
        return False
    return around.type != "statement_block" or around.parent is None or around.parent.type not in FUNCTIONS
