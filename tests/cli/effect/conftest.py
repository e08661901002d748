"""The command in a git repository of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import project as project
from tests.cli.conftest import run as run

Commit = Callable[[], str]


@pytest.fixture
def commit(project: Path) -> Commit:
    """Commits what the project has; the commit's id."""

    def git(*arguments: str) -> str:
        own = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *own, *arguments], cwd=project, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "--quiet")

    def commit() -> str:
        git("add", "--all")
        git("commit", "--quiet", "--allow-empty", "--message", "a change")
        return git("rev-parse", "HEAD")

    return commit
