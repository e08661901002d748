"""Source for the edge: without comments and docstrings, on the same lines."""

from __future__ import annotations

import ast
import io
import tokenize
from functools import cache

Place = tuple[int, int]
"""A line, counted from 1, and a character in it, counted from 0."""


@cache
def strip_comments(source: bytes) -> bytes:
    """Return the same program with the same line numbers, so that a traceback fits the original source too.

    A quarter of the package is comments, and Lambda compiles all of it at every cold start.
    """
    text = source.decode()
    lines = text.split("\n")
    for begin, end in sorted([*_comments(text), *_docstrings(text, lines)], reverse=True):
        _cut(lines, begin, end)
    return "\n".join(lines).encode()


def _cut(lines: list[str], begin: Place, end: Place) -> None:
    """Remove a comment, or replace a docstring by "", because a body cannot be empty."""
    (first, start), (last, stop) = begin, end
    is_comment = lines[first - 1][start] == "#"
    rest = lines[last - 1][stop:]
    lines[first - 1] = lines[first - 1][:start].rstrip() if is_comment else f'{lines[first - 1][:start]}""{rest}'
    for number in range(first, last):
        lines[number] = ""


def _comments(text: str) -> list[tuple[Place, Place]]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [(token.start, token.end) for token in tokens if token.type == tokenize.COMMENT]


def _docstrings(text: str, lines: list[str]) -> list[tuple[Place, Place]]:
    """Find all strings that are statements, those below a constant included."""
    expressions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Expr)]
    return [
        (_place(lines, node.lineno, node.col_offset), _place(lines, node.end_lineno or 0, node.end_col_offset or 0))
        for node in expressions
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]


def _place(lines: list[str], line: int, octets: int) -> Place:
    """Convert a position of ast, which counts the bytes of UTF-8."""
    return line, len(lines[line - 1].encode()[:octets].decode())
