"""Follows values through the code of a CloudFront Function, from the parts of the event to the choice of an origin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from math import prod

from tree_sitter import Node

from cache_check.function_code.calls import Calls
from cache_check.function_code.choices import make_reading
from cache_check.function_code.javascript import FUNCTIONS, is_getter, parse, source_text, unquote
from cache_check.function_code.reading import ANY, FunctionReading, UnreadableCodeError
from cache_check.function_code.rewrites import keeps_apart
from cache_check.function_code.steps import Step
from cache_check.function_code.unread import HANDLER, find_unread
from cache_check.function_code.values import CUT, NOTHING, REQUEST, Value, place, union

MAX_ROUNDS = 12
MAX_TEXTS = 16
MAX_STEPS = 400_000
"""Expressions and statements that are looked at, again for each call and each turn: some seconds."""


def analyze(code: str) -> FunctionReading:
    """Read the function's actions at viewer-request. UnreadableCodeError if the code is not JavaScript."""
    root = parse(code)
    if root.has_error:
        raise UnreadableCodeError("it is not JavaScript that can be parsed")
    analysis = _Analysis()
    for _ in range(MAX_ROUNDS):
        before = analysis.state
        analysis.run(root)
        if analysis.state == before:
            break
    return replace(analysis.reading, unread=analysis.find_unread(root))


class _Analysis(Calls):
    """One program. It is run again until nothing new is found, for a variable may be read above its assignment."""

    def __init__(self) -> None:
        super().__init__()
        self.steps_left = MAX_STEPS

    @property
    def state(self) -> object:
        held = [(name, value) for name, value in self.variables.items()]
        held += [(f"{one}.{name}", value) for one, fields in self.fields.items() for name, value in fields.items()]
        sizes = {name: (value.ingredients, value.paths, value.texts, len(value.functions)) for name, value in held}
        return sizes, dict(self.chosen), dict(self.writes)

    @property
    def reading(self) -> FunctionReading:
        return make_reading(self.chosen, self.chosen_at, self.written, self.rewrites)

    def find_unread(self, root: Node) -> str:
        if not self.variables.get(HANDLER, NOTHING).functions:
            return f"no function {HANDLER} is found in it"
        return find_unread(root, self.entered, chooses_origin=bool(self.chosen))

    def run(self, root: Node) -> None:
        self.begin()
        self.each(root)
        for function in self.variables.get(HANDLER, NOTHING).functions:
            self.run_function(function, [Value(paths=frozenset({("event",)}))])

    def value(self, node: Node | None) -> Value:
        if node is None:
            return NOTHING
        self.steps_left -= 1
        if self.steps_left < 0:
            raise UnreadableCodeError("its functions call each other too often to be followed")
        rule = _RULES.get(node.type)
        return rule(self, node) if rule else self.blend([self.each(node)])

    def identifier(self, node: Node) -> Value:
        return self.variables.get(source_text(node), NOTHING)

    def string(self, node: Node) -> Value:
        return Value(texts=frozenset({unquote(node)}))

    def template(self, node: Node) -> Value:
        parts = [
            Value(texts=frozenset({source_text(child)})) if child.type == "string_fragment" else self.each(child)
            for child in node.named_children
        ]
        return self._join(parts)

    def _join(self, parts: list[Value]) -> Value:
        """Parts of a text, one after the other; spelled out where all of them are."""
        blended = self.blend(parts)
        if CUT in blended.sources and any(self._keeps_apart(part) for part in parts):
            blended = replace(blended, sources=blended.sources - {CUT})
        is_known = not blended.sources and not any(ANY in part.texts for part in parts)
        if not is_known or prod(len(part.texts) for part in parts) not in range(1, MAX_TEXTS + 1):
            return blended
        return Value(texts=frozenset(map("".join, product(*(sorted(part.texts) for part in parts)))))

    def _keeps_apart(self, part: Value) -> bool:
        """Return whether what is put beside the rest of a URI stands in the place of what was taken off."""
        if CUT in part.sources:
            return False
        return bool(part.ingredients) or all(text == ANY or keeps_apart(text) for text in part.texts)

    def object_literal(self, node: Node) -> Value:
        """A literal. What it is made of is in its fields."""
        made = Value(objects=frozenset({node.id}))
        self.fields.setdefault(node.id, {})
        for child in node.named_children:
            if child.type == "spread_element":
                made |= self.each(child)
            elif child.type == "pair":
                key = child.child_by_field_name("key")
                value = self.value(child.child_by_field_name("value"))
                for name in self._names(key):
                    self.hold(node.id, name, value)
            elif child.type == "method_definition":
                self.hold(node.id, source_text(child.child_by_field_name("name")), self.function(child))
            elif child.type == "shorthand_property_identifier":
                self.hold(node.id, source_text(child), self.identifier(child))
        return made

    def _names(self, key: Node | None) -> list[str]:
        if key is None or key.type != "computed_property_name":
            return [unquote(key)]
        value = self.each(key)
        return list(value.texts) if value.texts and not value.ingredients else [ANY]

    def array(self, node: Node) -> Value:
        made = Value(objects=frozenset({node.id}))
        self.fields.setdefault(node.id, {})
        for index, child in enumerate(node.named_children):
            value = self.value(child)
            if child.type == "spread_element":
                made |= value
            else:
                self.hold(node.id, str(index), value)
        return made

    def member(self, node: Node) -> Value:
        index = self.value(node.child_by_field_name("index"))
        whole = self.value(node.child_by_field_name("object"))
        if any(len(path) == len(REQUEST) + 2 and place(path) is not None for path in whole.paths):
            self.may_fail(whole)  # a cookie that is not there has no value
        found = self.read_property(whole, self.property_names(node))
        read = [self.run_function(function, [], whole) for function in found.functions if is_getter(function)]
        return union([found, *read]) | Value(index.ingredients)

    def choice(self, node: Node) -> Value:
        """`condition ? one : other`, and the operators that leave out their right side."""
        if node.type == "ternary_expression":
            return self._ternary(node)
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = source_text(node.child_by_field_name("operator"))
        first = self.value(left)
        if operator in ("&&", "||", "??"):
            return first | self.under(Step(source_text(left), operator, first.ingredients), [right])
        if operator == "in":
            return Value(self.read_property(self.value(right), first.texts or [ANY]).ingredients)
        second = self.value(right)
        return self._join([first, second]) if operator == "+" else self.blend([first, second])

    def _ternary(self, node: Node) -> Value:
        condition = node.child_by_field_name("condition")
        sources = self.value(condition).ingredients
        results = [
            self.under(Step(source_text(condition), name, sources), [node.child_by_field_name(name)])
            for name in ("consequence", "alternative")
        ]
        return union(results) | Value(sources)

    def assignment(self, node: Node) -> Value:
        right = self.value(node.child_by_field_name("right"))
        left = node.child_by_field_name("left")
        if node.type == "augmented_assignment_expression":
            right = self.blend([right, self.value(left)])
        self.bind(left, right)
        return right

    def unary(self, node: Node) -> Value:
        """`delete request.cookies.name`, and the operators that make one value of another."""
        argument = node.child_by_field_name("argument")
        if source_text(node.child_by_field_name("operator")) == "delete" and argument is not None:
            owner = argument.child_by_field_name("object")
            whole, names = self.value(owner), self.property_names(argument) if owner is not None else []
            for path in whole.member(names).paths:
                self.rewrite(path, frozenset())
            for one in whole.objects:
                for name in names:
                    self.hold(one, name, Value(self.condition))
            return NOTHING
        return self.blend([self.value(argument)])

    def count(self, node: Node) -> Value:
        """`index++`."""
        argument = node.child_by_field_name("argument")
        counted = self.blend([self.value(argument)])
        self.bind(argument, counted)
        return counted


