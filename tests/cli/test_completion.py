"""Completion of the shell, on words as a shell hands them over, and the scripts that bash, zsh and fish source."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from strategies.registry import STRATEGIES

ROOT = Path(__file__).parents[2]
STACKS = ["local", "prod", "staging"]


def run(**variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    return subprocess.run(
        [sys.executable, "-m", "cli"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def complete(*words: str) -> list[str]:
    """What bash is offered for the last word."""
    found = run(_EDGE_ROUTER_COMPLETE="complete_bash", COMP_WORDS="\n".join(words), COMP_CWORD=str(len(words) - 1))
    assert (found.returncode, found.stderr) == (0, "")
    return found.stdout.split()


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("edge-router", "ro"), ["rollback", "rollout"]),
        (("edge-router", "rollout", "st"), ["start", "status"]),
        (("edge-router", "explain", "--sta"), ["--stack"]),
        (("edge-router", "up", "--stack", ""), STACKS),
        (("edge-router", "config", "check", "-s", "p"), ["prod"]),
        (("edge-router", "init", "--strategy", "t"), ["tenant-lookup", "tier"]),
        (("edge-router", "cost", "--strategy", ""), [*STRATEGIES]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bash_is_offered_what_fits(words: tuple[str, ...], expected: list[str]) -> None:
    assert complete(*words) == expected


@pytest.mark.long_if("zsh|fish")
@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "complete -o default -F _edge_router_completion edge-router"),
        ("zsh", "compdef _edge_router_completion edge-router"),
        ("fish", "complete --command edge-router --no-files "),
    ],
)
def test_every_shell_has_a_script(shell: str, line: str) -> None:
    found = run(_EDGE_ROUTER_COMPLETE=f"source_{shell}")
    assert (found.returncode, found.stderr) == (0, "")
    assert line in found.stdout
    if program := shutil.which(shell):
        assert subprocess.run([program, "-n"], input=found.stdout, text=True, check=False).returncode == 0


@pytest.mark.long
def test_bash_itself_completes_with_the_script(tmp_path: Path) -> None:
    """Its function is called as bash calls it, with the words in an array."""
    command = tmp_path / "edge-router"
    command.write_text(f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} -m cli "$@"\n')
    command.chmod(0o755)
    script = run(_EDGE_ROUTER_COMPLETE="source_bash").stdout
    words = "COMP_WORDS=(edge-router logs --stack s); COMP_CWORD=3"
    asked = f'{words}; _edge_router_completion edge-router; echo "${{COMPREPLY[*]}}"'
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    found = subprocess.run(
        ["bash", "--norc", "-c", f"{script}\n{asked}"], env=environment, capture_output=True, text=True, check=False
    )
    assert (found.stdout, found.stderr) == ("staging\n", "")
