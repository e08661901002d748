"""A package that has started is not started again, as long as nothing that it is made of has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.package import process, start, started
from infra.package.process import Interpreter
from infra.package.started import start_error
from tests.packages.started import stack_with


class Starts:
    """Stands for the start of a package: counts, and says what it is told to."""

    count = 0
    error = ""

    def start_error(self, _stack: object) -> str:
        self.count += 1
        return self.error


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> Starts:
    fake = Starts()
    monkeypatch.setattr(start, "start_error", fake.start_error)
    return fake


def test_a_package_that_has_started_is_not_started_again(starts: Starts, tmp_path: Path) -> None:
    note = tmp_path / "local" / "started"
    assert [start_error(stack_with("sticky-session"), note) for _ in range(2)] == ["", ""]
    assert starts.count == 1


def test_a_failure_is_never_noted(starts: Starts, tmp_path: Path) -> None:
    starts.error = "the package for sticky-session does not start"
    assert [start_error(stack_with("sticky-session"), tmp_path / "started") for _ in range(2)] == [starts.error] * 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("changed", [{"release": "another"}, {"override": {"header": "x-qa", "secret": "a" * 32}}])
def test_other_settings_are_another_package(changed: dict[str, object], starts: Starts, tmp_path: Path) -> None:
    start_error(stack_with("cookie-version"), tmp_path / "started")
    start_error(stack_with("cookie-version", **changed), tmp_path / "started")
    assert starts.count == 2


def test_another_source_is_another_package(starts: Starts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "project"
    (root / "router").mkdir(parents=True)
    monkeypatch.setattr(started, "ROOT", root)
    for text in ("VALUE = 1\n", "VALUE = 2\n"):
        (root / "router" / "event.py").write_text(text)
        start_error(stack_with("cookie-version"), tmp_path / "started")
    assert starts.count == 2


def test_another_interpreter_starts_it_again(starts: Starts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for loads_native in (True, False):
        python = Interpreter(process.lambda_python().path, loads_native=loads_native)
        monkeypatch.setattr(started, "lambda_python", lambda python=python: python)
        start_error(stack_with("cookie-version"), tmp_path / "started")
    assert starts.count == 2


@pytest.mark.parametrize("content", [b"", b"\xff", b"0" * 64])
def test_a_note_of_something_else_is_no_start(content: bytes, starts: Starts, tmp_path: Path) -> None:
    note = tmp_path / "started"
    note.write_bytes(content)
    assert (start_error(stack_with("cookie-version"), note), starts.count) == ("", 1)


def test_a_note_that_cannot_be_written_is_no_error(starts: Starts, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert (start_error(stack_with("cookie-version"), tmp_path / "file" / "started"), starts.count) == ("", 1)
