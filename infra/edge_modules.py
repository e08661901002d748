"""Which of our modules a package needs: what its entry point imports, read from the source and never by hand."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

from strategies.registry import STRATEGIES

ENTRY_POINT = "router.handler"
TABLE_READER = frozenset({"router.table"})
TABLE_CLIENTS = frozenset({"router.clients"})
LIVE_CONTROL = frozenset({"router.control", "router.live", "router.stopwatch"})
METRICS = frozenset({"router.metrics"})
CACHE_GUARD = frozenset({"router.cache_guard"})
CACHE_CONTROL = frozenset({"router.cache_control"})
"""What router.baked imports only where the stack's config asks for it, and router.routing where cookies are set."""
EDGE_PACKAGES = ("router", "strategies")


def modules_for(strategy: str, *, without: Collection[str] = (), root: Path) -> list[str]:
    """The modules of router/ and strategies/ that a package for one strategy holds, sorted.

    All imports count, also those inside functions, which only put off their cost. `without` names modules that the
    stack has no use for, with what only they import: router.baked imports them only where it does. `root` is the folder
    above both packages.
    """
    strategy_module = STRATEGIES[strategy].partition(":")[0]
    return modules_from([ENTRY_POINT, strategy_module], EDGE_PACKAGES, without=without, root=root)


def modules_from(
    entry_points: list[str], packages: Collection[str], *, without: Collection[str] = (), root: Path
) -> list[str]:
    """What these modules of our packages import of them, and what that imports, sorted."""
    waiting, found = list(entry_points), set[str]()
    while waiting:
        module = waiting.pop()
        if module in found or module in without:
            continue
        found.add(module)
        waiting += [name for name in _imports(module, root) if name.partition(".")[0] in packages]
    return sorted(found)


def source_of(module: str, root: Path) -> Path:
    """The file of a module or of a package."""
    path = root.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _imports(module: str, root: Path) -> Iterator[str]:
    yield from _packages_above(module)
    for names in _imports_in(source_of(module, root).read_bytes()):
        yield names[0]
        yield from (name for name in names[1:] if source_of(name, root).is_file())


@cache
def _imports_in(source: bytes) -> tuple[tuple[str, ...], ...]:
    """For every import of a source what it may name; the first is a module for certain."""
    return tuple(names for statement in _statements(ast.parse(source)) for names in _named(statement))


def _packages_above(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _statements(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import that can run, that is all but those for type checkers."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node
    is_for_types = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    for child in node.orelse if is_for_types and isinstance(node, ast.If) else ast.iter_child_nodes(node):
        yield from _statements(child)


def _named(statement: ast.Import | ast.ImportFrom) -> list[tuple[str, ...]]:
    """`from router import names` may import the module router.names, too; a class is told apart by having no file."""
    if isinstance(statement, ast.Import):
        return [(alias.name,) for alias in statement.names]
    module = statement.module or ""
    return [(module, *(f"{module}.{alias.name}" for alias in statement.names))]
