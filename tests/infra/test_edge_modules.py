"""Which modules a package holds, read from imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra import edge_modules
from infra.edge_modules import TABLE_READER, modules_for, modules_from


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project: `strategies.chosen` is the strategy."""
    sources = {
        "router/__init__.py": "",
        "router/handler.py": "def start():\n    from router.baked import build\n",
        "router/baked.py": "import json\ndef build():\n    from router.table import Table\n",
        "router/table.py": "import router.wire\n",
        "router/wire.py": "",
        "router/names.py": "",
        "router/unused.py": "",
        "strategies/__init__.py": "",
        "strategies/chosen.py": (
            "from __future__ import annotations\nfrom router import names\nimport jwt\n"
            "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from router.unused import Thing\n"
            "else:\n    from strategies.parts import part\n"
        ),
        "strategies/parts.py": "from router.names import rule\n",
        "strategies/other.py": "",
    }
    for name, source in sources.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
    monkeypatch.setitem(edge_modules.STRATEGIES, "chosen", "strategies.chosen:Chosen")
    return tmp_path


def test_imports_are_followed_also_those_inside_functions(project: Path) -> None:
    assert modules_for("chosen", root=project) == [
        "router",
        "router.baked",
        "router.handler",
        "router.names",
        "router.table",
        "router.wire",
        "strategies",
        "strategies.chosen",
        "strategies.parts",
    ]


def test_what_is_not_used_stays_out_with_what_only_it_needs(project: Path) -> None:
    left_out = set(modules_for("chosen", root=project)) - set(modules_for("chosen", without=TABLE_READER, root=project))
    assert left_out == {"router.table", "router.wire"}


def test_other_packages_are_read_in_the_same_way(project: Path) -> None:
    (project / "controller").mkdir()
    (project / "controller" / "__init__.py").touch()
    (project / "controller" / "handler.py").write_text(
        "import boto3\nfrom router import names\nimport strategies.parts\n"
    )
    found = modules_from(["controller.handler"], ("controller", "router"), root=project)
    assert found == ["controller", "controller.handler", "router", "router.names"]
