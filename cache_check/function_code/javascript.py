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
    "generator_function_declaration",
    "method_definition",
)
_VARIABLES = ("identifier", "shorthand_property_identifier_pattern")
NAMES = (*_VARIABLES, "property_identifier", "shorthand_property_identifier")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}|.)", re.DOTALL)


def parse(code: str) -> Node:
    """The whole program; `has_error` where it is none."""
    return Parser(Language(tree_sitter_javascript.language())).parse(code.encode()).root_node


def source_text(node: Node | None) -> str:
    """The text of a node; a name may be written with escapes, and is none the less that name."""
    text = node.text.decode() if node is not None and node.text is not None else ""
    return _ESCAPE.sub(_unescape, text) if node is not None and node.type in NAMES else text


def unquote(node: Node | None) -> str:
    """The text of a name, or of a string with its escapes resolved."""
    return _ESCAPE.sub(_unescape, source_text(node).strip("'\""))


def _unescape(found: re.Match[str]) -> str:
    code = next(filter(None, found.groups()), "")
    return chr(min(int(code, 16), 0x10FFFF)) if code else found[0][1:]


def walk(node: Node) -> list[Node]:
    """The node and all that is named below it."""
    return [node, *(found for child in node.named_children for found in walk(child))]


def is_getter(function: Node) -> bool:
    """Return whether to read the property is to run it: `get name() {…}`."""
    return any(child.type == "get" for child in function.children)


def list_parameters(function: Node) -> list[Node]:
    listed = function.child_by_field_name("parameters")
    single = function.child_by_field_name("parameter")
    return listed.named_children if listed is not None else [single] if single is not None else []


def local_names(function: Node) -> frozenset[str]:
    """The names that a function has for itself: its parameters and what it declares, but not functions within it."""
    declared = [*list_parameters(function), *_declarations(function.child_by_field_name("body"))]
    return frozenset(source_text(name) for pattern in declared for name in _bound(pattern))


def _bound(pattern: Node) -> list[Node]:
    """The names that a pattern binds: none of a default value, nor of a key."""
    if pattern.type in _VARIABLES:
        return [pattern]
    passed_over = [pattern.child_by_field_name(field) for field in ("right", "key")]
    return [name for child in pattern.named_children if child not in passed_over for name in _bound(child)]


def _declarations(node: Node | None) -> list[Node]:
    if node is None or node.type in FUNCTIONS:
        return []
    name = node.child_by_field_name("name") if node.type == "variable_declarator" else None
    below = [found for child in node.named_children for found in _declarations(child)]
    return [name, *below] if name is not None else below
