"""JavaScript as tree-sitter parses it, and what its nodes say."""

from __future__ import annotations

import re

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

FUNCTIONS = (
    "function_declaration",
    "function_expression",
    "arrow_function",
    "generator_function",
    "method_definition",
)
_NAMES = ("identifier", "shorthand_property_identifier_pattern")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}|.)", re.DOTALL)


def parse(code: str) -> Node:
    """The whole program; `has_error` where it is none."""
    return Parser(Language(tree_sitter_javascript.language())).parse(code.encode()).root_node


def text_of(node: Node | None) -> str:
    return node.text.decode() if node is not None and node.text is not None else ""


def unquote(node: Node | None) -> str:
    """The text of a name, or of a string with its escapes resolved."""
    return _ESCAPE.sub(_unescape, text_of(node).strip("'\""))


def _unescape(found: re.Match[str]) -> str:
    code = next(filter(None, found.groups()), "")
    return chr(min(int(code, 16), 0x10FFFF)) if code else found[0][1:]


def walk(node: Node) -> list[Node]:
    """The node and all that is named below it."""
    return [node, *(found for child in node.named_children for found in walk(child))]


def parameters_of(function: Node) -> list[Node]:
    listed = function.child_by_field_name("parameters")
    single = function.child_by_field_name("parameter")
    return listed.named_children if listed is not None else [single] if single is not None else []


def locals_of(function: Node) -> frozenset[str]:
    """The names that a function has for itself: its parameters and what it declares, but not functions within it."""
    declared = [*parameters_of(function), *_declarations(function.child_by_field_name("body"))]
    names = (name for pattern in declared for name in walk(pattern) if name.type in _NAMES)
    return frozenset(text_of(name) for name in names)


def _declarations(node: Node | None) -> list[Node]:
    if node is None or node.type in FUNCTIONS:
        return []
    name = node.child_by_field_name("name") if node.type == "variable_declarator" else None
    below = [found for child in node.named_children for found in _declarations(child)]
    return [name, *below] if name is not None else below
