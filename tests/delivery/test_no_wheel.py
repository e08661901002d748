"""A clone can be installed for editing, and nothing else can be built from it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")


@pytest.mark.long
@pytest.mark.parametrize("kind", ["--wheel", "--sdist"])
def test_a_build_refuses_and_says_what_to_do_instead(kind: str, tmp_path: Path) -> None:
    arguments = [kind, "--no-build-isolation", "--offline", "--python", sys.executable, "--out-dir", str(tmp_path)]
    done = subprocess.run([UV, "build", *arguments, str(ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "edge-router has no wheel and no source distribution" in done.stderr
    assert "run `make setup`, or `pip install -e .` there. docs/adr/0017-no-wheel.md says why." in done.stderr
    assert list(tmp_path.glob("*.whl")) + list(tmp_path.glob("*.tar.gz")) == []


def test_an_installation_for_editing_names_no_folder_so_that_new_ones_come_along() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["setuptools"] == {"packages": [], "package-dir": {"": "."}}
    assert project["project"]["scripts"].keys() == {"edge-router"}
    assert Path(sys.executable).with_name("edge-router").exists()


def test_the_decision_that_the_message_names_is_there() -> None:
    assert (ROOT / "docs" / "adr" / "0017-no-wheel.md").exists()
