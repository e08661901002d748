"""Follows values through the code of a CloudFront Function, from the parts of the event to the choice of an origin."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from infra.cache_leaks.function_reading import ANY, FunctionReading, Source, UnreadableCodeError
from infra.cache_leaks.function_values import NOTHING, Value, place, union, used

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
_FUNCTIONS = (
    "function_declaration",
    "function_expression",
    "arrow_function",
    "generator_function",
    "method_definition",
)
_LEAVES = ("return_statement", "throw_statement", "break_statement", "continue_statement")
_ALL: frozenset[Source] = frozenset({("cookie", ANY), ("header", ANY), ("query", ANY)})


def analyzed(code: str) -> FunctionReading:
    """What the function does at viewer-request. UnreadableCodeError where the code is no JavaScript."""
    root = Parser(Language(tree_sitter_javascript.language())).parse(code.encode()).root_node
    if root.has_error:
        raise UnreadableCodeError("it is no JavaScript that can be parsed")
    analysis = _Analysis()
    for _ in range(MAX_ROUNDS):
        before = analysis.state
        analysis.run(root)
        if analysis.state == before:
            break
    return FunctionReading(analysis.chooses, frozenset(analysis.chosen_by), analysis.written)


class _Analysis:
    """One program. It is run again until nothing new is found, for a variable may be read above its assignment."""

    def __init__(self) -> None:
        self.variables: dict[str, Value] = {}
        self.chooses = False
        self.chosen_by: set[Source] = set()
        self.written: dict[Source, frozenset[Source]] = {}
        self._conditions: list[frozenset[Source]] = [frozenset()]
        self._returned: list[Value] = [NOTHING]
        self._running: list[int] = []

    @property
    def state(self) -> object:
        sizes = {
            name: (value.used, value.paths, value.texts, len(value.functions)) for name, value in self.variables.items()
        }
        return sizes, frozenset(self.chosen_by), dict(self.written), self.chooses

    def run(self, root: Node) -> None:
        self._each(root)
        for function in self.variables.get(HANDLER, NOTHING).functions:
            self._called(function, [Value(paths=frozenset({("event",)}))])

    # Statements

    def _each(self, node: Node) -> Value:
        return union([self.value(child) for child in node.named_children])

    def value(self, node: Node | None) -> Value:
        """What an expression can be; statements are run, and have no value."""
        if node is None:
            return NOTHING
        rule = _RULES.get(node.type)
        return rule(self, node) if rule else used([self._each(node)])

    def _import(self, node: Node) -> Value:
        module = _text(node.child_by_field_name("source")).strip("'\"")
        names = [found for child in node.named_children for found in _walk(child) if found.type == "identifier"]
        for name in names:
            self._assign(_text(name), Value(paths=frozenset({(module,)})))
        return NOTHING

    def _function(self, node: Node) -> Value:
        value = Value(functions=(node,))
        name = node.child_by_field_name("name")
        if node.type == "function_declaration" and name is not None:
            self._assign(_text(name), value)
        return value

    def _declarator(self, node: Node) -> Value:
        self._bind(node.child_by_field_name("name"), self.value(node.child_by_field_name("value")))
        return NOTHING

    def _if(self, node: Node) -> Value:
        condition = self.value(node.child_by_field_name("condition")).used
        branches = [node.child_by_field_name(name) for name in ("consequence", "alternative")]
        result = self._under(condition, branches)
        if any(self._leaves(branch) for branch in branches):
            self._conditions[-1] |= condition  # what follows runs only if it did not hold
        return result

    def _loop(self, node: Node) -> Value:
        """`for (const name of values)` too, where a name is bound to each."""
        left, right = node.child_by_field_name("left"), self.value(node.child_by_field_name("right"))
        if left is not None:
            self._bind(left, Value(right.used, texts=right.texts))
        parts = [node.child_by_field_name(name) for name in ("initializer", "condition", "increment")]
        condition = union([self.value(part) for part in parts]).used | right.used
        return self._under(condition, [node.child_by_field_name("body")])

    def _switch(self, node: Node) -> Value:
        condition = self.value(node.child_by_field_name("value")).used
        return self._under(condition, [node.child_by_field_name("body")])

    def _return(self, node: Node) -> Value:
        self._returned[-1] |= self._each(node) | Value(self._condition)
        return NOTHING

    def _under(self, condition: frozenset[Source], nodes: Iterable[Node | None]) -> Value:
        outer = self._conditions[-1]
        self._conditions[-1] = outer | condition
        result = union([self.value(node) for node in nodes])
        self._conditions[-1] = outer | (self._conditions[-1] - condition)
        return result

    def _leaves(self, node: Node | None) -> bool:
        """Whether what follows may be left out. An answer to the viewer goes past the cache, and is no such choice."""
        if node is None or node.type in _FUNCTIONS:
            return False
        if node.type == "return_statement":
            return not self._each(node).is_response
        return node.type in _LEAVES or any(self._leaves(child) for child in node.named_children)

    # Expressions

    @property
    def _condition(self) -> frozenset[Source]:
        return frozenset[Source]().union(*self._conditions)

    def _identifier(self, node: Node) -> Value:
        return self.variables.get(_text(node), NOTHING)

    def _string(self, node: Node) -> Value:
        return Value(texts=frozenset({_unquoted(node)}))

    def _object(self, node: Node) -> Value:
        keys = [_unquoted(key) for pair in node.named_children if (key := pair.child_by_field_name("key"))]
        return Value(used([self._each(node)]).sources, is_response="statusCode" in keys)

    def _pair(self, node: Node) -> Value:
        return self.value(node.child_by_field_name("value"))

    def _member(self, node: Node) -> Value:
        whole = self.value(node.child_by_field_name("object"))
        if node.type == "member_expression":
            return whole.member([_text(node.child_by_field_name("property"))])
        index = self.value(node.child_by_field_name("index"))
        found = whole.member(index.texts if index.texts and not index.used else [ANY])
        return found | Value(index.used)

    def _choice(self, node: Node) -> Value:
        """`condition ? one : other`, and the operators that leave out their right side."""
        if node.type == "ternary_expression":
            condition = self.value(node.child_by_field_name("condition")).used
            sides = [node.child_by_field_name(name) for name in ("consequence", "alternative")]
            return self._under(condition, sides) | Value(condition)
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = _text(node.child_by_field_name("operator"))
        first = self.value(left)
        if operator in ("&&", "||", "??"):
            return first | self._under(first.used, [right])
        if operator == "in":
            return Value(self.value(right).member(first.texts or [ANY]).used)
        return used([first, self.value(right)])

    def _assignment(self, node: Node) -> Value:
        right = self.value(node.child_by_field_name("right"))
        left = node.child_by_field_name("left")
        if node.type == "augmented_assignment_expression":
            right = used([right, self.value(left)])
        self._bind(left, right)
        return right

    def _call(self, node: Node) -> Value:
        callee = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        arguments = node.child_by_field_name("arguments")
        given = [self.value(child) for child in arguments.named_children] if arguments is not None else []
        name = "".join(_text(callee).split())
        if name in _CHANCE:
            return Value(frozenset({("chance", _CHANCE[name])}))
        if name == "JSON.stringify" and any(path in (("event",), ("event", "request")) for path in _paths(given)):
            return Value(_ALL)
        target = self.value(callee)
        if _chooses(callee, target):
            self.chooses = True
            self.chosen_by |= self._condition | used(given).sources
            return NOTHING
        if target.functions:
            return union([self._called(function, given) for function in target.functions])
        return self._method(callee, target, given)

    def _method(self, callee: Node | None, target: Value, given: list[Value]) -> Value:
        """One that the code does not define: its result is made of everything; functions given to it are called."""
        owner = callee.child_by_field_name("object") if callee is not None else None
        if owner is None:
            return Value(target.used) | used(given) | self._callbacks(given, NOTHING)
        whole = self.value(owner)
        if _text(callee).endswith(".hasOwnProperty"):
            return Value(whole.member(frozenset().union(*(value.texts for value in given)) or [ANY]).used)
        if _text(callee).endswith(".rawQueryString"):
            return Value(frozenset({("query", ANY)}))
        if owner.type == "identifier" and not whole.paths:
            self._assign(_text(owner), used(given))  # list.push(…)
        return used([whole, *given]) | self._callbacks(given, Value(whole.used))

    def _callbacks(self, given: list[Value], item: Value) -> Value:
        functions = [function for value in given for function in value.functions]
        return used([self._called(function, [item, item]) for function in functions])

    def _called(self, function: Node, given: list[Value]) -> Value:
        if function.id in self._running or len(self._running) >= MAX_CALLS:
            return NOTHING
        self._running.append(function.id)
        self._conditions.append(frozenset())
        self._returned.append(NOTHING)
        for parameter, value in zip(_parameters(function), given, strict=False):
            self._bind(parameter, value)
        body = function.child_by_field_name("body")
        result = self.value(body)
        self._running.pop()
        self._conditions.pop()
        returned = self._returned.pop()
        return returned if body is not None and body.type == "statement_block" else result

    # Assignments

    def _bind(self, target: Node | None, value: Value) -> None:
        if target is None:
            return
        if target.type in ("identifier", "shorthand_property_identifier_pattern"):
            self._assign(_text(target), value)
        elif target.type in ("member_expression", "subscript_expression"):
            self._write(target, value)
        elif target.type == "object_pattern":
            for child in target.named_children:
                self._unpack(child, value)
        elif target.type in ("assignment_pattern", "object_assignment_pattern"):
            self._bind(target.child_by_field_name("left"), value | self.value(target.child_by_field_name("right")))
        else:
            for child in target.named_children:
                self._bind(child, Value(value.used))

    def _unpack(self, child: Node, value: Value) -> None:
        """One name of `const {cookies, headers: all} = request`."""
        if child.type == "pair_pattern":
            key = child.child_by_field_name("key")
            self._bind(child.child_by_field_name("value"), value.member([_unquoted(key)] if key else [ANY]))
        elif child.type == "object_assignment_pattern":
            left = child.child_by_field_name("left")
            self._bind(left, value.member([_text(left)]) | self.value(child.child_by_field_name("right")))
        else:
            self._bind(child, value.member([_text(child)]))

    def _assign(self, name: str, value: Value) -> None:
        known = self.variables.get(name, NOTHING)
        self.variables[name] = known | value | Value(self._condition)

    def _write(self, target: Node, value: Value) -> None:
        made_of = value.used | self._condition
        for path in self._member(target).paths:
            if written := place(path):
                self.written[written] = self.written.get(written, frozenset()) | made_of
        root = target
        while root.type in ("member_expression", "subscript_expression"):
            root = root.child_by_field_name("object") or root.named_children[0]
        if root.type == "identifier" and not self.variables.get(_text(root), NOTHING).paths:
            self._assign(_text(root), Value(made_of, functions=value.functions))


_RULES: dict[str, Callable[[_Analysis, Node], Value]] = {
    "import_statement": _Analysis._import,
    **dict.fromkeys(_FUNCTIONS, _Analysis._function),
    "variable_declarator": _Analysis._declarator,
    "if_statement": _Analysis._if,
    **dict.fromkeys(("for_statement", "for_in_statement", "while_statement", "do_statement"), _Analysis._loop),
    "switch_statement": _Analysis._switch,
    "return_statement": _Analysis._return,
    **dict.fromkeys(("identifier", "shorthand_property_identifier"), _Analysis._identifier),
    "string": _Analysis._string,
    "object": _Analysis._object,
    "pair": _Analysis._pair,
    **dict.fromkeys(("member_expression", "subscript_expression"), _Analysis._member),
    **dict.fromkeys(("ternary_expression", "binary_expression"), _Analysis._choice),
    **dict.fromkeys(("assignment_expression", "augmented_assignment_expression"), _Analysis._assignment),
    **dict.fromkeys(("call_expression", "new_expression"), _Analysis._call),
    **dict.fromkeys(("parenthesized_expression", "await_expression", "sequence_expression"), _Analysis._each),
}


def _chooses(callee: Node | None, target: Value) -> bool:
    names = {path[-1] for path in target.paths} | {_text(callee).rpartition(".")[2]}
    return not names.isdisjoint(CHOOSES_ORIGIN)


def _parameters(function: Node) -> list[Node]:
    listed = function.child_by_field_name("parameters")
    single = function.child_by_field_name("parameter")
    return listed.named_children if listed is not None else [single] if single is not None else []


def _paths(values: list[Value]) -> list[tuple[str, ...]]:
    return [path for value in values for path in value.paths]


def _walk(node: Node) -> list[Node]:
    return [node, *(found for child in node.named_children for found in _walk(child))]


def _text(node: Node | None) -> str:
    return node.text.decode() if node is not None and node.text is not None else ""


def _unquoted(node: Node | None) -> str:
    return _text(node).strip("'\"")
