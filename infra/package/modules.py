"""The project's modules that a package needs: all that its entry point imports, read from the source.

An import inside a function can be left out of a stack's package where its comment says so:

    from router.dynamodb.table import Table  # only with table: …

is followed where the stack's config.json has something under "table" (of several keys, `# only with table or control`,
one is enough). Every other import is always followed, so that nothing is left out that an import at the top needs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from os.path import isfile
from pathlib import Path

from strategies.registry import STRATEGIES

ENTRY_POINT = "router.handler"
EDGE_PACKAGES = ("router", "strategies")

_MARK = re.compile(r"# only with (\w+(?: or \w+)*)")


@dataclass(frozen=True)
class OwnImport:
    """An import statement. `modules` are the names that may be modules; the first is one.

    `only_with` are the keys of config.json of which one has to be set for it to run; none: it may always run.
    """

    line: int
    modules: tuple[str, ...]
    is_lazy: bool
    only_with: frozenset[str]


def modules_for(strategy: str, *, keys: Collection[str] | None = None, root: Path) -> list[str]:
    """Return the modules of router/ and strategies/ in a package for one strategy, sorted.

    `keys` are the keys of its config.json that are set; None stands for all. `root` is the folder above both packages.
    """
    strategy_module = STRATEGIES[strategy].partition(":")[0]
    return modules_from([ENTRY_POINT, strategy_module], EDGE_PACKAGES, keys=keys, root=root)


def modules_from(
    entry_points: list[str], packages: Collection[str], *, keys: Collection[str] | None = None, root: Path
) -> list[str]:
    """Return these modules and all that they import from these packages, sorted; `keys` as for modules_for."""
    waiting, found = list(entry_points), set[str]()
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += [name for name in _imported_modules(module, keys, root) if name.partition(".")[0] in packages]
    return sorted(found)


def source_path(module: str, root: Path) -> Path:
    """Return the file of a module or of a package."""
    return Path(_source_path(module, str(root)))


def _source_path(module: str, root: str) -> str:
    """Return it as text: a package asks for hundreds of names, and building paths takes most of the time."""
    path = f"{root}/{module.replace('.', '/')}"
    package = f"{path}/__init__.py"  # a folder alone may be one that another commit left behind, with bytecode in it
    return package if isfile(package) else f"{path}.py"  # noqa: PTH113  text, as said


@cache
def imports_in(source: bytes) -> tuple[OwnImport, ...]:
    """Return every import except those for type checkers.

    ValueError where one at the top of a module is marked: it always runs.
    """
    lines = source.splitlines()
    found = tuple(_parse(statement, is_lazy, lines) for statement, is_lazy in _statements(ast.parse(source)))
    for one in found:
        if one.only_with and not one.is_lazy:
            raise ValueError(f"line {one.line}: only an import inside a function can be left out of a package")
    return found


def _imported_modules(module: str, keys: Collection[str] | None, root: Path) -> Iterator[str]:
    yield from _packages_above(module)
    for one in imports_in(source_path(module, root).read_bytes()):
        if keys is None or not one.only_with or not one.only_with.isdisjoint(keys):
            yield one.modules[0]
            yield from (name for name in one.modules[1:] if isfile(_source_path(name, str(root))))  # noqa: PTH113


def _packages_above(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _statements(node: ast.AST, is_lazy: bool = False) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node, is_lazy
    is_lazy = is_lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    is_for_types = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    for child in node.orelse if is_for_types and isinstance(node, ast.If) else ast.iter_child_nodes(node):
        yield from _statements(child, is_lazy)


def _parse(statement: ast.Import | ast.ImportFrom, is_lazy: bool, lines: list[bytes]) -> OwnImport:
    """Parse a statement and the comment after it; positions of ast count bytes."""
    end = statement.end_lineno or statement.lineno
    mark = _MARK.match(lines[end - 1][statement.end_col_offset :].decode().strip())
    only_with = frozenset(mark[1].split(" or ")) if mark else frozenset[str]()
    return OwnImport(statement.lineno, _module_names(statement), is_lazy, only_with)


def _module_names(statement: ast.Import | ast.ImportFrom) -> tuple[str, ...]:
    """Return the names; `from router.model import names` may import a module, too, which has a file."""
    if isinstance(statement, ast.Import):
        return tuple(alias.name for alias in statement.names)
    module = statement.module or ""
    return (module, *(f"{module}.{alias.name}" for alias in statement.names))
