"""Follows values through the code of a CloudFront Function, from the parts of the event to the choice of an origin."""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from infra.cache_leaks.function_reading import ANY, FunctionReading, Source, UnreadableCodeError
from infra.cache_leaks.function_statements import Statements
from infra.cache_leaks.function_values import NOTHING, Value, blend, union
from infra.cache_leaks.javascript import FUNCTIONS, parameters_of, parse, text_of, unquote

CHOOSES_ORIGIN = frozenset({"updateRequestOrigin", "selectRequestOriginById", "createRequestOriginGroup"})
"""Page helper-functions-origin-modification. Nothing there puts the chosen origin into the cache key."""
HANDLER = "handler"
MAX_ROUNDS = 12
MAX_CALLS = 24
"""Deep: calls within calls."""

_CHANCE = {
    "Math.random": "Math.random()",
    "Date.now": "the time",
    "Date": "the time",
    "crypto.randomBytes": "random bytes",
    "crypto.randomUUID": "random bytes",
    "crypto.getRandomValues": "random bytes",
}
_ALL: frozenset[Source] = frozenset({("cookie", ANY), ("header", ANY), ("query", ANY)})


def analyze(code: str) -> FunctionReading:
    """What the function does at viewer-request. UnreadableCodeError where the code is no JavaScript."""
    root = parse(code)
    if root.has_error:
        raise UnreadableCodeError("it is no JavaScript that can be parsed")
    analysis = _Analysis()
    for _ in range(MAX_ROUNDS):
        before = analysis.state
        analysis.run(root)
        if analysis.state == before:
            break
    return FunctionReading(analysis.chooses, frozenset(analysis.chosen_by), analysis.written)


