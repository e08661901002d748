"""The packages of controller and validator: what is in them, and that their bytes depend on their inputs only."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.package.bundle import build_controller, build_validator
from infra.settings.stack import Stack
from tests.infra.configs import ROOT, stack_of

PLAN = {"steps": [10, 100]}
BUILDS = [build_controller, build_validator]
every_build = pytest.mark.parametrize("build", BUILDS)


def live(**changes: object) -> Stack:
    return stack_of(control="live", rollout=PLAN, **changes)


@pytest.mark.long
@every_build
def test_the_same_inputs_give_the_same_bytes_for_the_owner_only(
    build: Callable[[Stack, Path], Path], tmp_path: Path
) -> None:
    first, second = build(live(), tmp_path / "a"), build(live(canaryPercent="3"), tmp_path / "b")
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()
    assert stat.S_IMODE(first.stat().st_mode) == 0o600


def test_the_controller_is_small_without_a_function_before_the_cache(tmp_path: Path) -> None:
    path = build_controller(live(), tmp_path)
    assert path.stat().st_size <= 80 * 1024
    with ZipFile(path) as archive:
        names = set(archive.namelist())
    own = {source.relative_to(ROOT).as_posix() for source in (ROOT / "controller").rglob("*.py")}
    assert {name for name in names if name.startswith("controller/")} <= own
    assert not [name for name in names if name.startswith(("tests/", "infra/", "strategies/"))]


STARTER = """
import json, sys
sys.path.insert(0, sys.argv[1])
import {module}.handler
print(json.dumps(sorted(module.__file__ for name, module in sys.modules.items()
                        if name.partition(".")[0] in ("controller", "validator", "router", "stats"))))
"""


@pytest.mark.long
@every_build
def test_its_handler_is_imported_from_it_alone(build: Callable[[Stack, Path], Path], tmp_path: Path) -> None:
    """Third-party modules are this machine's; Lambda's boto3 is one of them."""
    task = tmp_path / "task"
    path = build(live(), tmp_path)
    with ZipFile(path) as archive:
        archive.extractall(task)
    starter = STARTER.replace("{module}", path.name.partition("-")[0])
    found = subprocess.run(
        [sys.executable, "-I", "-B", "-c", starter, str(task)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "AWS_REGION": "us-east-1"},
    )
    files = json.loads(found.stdout)
    assert files
    assert all(file.startswith(str(task)) for file in files)
