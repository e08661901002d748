"""JavaScript as tree-sitter parses it, and what its nodes say."""

from __future__ import annotations

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

FUNCTIONS = (
    "function_declaration",
    "function_expression",
    "arrow_function",
    "generator_function",
    "method_definition",
)


def parse(code: str) -> Node:
    """The whole program; `has_error` where it is none."""
    return Parser(Language(tree_sitter_javascript.language())).parse(code.encode()).root_node


def text_of(node: Node | None) -> str:
    return node.text.decode() if node is not None and node.text is not None else ""


def unquote(node: Node | None) -> str:
    return text_of(node).strip("'\"")


def walk(node: Node) -> list[Node]:
    """The node and all that is named below it."""
    return [node, *(found for child in node.named_children for found in walk(child))]


def parameters_of(function: Node) -> list[Node]:
    listed = function.child_by_field_name("parameters")
    single = function.child_by_field_name("parameter")
    return listed.named_children if listed is not None else [single] if single is not None else []
