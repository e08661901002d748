"""The rooms of docs/architecture.md: which folder may import which, how many files one holds, how small a module is."""

from __future__ import annotations

from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = (
    *("bench", "demo", "cli", "pipeline", "infra", "cache_check", "pulumi_state"),
    *("simulator", "controller", "validator", "stats", "strategies", "router"),
)
LAYERS = (
    {"bench", "demo"},
    {"cli", "pipeline"},
    {"infra.program"},
    {"cache_check"},
    {"infra.observability"},
    {"infra.compute", "infra.cdn", "infra.rollout"},
    {"infra.data", "infra.package"},
    {"infra.settings"},
    {"simulator"},
    {"controller", "validator"},
    {"strategies.registry", "strategies.base", "stats", "pulumi_state"},
    {"router.control"},
    {"router.dynamodb"},
    {"router.model"},
)
"""The highest first: a room imports from lower ones only, and not from those beside it."""

MOST_FILES = 15
SMALL_LINES = 60
MOST_SMALL_MODULES = 60


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def sources() -> list[Path]:
    """The Python files of the product; those of scripts that another process runs are among them."""
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(path for path in found if "__pycache__" not in path.parts)


def folder_of(module: str) -> str:
    path = ROOT.joinpath(*module.split("."))
    return module if path.is_dir() else module.rpartition(".")[0]


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
        pytest.fail(" imported by ".join(error.args[1]))


def test_modules_do_not_import_each_other_in_a_circle(graph: grimp.ImportGraph) -> None:
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imported).prepare()
    except CycleError as error:
        pytest.fail(" imported by ".join(error.args[1]))


def test_a_room_imports_from_lower_ones_only(graph: grimp.ImportGraph) -> None:
    found = graph.find_illegal_dependencies_for_layers(layers=LAYERS)
    assert {f"{one.importer} imports {one.imported}" for one in found} == set()


def test_no_folder_is_a_drawer() -> None:
    files = Counter(path.parent.relative_to(ROOT).as_posix() for path in sources())
    assert {folder: count for folder, count in files.items() if count > MOST_FILES} == {}


def test_small_modules_stay_few() -> None:
    small = [path for path in sources() if path.name not in {"__init__.py", "__main__.py"}]
    small = [path for path in small if len(path.read_text(encoding="utf-8").splitlines()) < SMALL_LINES]
    assert len(small) <= MOST_SMALL_MODULES