_RULES: dict[str, Callable[[_Analysis, Node], Value]] = {
    "import_statement": _Analysis.import_module,
    **dict.fromkeys(FUNCTIONS, _Analysis.function),
    **dict.fromkeys(("class_declaration", "class"), _Analysis.class_made),
    "variable_declarator": _Analysis.declarator,
    "statement_block": _Analysis.block,
    "if_statement": _Analysis.branch,
    **dict.fromkeys(("for_statement", "for_in_statement", "while_statement", "do_statement"), _Analysis.loop),
    "switch_statement": _Analysis.switch,
    "try_statement": _Analysis.attempt,
    "throw_statement": _Analysis.throw,
    **dict.fromkeys(("return_statement", "yield_expression"), _Analysis.leave),
    **dict.fromkeys(("identifier", "shorthand_property_identifier", "this"), _Analysis.identifier),
    "string": _Analysis.string,
    "number": _Analysis.string,
    "template_string": _Analysis.template,
    "object": _Analysis.object_literal,
    "array": _Analysis.array,
    **dict.fromkeys(("member_expression", "subscript_expression"), _Analysis.member),
    **dict.fromkeys(("ternary_expression", "binary_expression"), _Analysis.choice),
    **dict.fromkeys(("assignment_expression", "augmented_assignment_expression"), _Analysis.assignment),
    "update_expression": _Analysis.count,
    "unary_expression": _Analysis.unary,
    **dict.fromkeys(("call_expression", "new_expression"), _Analysis.call),
    **dict.fromkeys(
        ("parenthesized_expression", "await_expression", "sequence_expression", "spread_element"), _Analysis.each
    ),
}
