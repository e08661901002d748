"""Small packages, and the edge that runs them."""

from __future__ import annotations

import textwrap
import zipfile
from pathlib import Path

import pytest

from simulator.lambda_edge import FunctionCode, LambdaEdge

ARN = "arn:aws:lambda:us-east-1:123456789012:function:router:7"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def write_package(path: Path, source: str, **files: str) -> Path:
    """A zip with `app.py` holding `source`, and further modules by name."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("app.py", textwrap.dedent(source))
        for name, content in files.items():
            archive.writestr(f"{name}.py", textwrap.dedent(content))
    return path


class Bench:
    """Makes edges around a one-file package and closes them afterwards."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.lines: list[tuple[str, str, str]] = []
        self.edges: list[LambdaEdge] = []

    def edge(self, source: str, *, timeout_seconds: float = 5.0, memory_mb: int = 128, **options: object) -> LambdaEdge:
        package = write_package(self.directory / f"package-{len(self.edges)}.zip", source)
        function = FunctionCode(ARN, "router", "7", package, "app.handler", timeout_seconds, memory_mb)
        made = LambdaEdge([function], {}, lambda *line: self.lines.append(line), **options)  # type: ignore[arg-type]
        self.edges.append(made)
        return made


@pytest.fixture
async def bench(tmp_path: Path):
    made = Bench(tmp_path)
    yield made
    for edge in made.edges:
        await edge.close()
