"""A compilation of sources in a separate process, whose results depend on nothing but them and the version of Python.

Run as `python -I -S -B compile_worker.py [without-annotations]`, with sources by name (text in JSON) on standard input.
It writes the .pyc files by name, in base64, as JSON on standard output; sources that cannot be compiled are left out.
"""

import __future__

import ast
import base64
import importlib.util
import json
import marshal
import sys
import types

UNCHECKED_HASH = (1).to_bytes(4, "little")
"""Flags of a .pyc that is used whatever the time and the content of its source are (PEP 552)."""
MARSHAL_VERSION = 2
"""The last without references, which depend on what else the process refers to."""


HAS_ANNOTATIONS = "without-annotations" not in sys.argv


class Unused(ast.NodeTransformer):
    """Removes what runs and does nothing: annotations of functions (those of classes make their fields), docstrings,
    and what only a type checker reads. A sixth of the bytecode.
    """

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        self.generic_visit(node)
        return ast.copy_location(ast.Pass(), node) if isinstance(node.value, ast.Constant) else node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if _defers_annotations(node) else node

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        return (node.orelse or ast.Pass()) if _is_for_type_checkers(node.test) else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        return None if _is_for_type_checkers(node.targets[0]) else node


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "TYPE_CHECKING"


def _defers_annotations(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and [alias.name for alias in node.names] == ["annotations"]
    )


def _with_short_names(code: types.CodeType) -> types.CodeType:
    """Name functions without their class, which only the text of an error would say."""
    constants = (_with_short_names(one) if isinstance(one, types.CodeType) else one for one in code.co_consts)
    return code.replace(co_consts=tuple(constants), co_qualname=code.co_name)


def compile_source(source: bytes) -> bytes:
    """Return a .pyc file; SyntaxError or ValueError. An import writes the file's name into it, wherever that is."""
    tree, flags = ast.parse(source), 0
    if not HAS_ANNOTATIONS:
        if any(map(_defers_annotations, tree.body)):  # by a flag, which a cold start does not import
            flags = __future__.annotations.compiler_flag
        tree = ast.fix_missing_locations(Unused().visit(tree))
    code = compile(tree, "-", "exec", flags, dont_inherit=True, optimize=0)
    if not HAS_ANNOTATIONS:
        code = _with_short_names(code)
    source_hash = importlib.util.source_hash(source)
    return importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + source_hash + marshal.dumps(code, MARSHAL_VERSION)


def main() -> None:
    compiled: dict[str, str] = {}
    for name, text in json.load(sys.stdin).items():
        try:
            compiled[name] = base64.b64encode(compile_source(text.encode())).decode()
        except (SyntaxError, ValueError):  # importing the source says what is wrong with it
            continue
    print(json.dumps(compiled))


main()
