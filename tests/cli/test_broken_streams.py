"""Whatever standard input, output and error are: no command ends in a traceback, or with an exit code of Python's."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ROOT
from tests.cli.every_command import COMMANDS, Command

STREAMS = {
    "stdin closed": {"0": "closed"},
    "stdin is a folder": {"0": "folder"},
    "stdout closed": {"1": "closed"},
    "stdout full": {"1": "full"},
    "nobody reads stdout": {"1": "gone"},
    "stderr closed": {"2": "closed"},
    "stderr full": {"2": "full"},
    "nobody reads stderr": {"2": "gone"},
    "all closed": {"0": "closed", "1": "closed", "2": "closed"},
    "all full": {"1": "full", "2": "full"},
}
EXIT_CODES = {0, 1, 2, 3, 130, 141}
Forked = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forked]:
    """`forked(["status"], {"1": "full"})`: the command with that for its standard output."""
    home = tmp_path_factory.mktemp("home")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.forked"],
        cwd=ROOT,
        env=kept | {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(home), "PATH": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    asked, answers = process.stdin, process.stdout

    def run(arguments: list[str], streams: dict[str, str]) -> dict[str, Any]:
        asked.write(json.dumps({"arguments": arguments, "streams": streams}) + "\n")
        asked.flush()
        return json.loads(answers.readline())

    yield run
    asked.close()
    assert process.wait(20) == 0
    answers.close()


def command_line(command: Command) -> list[str]:
    """So that it ends soon, and does nothing: most of them name a stack that is not there."""
    nowhere = "no/where" if command.name == "sweep" else "nowhere"  # which asks AWS for any other
    return command.call(stack=nowhere) if command.takes("--stack") else command.call()


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
@pytest.mark.parametrize("streams", STREAMS.values(), ids=STREAMS)
def test_no_stream_ends_a_command_in_a_traceback(forked: Forked, command: Command, streams: dict[str, str]) -> None:
    for more in ([], ["--json"] if command.takes("--json") else []):
        ended = forked([*command_line(command), *more], streams)
        assert ended["code"] in EXIT_CODES, ended
        assert "Traceback" not in ended["err"] + ended["out"]
        assert "Exception ignored" not in ended["err"]


PROGRESS = "checking local …\n"
"""What a slow machine is told meanwhile."""
CHECK = ["config", "check", "--stack", "local"]
COST = ["cost", "--requests", "1000000", "--json"]


@pytest.mark.long
def test_output_that_fits_nowhere_is_an_error(forked: Forked) -> None:
    for arguments in (CHECK, COST):
        ended = forked(arguments, {"1": "full"})
        assert (ended["code"], ended["err"].splitlines()[-1]) == (
            1,
            "error: standard output cannot be written: No space left on device",
        )


@pytest.mark.long
def test_output_that_nobody_reads_ends_quietly_as_by_sigpipe(forked: Forked) -> None:
    ended = forked(CHECK, {"1": "gone"})
    assert ended["code"] == 141
    assert ended["err"] in ("", PROGRESS)


@pytest.mark.long
def test_a_failure_keeps_its_exit_code_whoever_reads(forked: Forked) -> None:
    for kind in ("gone", "full", "closed"):
        assert forked([*CHECK, "--set", "pin=x", "--json"], {"1": kind})["code"] == 1
        assert forked([*CHECK, "--set", "pin=x"], {"2": kind})["code"] == 1


@pytest.mark.long
@pytest.mark.parametrize("arguments", [CHECK, COST], ids=["text", "JSON"])
def test_output_that_is_lost_because_it_is_closed_is_an_error(forked: Forked, arguments: list[str]) -> None:
    ended = forked(arguments, {"1": "closed"})
    assert (ended["code"], ended["out"]) == (1, "")
    assert ended["err"].splitlines()[-1] == "error: standard output cannot be written: it is closed"


@pytest.mark.long
def test_something_left_to_do_is_an_error_where_nothing_says_what(forked: Forked, tmp_path: Path) -> None:
    request = tmp_path / "request"
    request.write_text("GET / HTTP/1.1\ncookie: sessiontoken=a\n")
    undecided = ["explain", "--stack", "prod", str(request)]
    assert [forked(undecided, {"1": kind})["code"] for kind in ("null", "full", "closed")] == [3, 1, 1]


@pytest.mark.long
def test_standard_input_that_is_closed_is_told(forked: Forked) -> None:
    assert forked(["explain", "-"], {"0": "closed"}) == {
        "code": 2,
        "out": "",
        "err": "error: standard input: is closed\n",
    }


@pytest.mark.long
def test_a_closed_stream_is_not_given_to_the_next_file(forked: Forked, tmp_path: Path) -> None:
    """Descriptor 1 would be the package's, and what is printed would stand in it."""
    package = tmp_path / "package.zip"
    assert forked(["bundle", "--stack", "local", "--out", str(package)], {"1": "closed"})["code"] == 1
    assert package.read_bytes().startswith(b"PK")
    assert b"sha256" not in package.read_bytes()


@pytest.mark.long
def test_a_shells_redirection_that_fails_is_told() -> None:
    command = f"exec {shlex.quote(sys.executable)} -m cli explain - <&-"
    shell = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (shell.returncode, shell.stderr) == (2, "error: standard input: is closed\n")
