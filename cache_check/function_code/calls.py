"""Calls in the code of a CloudFront Function: of its own functions, and of CloudFront's."""

from __future__ import annotations

from abc import ABC
from itertools import zip_longest

from tree_sitter import Node

from cache_check.function_code.bindings import instances
from cache_check.function_code.javascript import list_parameters, local_names, source_text
from cache_check.function_code.methods import Methods
from cache_check.function_code.reading import ANY, Source
from cache_check.function_code.steps import Moment, Step, Trail
from cache_check.function_code.values import CHOOSES_ORIGIN, CUT, NOTHING, Path, Value, drawn_at, union

MAX_CALLS = 24
"""Deep: calls within calls."""

TIME = "the time"
_CHANCE: dict[Path, str] = {
    ("Math", "random"): "Math.random()",
    ("Date",): TIME,
    ("Date", "now"): TIME,
    **dict.fromkeys([("crypto", name) for name in ("randomBytes", "randomUUID", "getRandomValues")], "random bytes"),
}
_THROWS = ("JSON.parse", "decodeURIComponent", "decodeURI", "atob")
"""Functions that throw for an argument of another form."""
_ALL: frozenset[Source] = frozenset({("cookie", ANY), ("header", ANY), ("query", ANY)})


class Calls(Methods, ABC):
    """`chosen` is what choices of an origin depend on, by where they are; `sites` are the calls that are running."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: dict[Trail, frozenset[Source]] = {}
        self.chosen_at: dict[Trail, Moment] = {}
        self.entered: set[int] = set()
        self.sites: list[int] = []

    def choose(self, sources: frozenset[Source]) -> None:
        moment = self.moment()
        self.chosen_at[moment.trail] = moment
        known = self.chosen.get(moment.trail, frozenset())
        self.chosen[moment.trail] = (known | sources | self.condition) - {CUT}

    def call(self, node: Node) -> Value:
        callee = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        arguments = node.child_by_field_name("arguments")
        given = [self.value(child) for child in arguments.named_children] if arguments is not None else []
        name = "".join(source_text(callee).split())
        if name == "require":
            return Value(paths=frozenset((text,) for value in given for text in value.texts))
        if name == "JSON.stringify" and any(path in (("event",), ("event", "request")) for path in union(given).paths):
            return Value(_ALL)
        if name in _THROWS:
            self.may_fail(union(given))
        target = self.value(callee)
        owner = self._owner(callee)
        how = _borrowing_method(callee, target)
        if how == "bind":
            given = self._borrowed_arguments(how, given)
            return Value(self.blend([self._enter(target, owner, given) or NOTHING]).sources, functions=target.functions)
        if how:
            given = self._borrowed_arguments(how, given)
        if arguments is not None and arguments.type == "template_string":
            filled = [child for child in arguments.named_children if child.type == "template_substitution"]
            given = [NOTHING, *map(self.each, filled)]  # what a tagged template gives first is its texts
        made = instances(target) if node.type == "new_expression" else NOTHING
        self.sites.append(node.start_byte)
        result = (
            self._by_chance(target, given)
            or self._of_cloudfront(callee, target, given)
            or self._enter(target, made if made.objects else owner, given)
            or self.method(callee, target, owner, given)
        )
        self.sites.pop()
        return result | made

    def _owner(self, callee: Node | None) -> Value | None:
        owner = callee.child_by_field_name("object") if callee is not None else None
        return None if owner is None else self.value(owner)

    def _borrowed_arguments(self, how: str, given: list[Value]) -> list[Value]:
        """Of `function.call(this, one, two)` and `function.apply(this, [one, two])`."""
        if how != "apply":
            return given[1:]
        return [self.loop_values(value) | Value(value.sources) for value in given[1:]]

    def _by_chance(self, target: Value, given: list[Value]) -> Value | None:
        names = [_CHANCE[path] for path in target.paths if path in _CHANCE]
        if not names or (("Date",) in target.paths and given):
            return None
        return Value(frozenset(("chance", name if name == TIME else drawn_at(name, self.sites)) for name in names))

    def _of_cloudfront(self, callee: Node | None, target: Value, given: list[Value]) -> Value | None:
        if _chooses(callee, target):
            self.choose(self.blend(given).sources | target.sources)
            return NOTHING
        if ("cloudfront", "kvs") in target.paths:
            return Value(paths=frozenset({("cloudfront", "kvs")}))
        if any(path[:2] == ("cloudfront", "kvs") for path in target.paths):
            self.fails(self.blend(given).sources)  # get throws where there is no such key
        return None

    def _enter(self, target: Value, owner: Value | None, given: list[Value]) -> Value | None:
        """A function of the code, or a class of it."""
        if target.functions:
            return self.run_any(target, given, owner) | Value(target.sources)
        if not target.objects:
            return None
        constructors = self.read_property(Value(objects=target.objects), ["constructor"])
        self.run_any(Value(target.sources, functions=constructors.functions), given, target)
        return target

    def run_any(self, target: Value, given: list[Value], owner: Value | None = None) -> Value:
        """Run each function that a name can stand for: which of them it is depends on how the name came to be it."""
        sources = target.ingredients if len(target.functions) > 1 else target.sources
        if not sources:
            return union([self.run_function(function, given, owner) for function in target.functions])
        site = " ".join(str(function.id) for function in target.functions)
        outer = self.conditions[-1]
        results: list[Value] = []
        for function in target.functions:
            self.conditions[-1] = outer | sources
            self.steps.append(Step(f"which of {site}", str(function.id), sources))
            results.append(self.run_function(function, given, owner))
            self.steps.pop()
        self.conditions[-1] = outer
        return union(results)

    def run_function(self, function: Node, given: list[Value], owner: Value | None = None) -> Value:
        if function.id in self.running or len(self.running) >= MAX_CALLS:
            return NOTHING
        self.entered.add(function.id)
        own = local_names(function)
        saved = {name: self.variables.pop(name) for name in own if name in self.variables}
        self.running.append(function.id)
        self.conditions.append(frozenset())
        self.returned.append(NOTHING)
        self._bind_parameters(function, given)
        if owner is not None:
            self.variables["this"] = self.variables.get("this", NOTHING) | owner
        body = function.child_by_field_name("body")
        result = self.value(body)
        self.running.pop()
        self.conditions.pop()
        returned = self.returned.pop()
        self.restore(function, saved)
        return returned if body is not None and body.type == "statement_block" else result

    def _bind_parameters(self, function: Node, given: list[Value]) -> None:
        parameters = list_parameters(function)
        for index, (parameter, value) in enumerate(zip_longest(parameters, given, fillvalue=None)):
            passed = value if isinstance(value, Value) else NOTHING
            self.hold(function.id, str(index), passed)
            if isinstance(parameter, Node):
                is_rest = parameter.type == "rest_pattern"
                self.bind(parameter, Value(objects=frozenset({function.id})) if is_rest else passed)
        self.variables["arguments"] = Value(objects=frozenset({function.id}))


def _borrowing_method(callee: Node | None, target: Value) -> str:
    """`call`, `apply` or `bind`, where these are of a function of the code or of CloudFront's."""
    name = source_text(callee).rpartition(".")[2]
    if name not in ("call", "apply", "bind"):
        return ""
    is_known = target.functions or any(not CHOOSES_ORIGIN.isdisjoint(path) for path in target.paths)
    return name if is_known else ""


def _chooses(callee: Node | None, target: Value) -> bool:
    names = {name for path in target.paths for name in path[-2:]} | {source_text(callee).rpartition(".")[2].strip("()")}
    return not names.isdisjoint(CHOOSES_ORIGIN)
