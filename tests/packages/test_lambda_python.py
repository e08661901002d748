"""Which interpreter packages are tried with, by what a machine has."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.package.process import lambda_python

Place = Callable[[str, str], Path]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A machine with another Python and no other one; `place` puts a file there that says it has a version."""
    monkeypatch.setattr(sys, "version", "3.11.7 (main)")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PYENV_ROOT", raising=False)

    def put(name: str, script: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    lambda_python.cache_clear()
    yield put
    lambda_python.cache_clear()


def test_without_lambdas_version_it_is_the_running_one_and_machine_code_is_not_for_it(place: Place) -> None:
    found = lambda_python()
    assert (found.path, found.loads_native, found.is_lambda_version) == (sys.executable, False, False)


@pytest.mark.parametrize(
    "name",
    [
        "bin/python3.13",
        "home/.pyenv/versions/3.13.7/bin/python3.13",
        "home/.local/share/uv/python/cpython-3.13.7-linux-x86_64-gnu/bin/python3.13",
    ],
)
def test_it_is_found_on_the_path_and_where_version_managers_keep_theirs(name: str, place: Place) -> None:
    path = place(name, "echo 3.13")
    assert lambda_python().path == str(path)


def test_uv_is_asked_where_it_keeps_one_but_not_to_download_it(place: Place) -> None:
    elsewhere = place("elsewhere/python3.13", "echo 3.13")
    place("bin/uv", f'test "$*" = "python find --no-python-downloads --no-project --system 3.13" && echo {elsewhere}')
    assert lambda_python().path == str(elsewhere)
    assert lambda_python().is_lambda_version


@pytest.mark.parametrize(
    "script", ["echo 'pyenv: command not found' >&2; exit 127", "echo 3.13t", "echo 3.12", "exit 0"]
)
def test_what_only_has_its_name_is_passed_over(script: str, place: Place) -> None:
    """Such as pyenv's, which is there for versions that are not chosen, and builds that load other machine code."""
    place("home/.pyenv/versions/3.13.0t/bin/python3.13", script)
    assert lambda_python().path == sys.executable
    lambda_python.cache_clear()
    right = place("bin/python3.13", "echo 3.13")
    assert lambda_python().path == str(right)
