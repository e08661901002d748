"""The command in this process, on stacks of its own; and `up` as the process that it is."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

import infra.package.bundle
from cli.main import main
from cli.stacks.workspace import Workspace

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "router",
    "strategies",
    "functions",
    "controller",
    "infra",
    "simulator",
    "cli",
    "console",
    "validator",
    "demo",
    "cache_check",
    "pulumi_state",
    "stats",
)
START_SECONDS = 30


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    exit_code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """What --json printed, without what is the same around every document (docs/commands.md)."""
        document = json.loads(self.out)
        assert (document.pop("ok"), document.pop("exitCode")) == (self.exit_code == 0, self.exit_code)
        assert bool(document.pop("errors")) is (self.exit_code in (1, 2))
        return document


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the program and the shipped stacks, which a test may change; packages are built below it too."""
    folder = tmp_path / "project"
    folder.mkdir()
    for file in ("__main__.py", "Pulumi.yaml", *(f"Pulumi.{stack}.yaml" for stack in ("local", "staging", "prod"))):
        shutil.copy(ROOT / file, folder)
    monkeypatch.setattr(infra.package.bundle, "WORK_DIRECTORY", str(folder / ".edge-router"))
    return folder


@pytest.fixture
def run(project: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`run("explain", "event.json")`: the command as the shell would run it, without AWS in the environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    # Else what a command puts there would outlive the test.
    monkeypatch.setattr(os, "environ", os.environ.copy())

    def invoke(*arguments: str) -> Result:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments, Workspace(project))
        out, err = capfd.readouterr()
        code = ended.value.code
        return Result(code if isinstance(code, int) else 0, out, err)

    return invoke


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, so that its stacks' files can be edited while it serves."""
    folder = tmp_path_factory.mktemp("tree")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name)  # with bytecode: half of the time of an import
    for file in (ROOT / "__main__.py", ROOT / "Pulumi.yaml", ROOT / "Pulumi.local.yaml"):
        shutil.copy(file, folder)
    return folder


class Up:
    """`edge-router up` on a free port, with what it prints."""

    def __init__(self, tree: Path, *arguments: str, seconds: float = START_SECONDS) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self.tree = tree
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli", "up", "--port", "0", *arguments],
            cwd=tree,
            env=kept | {"PYTHONWARNINGS": "error::ResourceWarning"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.url = self.wait_for(r"is served at (\S+) \(press Ctrl-C to stop\)", seconds=seconds)[1]

    @property
    def printed(self) -> str:
        return "".join(self.lines)

    def wait_for(self, pattern: str, after: int = 0, seconds: float = START_SECONDS) -> re.Match[str]:
        """The first line that has it, from line `after` on."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            is_over = self.process.poll() is not None and not self._reader.is_alive()
            if found := next(filter(None, (re.search(pattern, line) for line in self.lines[after:])), None):
                return found
            if is_over:
                break
            time.sleep(0.02)
        self.kill()
        pytest.fail(f"no line has {pattern!r}:\n{self.printed}")

    def get(self, path: str = "/health", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.get(self.url + path, headers=named, trust_env=False, timeout=20)

    def get_until(self, is_expected: Callable[[httpx.Response], bool], path: str = "/health", **headers: str) -> None:
        """Again and again, until it is; what an instance remembers has its time."""
        end = time.monotonic() + START_SECONDS
        while not is_expected(self.get(path, **headers)):
            if time.monotonic() > end:
                pytest.fail(f"no such answer within {START_SECONDS} s:\n{self.printed}")
            time.sleep(0.05)

    def edit(self, before: str, after: str) -> int:
        """Change the stack's file; the number of lines printed until then."""
        file = self.tree / "Pulumi.local.yaml"
        text = file.read_text()
        assert before in text
        count = len(self.lines)
        file.write_text(text.replace(before, after))
        return count

    def end(self, number: signal.Signals = signal.SIGINT) -> list[int]:
        """Send it to the whole process group, as a terminal does; the processes that are left a moment later."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        os.killpg(self.process.pid, number)
        self.process.wait(20)
        self._close()
        _, alive = psutil.wait_procs(children, 5)
        return [child.pid for child in alive]

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)
        self._close()

    def _close(self) -> None:
        self._reader.join(20)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)


@pytest.fixture
def up(tree: Path) -> Iterator[Callable[..., Up]]:
    """Starts it, and ends it after the test."""
    started: list[Up] = []
    before = (tree / "Pulumi.local.yaml").read_text()

    def start(*arguments: str) -> Up:
        started.append(Up(tree, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.kill()
    (tree / "Pulumi.local.yaml").write_text(before)
