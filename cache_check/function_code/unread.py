"""Parts of the code of a CloudFront Function that following it from its handler never came to."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tree_sitter import Node

from cache_check.function_code.javascript import FUNCTIONS, NAMES, source_text, unquote, walk
from cache_check.function_code.values import CHOOSES_ORIGIN

HANDLER = "handler"
_MATTERS = CHOOSES_ORIGIN | {
    *("cookies", "headers", "querystring", "rawQueryString", "viewer", "context"),
    *("Math", "Date", "crypto", "edgeLocation"),
}
"""Names in a function that may choose an origin, or by which another may."""
_CALLED_UNNAMED = frozenset({"get", "set", "value", "toString", "valueOf", "toJSON", "then", "next"})
"""Names by which the language itself calls functions."""


def find_unread(root: Node, entered: Collection[int], *, chooses_origin: bool) -> str:
    """Return why a reading that entered these functions may lack something, "" where it came to all that matters."""
    nodes = walk(root)
    functions = [node for node in nodes if node.type in FUNCTIONS]
    unused = list(_unused(functions, nodes, entered))
    named = {_word(node) for node in nodes if not any(_is_in(node, one) for one in unused)} & CHOOSES_ORIGIN
    if not named and not chooses_origin:
        return ""
    for function in functions:
        if function.id not in entered and not any(_is_in(function, one) for one in unused) and _matters(function):
            name = _called_name(function)
            which = f"its function {name}" if name else "a function of it"
            return f"{which}, line {function.start_point.row + 1}, is called in a way that is not followed"
    if not chooses_origin:
        return f"it names {', '.join(sorted(named))}, in a way that is not followed"
    return ""


def _matters(function: Node) -> bool:
    return not _MATTERS.isdisjoint(map(_word, walk(function)))


def _unused(functions: list[Node], nodes: list[Node], entered: Collection[int]) -> Iterator[Node]:
    """The functions that nothing else in the code names: left over, or of a library."""
    words = [(node, _word(node)) for node in nodes if node.type in (*NAMES, "string_fragment")]
    for function in functions:
        name = _called_name(function)
        if name and name not in _CALLED_UNNAMED and function.id not in entered:
            definition = function.parent if function.parent is not None and not _is_declared(function) else function
            if not any(word == name and not _is_in(node, definition) for node, word in words):
                yield function


def _is_declared(function: Node) -> bool:
    return function.child_by_field_name("name") is not None


def _called_name(function: Node) -> str:
    """The name of a function, or of the variable or property that it is made for; "" where it has none."""
    parent = function.parent
    if _is_declared(function) or parent is None:
        return unquote(function.child_by_field_name("name"))
    field = {"variable_declarator": "name", "pair": "key", "assignment_expression": "left"}.get(parent.type, "")
    target = parent.child_by_field_name(field) if field else None
    if target is not None and target.type == "member_expression":
        target = target.child_by_field_name("property")
    return unquote(target) if target is not None and target.type in (*NAMES, "string") else ""


def _word(node: Node) -> str:
    return source_text(node) if node.type in (*NAMES, "string_fragment") else ""


def _is_in(node: Node, outer: Node) -> bool:
    return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte
