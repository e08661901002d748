"""Which modules a package holds, read from imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.package import modules as edge_modules
from infra.package.baked_config import baked_config
from infra.package.modules import EDGE_PACKAGES, imports_in, modules_for, modules_from
from tests.infra.configs import BUILT, ROOT, stack_of

ALARMS = {"notify": ["eyes@example.com"]}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project: `strategies.chosen` is the strategy."""
    sources = {
        "router/__init__.py": "",
        "router/handler.py": "def start():\n    from router.baked import build\n",
        "router/baked.py": "import json\ndef build():\n    from router.dynamodb.table import Table\n",
        "router/dynamodb/__init__.py": "",
        "router/model/__init__.py": "",
        "router/dynamodb/table.py": "import router.wire\n",
        "router/wire.py": "",
        "router/model/names.py": "",
        "router/unused.py": "",
        "strategies/__init__.py": "",
        "strategies/chosen.py": (
            "from __future__ import annotations\nfrom router.model import names\nimport cryptography\n"
            "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from router.unused import Thing\n"
            "else:\n    from strategies.parts import part\n"
        ),
        "strategies/parts.py": "from router.model.names import rule\n",
        "strategies/other.py": "",
    }
    for name, source in sources.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    monkeypatch.setitem(edge_modules.STRATEGIES, "chosen", "strategies.chosen:Chosen")
    return tmp_path


def test_imports_are_followed_also_those_inside_functions(project: Path) -> None:
    assert modules_for("chosen", root=project) == [
        "router",
        "router.baked",
        "router.dynamodb",
        "router.dynamodb.table",
        "router.handler",
        "router.model",
        "router.model.names",
        "router.wire",
        "strategies",
        "strategies.chosen",
        "strategies.parts",
    ]


def test_a_folder_with_bytecode_alone_is_no_package(project: Path) -> None:
    """A checkout of another commit leaves it behind, where a module has become a package or was one."""
    expected = modules_for("chosen", root=project)
    left = project / "strategies/chosen/__pycache__/__init__.cpython-313.pyc"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"")
    assert modules_for("chosen", root=project) == expected


def test_what_is_not_used_stays_out_with_what_only_it_needs(project: Path) -> None:
    mark(project, "only with table: others do not pay for it")
    assert set(modules_for("chosen", root=project)) - set(modules_for("chosen", keys=(), root=project)) == {
        "router.dynamodb",
        "router.dynamodb.table",
        "router.wire",
    }
    assert modules_for("chosen", keys={"table"}, root=project) == modules_for("chosen", root=project)


def test_of_several_keys_one_is_enough(project: Path) -> None:
    mark(project, "only with table or control")
    assert [name for name in ("table", "control", "metrics") if "router.dynamodb.table" in modules(project, name)] == [
        "table",
        "control",
    ]


def test_what_is_imported_at_the_top_of_anything_packaged_is_packaged(project: Path) -> None:
    """Whatever a lazy import elsewhere says of it."""
    mark(project, "only with table")
    (project / "strategies/parts.py").write_text("from router.dynamodb import table\n")
    assert {"router.dynamodb.table", "router.wire"} <= modules(project)


def test_an_import_at_the_top_cannot_be_marked(project: Path) -> None:
    (project / "strategies/parts.py").write_text("import json\nfrom router import table  # only with table\n")
    with pytest.raises(ValueError, match=r"^line 2: only an import inside a function can be left out of a package$"):
        modules(project)


def mark(project: Path, comment: str) -> None:
    (project / "router/baked.py").write_text(
        f"def build():\n    from router.dynamodb.table import Table  # {comment}\n"
    )


def modules(project: Path, *keys: str) -> set[str]:
    return set(modules_for("chosen", keys=keys, root=project))


LAZY = [
    (path.relative_to(ROOT).as_posix(), one, path.read_text().splitlines()[one.line - 1].partition("#")[2].strip())
    for package in EDGE_PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    for one in imports_in(path.read_bytes())
    if one.is_lazy and one.modules[0].partition(".")[0] in EDGE_PACKAGES
]


def test_every_lazy_import_of_ours_says_why_and_whether_a_package_goes_without() -> None:
    """`only with …` leaves it out of packages, `here, …` never does; nothing in between can be forgotten."""
    assert [(file, one.line) for file, one, why in LAZY if not why.startswith(("here, ", "only with "))] == []
    assert [(file, one.line) for file, one, why in LAZY if bool(one.only_with) != why.startswith("only with ")] == []


def test_what_it_depends_on_is_a_key_of_the_baked_config() -> None:
    settings = (
        {"control": "live"},
        {"alarms": ALARMS},
        {"strategy": "cookie-version"},
        {"strategy": "fastest-origin"},
        {"strategy": "sticky-session", "stickySession": {"keyPrefix": "sess:"}},
        {"skew": {"pathPrefix": "/_v"}, "origins": BUILT},
        {"failover": {"paths": ["/*"]}},
        {"strategy": "cookie-version", "bots": {"enabled": True}},
        {"origins": {name: {"bucket": "shop", "region": "eu-west-1"} for name in ("stable", "canary")}},
    )
    configs = [baked_config(stack_of(**each)) for each in settings]
    known = {key for config in configs for key in config} | {"needs"}  # of what only a deployment asks for
    assert {key for _, one, _ in LAZY for key in one.only_with} <= known
    assert len(LAZY) > 5


def test_other_packages_are_read_in_the_same_way(project: Path) -> None:
    (project / "controller").mkdir()
    (project / "controller" / "__init__.py").touch()
    (project / "controller" / "handler.py").write_text(
        "import boto3\nfrom router.model import names\nimport strategies.parts\n"
    )
    found = modules_from(["controller.handler"], ("controller", "router"), root=project)
    assert found == ["controller", "controller.handler", "router", "router.model", "router.model.names"]
