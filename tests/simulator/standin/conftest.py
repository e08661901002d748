"""The sample project, and runs of it with a fixed clock."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest

from simulator.standin.program import run_program

from .projects import sample_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from simulator.standin.program import Run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return sample_project(tmp_path)


@pytest.fixture
def deploy(project: Path) -> Callable[..., Run]:
    """`deploy("key=value", …, state=…, preview=…)` runs the sample's stack `dev`."""
    run = partial(run_program, "dev", project=project, now=lambda: datetime(2026, 11, 1, tzinfo=UTC))
    return lambda *overrides, **options: run(overrides=overrides, **options)
