"""Loops, and applications small enough to start in a moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.lambda_edge.keeper import Keeper


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    (tmp_path / "kept").mkdir()
    made = Keeper(tmp_path / "kept")
    yield made
    made.close()