class _Analysis(Statements):
    """One program. It is run again until nothing new is found, for a variable may be read above its assignment."""

    def __init__(self) -> None:
        super().__init__()
        self.chooses = False
        self.chosen_by: set[Source] = set()
        self.running: list[int] = []

    @property
    def state(self) -> object:
        sizes = {
            name: (value.made_of, value.paths, value.texts, len(value.functions))
            for name, value in self.variables.items()
        }
        return sizes, frozenset(self.chosen_by), dict(self.written), self.chooses

    def run(self, root: Node) -> None:
        self.each(root)
        for function in self.variables.get(HANDLER, NOTHING).functions:
            self.called(function, [Value(paths=frozenset({("event",)}))])

    def value(self, node: Node | None) -> Value:
        if node is None:
            return NOTHING
        rule = _RULES.get(node.type)
        return rule(self, node) if rule else blend([self.each(node)])

    def identifier(self, node: Node) -> Value:
        return self.variables.get(text_of(node), NOTHING)

    def string(self, node: Node) -> Value:
        return Value(texts=frozenset({unquote(node)}))

    def object(self, node: Node) -> Value:
        keys = [unquote(key) for pair in node.named_children if (key := pair.child_by_field_name("key"))]
        return Value(blend([self.each(node)]).sources, is_response="statusCode" in keys)

    def pair(self, node: Node) -> Value:
        return self.value(node.child_by_field_name("value"))

    def member(self, node: Node) -> Value:
        whole = self.value(node.child_by_field_name("object"))
        if node.type == "member_expression":
            return whole.member([text_of(node.child_by_field_name("property"))])
        index = self.value(node.child_by_field_name("index"))
        found = whole.member(index.texts if index.texts and not index.made_of else [ANY])
        return found | Value(index.made_of)

    def choice(self, node: Node) -> Value:
        """`condition ? one : other`, and the operators that leave out their right side."""
        if node.type == "ternary_expression":
            condition = self.value(node.child_by_field_name("condition")).made_of
            sides = [node.child_by_field_name(name) for name in ("consequence", "alternative")]
            return self.under(condition, sides) | Value(condition)
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = text_of(node.child_by_field_name("operator"))
        first = self.value(left)
        if operator in ("&&", "||", "??"):
            return first | self.under(first.made_of, [right])
        if operator == "in":
            return Value(self.value(right).member(first.texts or [ANY]).made_of)
        return blend([first, self.value(right)])

    def assignment(self, node: Node) -> Value:
        right = self.value(node.child_by_field_name("right"))
        left = node.child_by_field_name("left")
        if node.type == "augmented_assignment_expression":
            right = blend([right, self.value(left)])
        self.bind(left, right)
        return right

    def call(self, node: Node) -> Value:
        callee = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        arguments = node.child_by_field_name("arguments")
        given = [self.value(child) for child in arguments.named_children] if arguments is not None else []
        name = "".join(text_of(callee).split())
        if name in _CHANCE:
            return Value(frozenset({("chance", _CHANCE[name])}))
        if name == "JSON.stringify" and any(path in (("event",), ("event", "request")) for path in _paths(given)):
            return Value(_ALL)
        target = self.value(callee)
        if _chooses(callee, target):
            self.chooses = True
            self.chosen_by |= self.condition | blend(given).sources
            return NOTHING
        if target.functions:
            return union([self.called(function, given) for function in target.functions])
        return self.method(callee, target, given)

    def method(self, callee: Node | None, target: Value, given: list[Value]) -> Value:
        """One that the code does not define: its result is made of everything; functions given to it are called."""
        owner = callee.child_by_field_name("object") if callee is not None else None
        if owner is None:
            return Value(target.made_of) | blend(given) | self.callbacks(given, NOTHING)
        whole = self.value(owner)
        if text_of(callee).endswith(".hasOwnProperty"):
            return Value(whole.member(union(given).texts or [ANY]).made_of)
        if text_of(callee).endswith(".rawQueryString"):
            return Value(frozenset({("query", ANY)}))
        if owner.type == "identifier" and not whole.paths:
            self.assign(text_of(owner), blend(given))  # list.push(…)
        return blend([whole, *given]) | self.callbacks(given, Value(whole.made_of))

    def callbacks(self, given: list[Value], item: Value) -> Value:
        functions = [function for value in given for function in value.functions]
        return blend([self.called(function, [item, item]) for function in functions])

    def called(self, function: Node, given: list[Value]) -> Value:
        if function.id in self.running or len(self.running) >= MAX_CALLS:
            return NOTHING
        self.running.append(function.id)
        self.conditions.append(frozenset())
        self.returned.append(NOTHING)
        for parameter, value in zip(parameters_of(function), given, strict=False):
            self.bind(parameter, value)
        body = function.child_by_field_name("body")
        result = self.value(body)
        self.running.pop()
        self.conditions.pop()
        returned = self.returned.pop()
        return returned if body is not None and body.type == "statement_block" else result


_RULES: dict[str, Callable[[_Analysis, Node], Value]] = {
    "import_statement": _Analysis.import_module,
    **dict.fromkeys(FUNCTIONS, _Analysis.function),
    "variable_declarator": _Analysis.declarator,
    "if_statement": _Analysis.branch,
    **dict.fromkeys(("for_statement", "for_in_statement", "while_statement", "do_statement"), _Analysis.loop),
    "switch_statement": _Analysis.switch,
    "return_statement": _Analysis.leave,
    **dict.fromkeys(("identifier", "shorthand_property_identifier"), _Analysis.identifier),
    "string": _Analysis.string,
    "object": _Analysis.object,
    "pair": _Analysis.pair,
    **dict.fromkeys(("member_expression", "subscript_expression"), _Analysis.member),
    **dict.fromkeys(("ternary_expression", "binary_expression"), _Analysis.choice),
    **dict.fromkeys(("assignment_expression", "augmented_assignment_expression"), _Analysis.assignment),
    **dict.fromkeys(("call_expression", "new_expression"), _Analysis.call),
    **dict.fromkeys(("parenthesized_expression", "await_expression", "sequence_expression"), _Analysis.each),
}


def _chooses(callee: Node | None, target: Value) -> bool:
    names = {path[-1] for path in target.paths} | {text_of(callee).rpartition(".")[2]}
    return not names.isdisjoint(CHOOSES_ORIGIN)


def _paths(values: list[Value]) -> list[tuple[str, ...]]:
    return [path for value in values for path in value.paths]
