"""A project whose stacks may be edited."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.infra.configs import ROOT

FOLDERS = (
    *("cache_check", "controller", "demo", "functions", "infra", "pipeline", "pulumi_state", "router", "stats"),
    *("strategies", "validator"),
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the Pulumi program needs of the project."""
    for package in FOLDERS:
        shutil.copytree(ROOT / package, tmp_path / package)  # with bytecode: half of the time of an import
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, tmp_path)
    shutil.copy(ROOT / "__main__.py", tmp_path)
    return tmp_path
