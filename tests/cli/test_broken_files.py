"""Whatever a file turns out to be: every command that reads one says what is wrong with it, without a traceback."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from simulator.standin.config.text_file import TextFileError, read_text
from tests.cli.conftest import Result
from tests.cli.every_command import COMMANDS, Command

Run = Callable[..., Result]
TEXTS = {
    "bytes": b"config:\n  edge-router:pin: \xff\xfe\n",
    "utf-16": "config: {}".encode("utf-16"),
    "nul": b"config:\0\n",
    "control character": b"config:\n  edge-router:pin: \x07\n",
    "half": b"config:\n  edge-router:origins: {stable: [",
    "list": b"- a\n- b\n",
    "text": b"just some words",
    "deep": b"[" * 1_200,
    "a key twice": b"config:\n  edge-router:pin: none\n  edge-router:pin: stable\n",
    "a key twice in other words": b"config:\n  aws:region: us-east-1\n  aws:config:region: us-east-2\n",
    "no namespace": b"config:\n  pin: none\n",
    "number": b"config:\n  edge-router:keepVersions: " + b"9" * 5_000 + b"\n",
    "no number": b"config:\n  edge-router:keepVersions: 0x_\n",
    "unknown tag": b"config: !!python/object:os.system {}\n",
    "loop": b"config: &a\n  edge-router:pin: *a\n",
}
PLACES = ("folder", "dangling link", "link to itself", "pipe", "socket", "/dev/null", "/dev/zero")
KINDS = (*TEXTS, *PLACES)


def make(kind: str, path: Path) -> None:
    """Put what cannot be read there."""
    path.unlink(missing_ok=True)
    if kind in TEXTS:
        path.write_bytes(TEXTS[kind])
    elif kind == "folder":
        path.mkdir()
    elif kind == "dangling link":
        path.symlink_to("nowhere")
    elif kind == "link to itself":
        path.symlink_to(path)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
    else:
        path.symlink_to(kind)


def reads_stack(command: Command) -> bool:
    """Those that ask a process, AWS or Pulumi for the stack do without its file.

    `doctor` says it in a line of its own, and `init` writes the file.
    """
    others = ("status", "sweep", "invalidate", "rollback", "doctor", "init")
    return command.takes("--stack") and command.name not in others


STACK_READERS = [command for command in COMMANDS if reads_stack(command)]
EXPECTED = {
    "bytes": ": is not valid UTF-8: invalid start byte at byte 27",
    "nul": ": is not text: NUL at byte 7",
    "control character": ":2: is not valid YAML: the character 0x0007 is not allowed",
    "list": ": must be an object",
    "deep": ": is nested too deeply",
    "a key twice": ":3: the key edge-router:pin is there twice, on line 2 and on line 3",
    "a key twice in other words": ": the key aws:region is there twice, as aws:region and as aws:config:region",
    "folder": ": is a folder, and has to be a file",
    "dangling link": ": is a link to nowhere, which is not there",
    "pipe": ": is a pipe, and has to be a file",
    "socket": ": is a socket, and has to be a file",
    "/dev/null": ": is a device, and has to be a file",
    "/dev/zero": ": is a device, and has to be a file",
}


FEW = ("bytes", "folder")
"""Enough to see that a command tells of its stack's file as all the others do."""


def cases() -> Iterator[ParameterSet]:
    """Every kind on one command, and a few on each; the others in the long run."""
    for command in STACK_READERS:
        for kind in KINDS:
            is_long = kind not in FEW and command.name != "config check"
            marks = [pytest.mark.long] if is_long else []
            yield pytest.param(command, kind, id=f"{command.name}-{kind}", marks=marks)


@pytest.mark.parametrize(("command", "kind"), list(cases()))
def test_a_stacks_file_that_is_none_is_named_with_what_it_is(
    run: Run, project: Path, command: Command, kind: str
) -> None:
    file = project / "Pulumi.local.yaml"
    make(kind, file)
    result = run(*command.call("--stack", "local"))
    assert (result.exit_code in (1, 2), "Traceback" in result.err) == (True, False), result.err
    if kind in EXPECTED:
        assert result.err == f"error: {file}{EXPECTED[kind]}\n"


