"""Source without comments and docstrings: the same program, line by line."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from infra.package.strip_comments import strip_annotations, strip_comments
from tests.infra.configs import ROOT

MODULES = sorted([*(ROOT / "router").glob("*.py"), *(ROOT / "strategies").glob("*.py")])


def test_what_is_for_type_checkers_goes_and_lines_stay() -> None:
    source = '''TYPE_CHECKING = False
if TYPE_CHECKING:
    import os  # unused

    Name = str
    """A name: ü."""

    @dataclass_transform(
        frozen_default=True)
    def record(cls): ...  # nothing
else:
    from there import record
if TYPE_CHECKING: import sys
if TYPE_CHECKING:
    """Words."""
    @decorated
    class Known: ...
if other:
    import json
'''
    assert strip_comments(source.encode()).decode().split("\n") == [
        *("TYPE_CHECKING = False", "if TYPE_CHECKING:", '    ""', *[""] * 7, "else:", "    from there import record"),
        'if TYPE_CHECKING: ""',
        *("if TYPE_CHECKING:", '    ""', "", "", "if other:", "    import json", ""),
    ]


def test_a_decorator_for_type_checkers_goes_with_what_it_decorates() -> None:
    source = b"if TYPE_CHECKING:\n    @decorated\n    def known(): ...\n"
    assert strip_comments(source) == b'if TYPE_CHECKING:\n    ""\n\n'


def test_comments_and_docstrings_go_and_lines_stay() -> None:
    source = '''"""A module."""

import os  # for paths

# Not "this" one.
MARK = "# no comment"
"""What it means,
over two lines: ü."""


def only_a_docstring():
    """Words."""


def text():
    """Words, and é: """; return """kept\x20\x20
# as it is"""
'''
    assert strip_comments(source.encode()).decode().split("\n") == [
        '""',
        "",
        "import os",
        "",
        "",
        'MARK = "# no comment"',
        '""',
        "",
        "",
        "",
        "def only_a_docstring():",
        '    ""',
        "",
        "",
        "def text():",
        '    ""; return """kept  ',
        '# as it is"""',
        "",
    ]


@pytest.mark.long_if(r"^router\.[a-gm-s]|^strategies")
@pytest.mark.parametrize("module", MODULES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_what_is_left_is_the_same_program(module: Path) -> None:
    source = module.read_bytes()
    assert _statements(strip_comments(source)) == _statements(source)
    assert b"# " not in strip_comments(source)


def test_annotations_of_functions_go_and_those_of_classes_stay() -> None:
    source = """class Read:
    width: int = 3
def read(é: str, *many: int, width: int = 3, **named: "dict[str, str]") -> Read: return é
def long(
    first: dict[
        str, str
    ],
    second: int,
) -> None: ...
"""
    assert strip_annotations(source.encode()).decode().split("\n") == [
        *("class Read:", "    width: int = 3", "def read(é, *many, width = 3, **named): return é"),
        *("def long(", "    first: dict[", "        str, str", "    ],", "    second,", "): ...", ""),
    ]


@pytest.mark.long_if(r"^router\.[a-gm-s]|^strategies")
@pytest.mark.parametrize("module", MODULES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_without_annotations_it_is_the_same_program(module: Path) -> None:
    source = module.read_bytes()
    assert _without_annotations(strip_annotations(source)) == _without_annotations(source)


def _without_annotations(source: bytes) -> list[tuple[int, str]]:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return [(node.lineno, ast.dump(node)) for node in ast.walk(tree) if isinstance(node, ast.stmt)]


def _statements(source: bytes) -> list[tuple[int, str]]:
    """Every statement but strings that stand alone and what is for type checkers, with its line."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            node.value.value = ""
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = ast.parse('""').body
            ast.increment_lineno(node.body[0], node.lineno)
    return [(node.lineno, ast.dump(node)) for node in ast.walk(tree) if isinstance(node, ast.stmt)]
