"""A compilation of sources in a separate process, whose results depend on nothing but them and the version of Python.

Run as `python -I -S -B compile_worker.py [without-annotations]`, with sources by name (text in JSON) on standard input.
It writes the .pyc files by name, in base64, as JSON on standard output; sources that cannot be compiled are left out.
"""

import ast
import base64
import importlib.util
import json
import marshal
import sys

UNCHECKED_HASH = (1).to_bytes(4, "little")
"""Flags of a .pyc that is used whatever the time and the content of its source are (PEP 552)."""
MARSHAL_VERSION = 2
"""The last without references, which depend on what else the process refers to."""


HAS_ANNOTATIONS = "without-annotations" not in sys.argv


class Annotations(ast.NodeTransformer):
    """Removes the annotations of functions, a tenth of the bytecode; those of classes make their fields."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node


def compile_source(source: bytes) -> bytes:
    """Return a .pyc file; SyntaxError or ValueError. An import writes the file's name into it, wherever that is."""
    tree = ast.parse(source)
    code = compile(tree if HAS_ANNOTATIONS else Annotations().visit(tree), "-", "exec", dont_inherit=True, optimize=0)
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
