"""Source for the edge: without comments, docstrings and what is for type checkers, on the same lines."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from functools import cache

Place = tuple[int, int]
"""A line, counted from 1, and a character in it, counted from 0."""


@cache
def strip_comments(source: bytes) -> bytes:
    """Return the same program with the same line numbers, so that a traceback fits the original source too.

    A quarter of the package is comments; imports under `if TYPE_CHECKING:` would be in its bytecode, too.
    """
    text = source.decode()
    lines = text.split("\n")
    for begin, end in sorted([*_comments(text), *_unused_statements(text, lines)], reverse=True):
        _cut(lines, begin, end)
    return "\n".join(lines).encode()


@cache
def strip_annotations(source: bytes) -> bytes:
    """Return the same program with the same line numbers, without the annotations of functions that are on one line."""
    text = source.decode()
    lines = text.split("\n")
    for begin, end in sorted(_annotations(text, lines), reverse=True):
        if begin[0] == end[0]:
            line = lines[begin[0] - 1]
            lines[begin[0] - 1] = line[: begin[1]] + line[end[1] :]
    return "\n".join(lines).encode()


def _annotations(text: str, lines: list[str]) -> Iterator[tuple[Place, Place]]:
    """From the end of a parameter's name, or from the arrow, to the end of the annotation."""
    for node in ast.walk(ast.parse(text)):
        given = node.returns if isinstance(node, ast.FunctionDef) else getattr(node, "annotation", None)
        if given is None or not isinstance(node, ast.FunctionDef | ast.arg):
            continue
        end = _place(lines, given.end_lineno or 0, given.end_col_offset or 0)
        if isinstance(node, ast.arg):
            line, column = _place(lines, node.lineno, node.col_offset)
            yield (line, column + len(node.arg)), end
        else:
            line, column = _place(lines, given.lineno, given.col_offset)
            arrow = lines[line - 1].rfind(" ->", 0, column)
            if arrow >= 0:
                yield (line, arrow), end


def _cut(lines: list[str], begin: Place, end: Place) -> None:
    """Remove a comment, or replace statements by "", because a body cannot be empty."""
    (first, start), (last, stop) = begin, end
    is_comment = lines[first - 1][start] == "#"
    rest = lines[last - 1][stop:]
    lines[first - 1] = lines[first - 1][:start].rstrip() if is_comment else f'{lines[first - 1][:start]}""{rest}'
    for number in range(first, last):
        lines[number] = ""


def _comments(text: str) -> list[tuple[Place, Place]]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [(token.start, token.end) for token in tokens if token.type == tokenize.COMMENT]


def _unused_statements(text: str, lines: list[str]) -> list[tuple[Place, Place]]:
    """Find all strings that are statements, those below a constant included, and the bodies for type checkers."""
    found: list[tuple[Place, Place]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            found.append(_span(lines, node, node))
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            found.append(_span(lines, node.body[0], node.body[-1]))
    return found


def _span(lines: list[str], first: ast.stmt, last: ast.stmt) -> tuple[Place, Place]:
    """From the first statement, or from its first decorator, to the end of the last."""
    decorators = first.decorator_list if isinstance(first, ast.FunctionDef | ast.ClassDef) else []
    begin = _place(lines, decorators[0].lineno if decorators else first.lineno, first.col_offset)
    return begin, _place(lines, last.end_lineno or 0, last.end_col_offset or 0)


def _place(lines: list[str], line: int, octets: int) -> Place:
    """Convert a position of ast, which counts the bytes of UTF-8."""
    return line, len(lines[line - 1].encode()[:octets].decode())
