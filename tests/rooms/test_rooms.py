"""The rooms of docs/architecture.md: which package imports which, how full a folder is, how small a module."""

from __future__ import annotations

import json
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
IMPORTS = {
    "router": {"strategies"},
    "strategies": {"router"},
    "stats": set[str](),
    "pulumi_state": set[str](),
    "controller": {"router", "stats"},
    "validator": {"stats"},
    "cache_check": {"infra", "pulumi_state"},
    "policy": {"cache_check", "pulumi_state"},
    "console": set[str](),
    "infra": {"router", "strategies", "controller", "cache_check", "pulumi_state", "stats"},
    "provider": {"infra", "strategies"},
    "pipeline": {"infra"},
    "simulator": {"controller", "pulumi_state", "stats"},
    "what_if": {"router", "strategies", "controller", "infra"},
    "acceptance": {"router", "infra", "stats", "simulator", "validator"},
    "cli": {
        *("router", "strategies", "controller", "validator", "infra"),
        *("cache_check", "pulumi_state", "simulator", "demo", "console", "what_if", "acceptance"),
    },
    "demo": {"controller", "infra", "simulator", "cli", "acceptance"},
    "release": {"strategies", "infra", "cli"},
    "bench": {"controller", "stats", "infra", "simulator", "cli", "what_if"},
}
"""The packages that each package imports. The folders below them import in one direction, which the next test holds."""

MOST_FILES = 15
SMALL_LINES = 60
MOST_SMALL_MODULES = 58
MOST_UNTYPED = 377
"""Entries of .basedpyright/baseline.json. Lower it with them: basedpyright takes those away that are mended."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*IMPORTS, cache_dir=None)


def sources() -> list[Path]:
    """The Python files of the product; those of scripts that another process runs are among them."""
    found = (path for package in IMPORTS for path in (ROOT / package).rglob("*.py"))
    return sorted(path for path in found if "__pycache__" not in path.parts)


def folder_of(module: str) -> str:
    return module if ROOT.joinpath(*module.split(".")).is_dir() else module.rpartition(".")[0]


def test_folders_do_not_import_each_other_in_a_circle(graph: grimp.ImportGraph) -> None:
    imported: dict[str, set[str]] = {}
    for importer in graph.modules:
        for module in graph.find_modules_directly_imported_by(importer):
            here, there = folder_of(importer), folder_of(module)
            if here != there:
                imported.setdefault(here, set()).add(there)
    try:
        TopologicalSorter(imported).prepare()
    except CycleError as error:
        pytest.fail(", which is imported by ".join(error.args[1]))


def test_a_package_imports_what_the_page_on_the_architecture_says(graph: grimp.ImportGraph) -> None:
    found: dict[str, set[str]] = {package: set() for package in IMPORTS}
    for importer in graph.modules:
        found[importer.partition(".")[0]] |= {
            module.partition(".")[0] for module in graph.find_modules_directly_imported_by(importer)
        }
    assert {package: others - {package} for package, others in found.items()} == IMPORTS


def test_the_router_knows_of_strategies_only_what_they_are_and_their_names(graph: grimp.ImportGraph) -> None:
    imported = {
        module
        for importer in graph.find_descendants("router")
        for module in graph.find_modules_directly_imported_by(importer)
        if module.startswith("strategies")
    }
    assert imported == {"strategies.base", "strategies.registry"}


def test_no_folder_is_a_drawer() -> None:
    files = Counter(path.parent.relative_to(ROOT).as_posix() for path in sources())
    assert {folder: count for folder, count in files.items() if count > MOST_FILES} == {}


def test_small_modules_stay_few() -> None:
    """Without `strategies/`, where a strategy is a file, however small: a new one shall not meet this limit."""
    named = [path for path in sources() if path.name not in {"__init__.py", "__main__.py"}]
    modules = [path for path in named if path.parent != ROOT / "strategies"]
    small = [path for path in modules if len(path.read_text(encoding="utf-8").splitlines()) < SMALL_LINES]
    assert len(small) <= MOST_SMALL_MODULES, (
        f"{len(small)} modules have fewer than {SMALL_LINES} lines: put what a new one has beside what it belongs to"
        " (a command into the command.py of its family), or raise MOST_SMALL_MODULES and say in the commit why it is"
        f" an idea of its own. The smallest: {', '.join(sorted(path.relative_to(ROOT).as_posix() for path in small))}"
    )


def test_every_room_says_what_it_is_for() -> None:
    rooms = [path for path in sources() if path.name == "__init__.py"]
    silent = [path.relative_to(ROOT) for path in rooms if not path.read_text(encoding="utf-8").startswith('"""')]
    assert silent == [], 'begin each with a docstring that says what its folder is for: """Check settings …."""'


def test_the_baseline_of_the_type_checker_only_shrinks() -> None:
    baseline = json.loads((ROOT / ".basedpyright/baseline.json").read_text(encoding="utf-8"))
    assert sum(map(len, baseline["files"].values())) <= MOST_UNTYPED
