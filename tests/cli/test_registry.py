"""One `up` of a stack at a time, whatever a process that was killed has left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.output.errors import OperationError
from cli.stacks.running import ADDRESSES, find_local
from cli.stacks.workspace import Workspace
from cli.up.registry import LOCK, hold_lock

HOLDING = """
import pathlib, sys
from cli.stacks.workspace import Workspace
from cli.up.registry import hold_lock
with hold_lock(Workspace(pathlib.Path(sys.argv[1])), "prod", 8080):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.mark.long
def test_a_second_one_is_refused_with_the_first_ones_port_and_process(workspace: Workspace):
    command = [sys.executable, "-c", HOLDING, str(workspace.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(OperationError) as caught, hold_lock(workspace, "prod", 0):
            pass
        assert str(caught.value) == (
            f"stack prod is up already (local, port 8080, process {other.pid}, still starting or stopping): stop that"
            " one first, or serve another stack"
        )
        with hold_lock(workspace, "staging", 0):
            pass
        other.kill()
    with hold_lock(workspace, "prod", 0):
        assert json.loads((workspace.root / ".edge-router" / "prod" / LOCK).read_text())["pid"] == os.getpid()


def test_a_folder_that_cannot_be_written_is_named(workspace: Workspace):
    (workspace.root / ".edge-router").write_text("")
    with pytest.raises(OperationError) as caught, hold_lock(workspace, "prod", 0):
        pass
    assert str(caught.value) == f"{workspace.root / '.edge-router' / 'prod' / LOCK}: cannot be written: Not a directory"


def test_a_file_that_makes_no_sense_does_not_matter(workspace: Workspace):
    work = workspace.root / ".edge-router" / "prod"
    work.mkdir(parents=True)
    (work / LOCK).write_text("{")
    for text in ("{", "[]", "{}", '{"statusUrl": 5}', '{"statusUrl": "http://127.0.0.1:1/"}', '{"statusUrl": "no"}'):
        (work / ADDRESSES).write_text(text)
        assert find_local(workspace, "prod") is None
    named = pytest.raises(
        OperationError, match=r"^stack prod is up already \(local, on a free port, process \d+, still"
    )
    with hold_lock(workspace, "prod", 0), named, hold_lock(workspace, "prod", 8080):
        pass
