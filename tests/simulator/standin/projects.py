"""A copy of the sample project that a test may write into."""

from __future__ import annotations

import shutil
from pathlib import Path

SAMPLE = Path(__file__).parent / "sample"


def sample_project(directory: Path) -> Path:
    """The sample program with its stack `dev` (Region eu-west-1), below `directory`."""
    return Path(shutil.copytree(SAMPLE, directory / "project", ignore=shutil.ignore_patterns("__pycache__")))