def test_a_stack_whose_file_is_a_folder_is_not_taken_for_another(run: Run, project: Path) -> None:
    (project / "Pulumi.other.yaml").mkdir()
    result = run("config", "check", "--stack", "othr")
    assert result.err == "error: there is no stack 'othr'; the stacks are local, prod, staging.\n"


FILES = {
    ("config", "check"): ["--state"],
    ("explain",): [""],
    ("invalidate", "--stack", "prod"): ["--outputs"],
    ("rollback", "--stack", "prod"): ["--outputs"],
    ("test",): [""],
    ("up", "--port", "0"): ["--state", "--origins", "--package"],
}
INPUTS = [(words, option) for words, options in FILES.items() for option in options]


def test_every_option_that_takes_a_file_is_tried() -> None:
    """So that a new one is, too; `--out`, `--report`, `--junit` and `--sarif` are written."""
    taken = {
        (command.name, option)
        for command in COMMANDS
        for option in command.file_options
        if option not in ("--out", "--report", "--junit", "--sarif")
    }
    tried = {(" ".join(words[:2]) if words[0] == "config" else words[0], option) for words, option in INPUTS}
    assert taken
    assert taken <= tried


@pytest.mark.long_if(r"^words[1-9](?!.*-(bytes|folder)$)")
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("pipe", "/dev/zero")])
@pytest.mark.parametrize(("words", "option"), [one for one in INPUTS if one[1] != "--package"])
def test_a_file_that_is_none_is_named_with_what_it_is(
    run: Run, tmp_path: Path, words: tuple[str, ...], option: str, kind: str
) -> None:
    file = tmp_path / "file"
    make(kind, file)
    result = run(*words, *filter(None, (option, str(file))))
    assert result.exit_code == 2
    assert re.match(rf"error: (--[a-z]+ )?{file}:([0-9]+:)? ", result.err)
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"PK\3\4junk", "is not a readable zip: File is not a zip file"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_package_that_is_no_zip_is_named_before_anything_starts(
    run: Run, tmp_path: Path, content: bytes | None, problem: str
) -> None:
    file = tmp_path / "package.zip"
    if content is not None:
        file.write_bytes(content)
    result = run("up", "--port", "0", "--package", str(file))
    assert result == Result(2, "", f"error: --package {file}: {problem}\n")


@pytest.mark.parametrize("option", ["--state", "--origins", "--package"])
def test_what_is_read_again_and_again_is_no_pipe(run: Run, tmp_path: Path, option: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    result = run("up", "--port", "0", option, str(tmp_path / "pipe"))
    assert result == Result(2, "", f"error: {option} {tmp_path / 'pipe'}: is a pipe, and has to be a file\n")


def test_a_pipe_is_read_to_its_end(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_text("GET / HTTP/1.1\n"))
    writer.start()
    result = run("explain", str(tmp_path / "pipe"), "--set", "strategy=cookie-version")
    writer.join()
    assert (result.exit_code, result.err) == (0, "local: from the settings; no running stack was read\n")


def test_a_pipe_that_nobody_writes_to_is_left(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TextFileError, match=r"^is a pipe, and nobody has written to it for 0\.01 s$"):
        read_text(tmp_path / "pipe", fifo_wait_seconds=0.01)


def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.standin.config.text_file.MAX_BYTES", 1024 * 1024)
    with pytest.raises(TextFileError, match=r"^is larger than 1 MB$"):
        read_text("/dev/zero")


@pytest.mark.parametrize("target", ["/dev/null", "folder"])
def test_a_package_takes_the_place_of_no_device(run: Run, tmp_path: Path, target: str) -> None:
    (tmp_path / "folder").mkdir()
    out = target if target.startswith("/") else str(tmp_path / target)
    result = run("bundle", "--stack", "prod", "--out", out)
    assert result.exit_code == 2
    assert result.err.startswith(f"error: --out {out}: is a ")


def test_a_readme_is_no_state(run: Run, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# edge-router\n")
    result = run("config", "check", "--state", str(tmp_path / "README.md"))
    assert result.err == (
        f"error: {tmp_path}/README.md: not a state of `pulumi stack export`: it is not JSON: Expecting value at line 1,"
        " column 1\n"
    )
