"""One `up` of a stack at a time, whatever a process that was killed has left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cli.stacks.load
import pytest
from cli.up.lock import LOCK, hold_lock

from cli.output.errors import OperationError
from cli.stacks.running import ADDRESSES, find_local

HOLDING = """
import cli.stacks.load, pathlib, sys
from cli.up.lock import hold_lock
cli.stacks.load.PROJECT = pathlib.Path(sys.argv[1])
with hold_lock("prod", 8080):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cli.stacks.load, "PROJECT", tmp_path)
    return tmp_path


def test_a_second_one_is_refused_with_the_first_ones_port_and_process(folder: Path):
    command = [sys.executable, "-c", HOLDING, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(OperationError) as caught, hold_lock("prod", 0):
            pass
        assert str(caught.value) == (
            f"stack prod is up already (local, port 8080, process {other.pid}, still starting or ending): end that one"
            " first, or serve another stack"
        )
        with hold_lock("staging", 0):
            pass
        other.kill()
    with hold_lock("prod", 0):
        assert json.loads((folder / ".edge-router" / "prod" / LOCK).read_text())["pid"] == os.getpid()


def test_a_folder_that_cannot_be_written_is_named(folder: Path):
    (folder / ".edge-router").write_text("")
    with pytest.raises(OperationError) as caught, hold_lock("prod", 0):
        pass
    assert str(caught.value) == f"{folder / '.edge-router' / 'prod' / LOCK}: cannot be written: Not a directory"


def test_a_file_that_makes_no_sense_does_not_matter(folder: Path):
    work = folder / ".edge-router" / "prod"
    work.mkdir(parents=True)
    (work / LOCK).write_text("{")
    for text in ("{", "[]", "{}", '{"statusUrl": 5}', '{"statusUrl": "http://127.0.0.1:1/"}', '{"statusUrl": "no"}'):
        (work / ADDRESSES).write_text(text)
        assert find_local("prod") is None
    named = pytest.raises(
        OperationError, match=r"^stack prod is up already \(local, on a free port, process \d+, still"
    )
    with hold_lock("prod", 0), named, hold_lock("prod", 8080):
        pass
