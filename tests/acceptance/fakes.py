"""A site in this process that responds as a test says, and a place whose set-up is noted."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from acceptance.format.read import TestFile, read_test_file
from acceptance.format.step import Step
from acceptance.run.place import SetUpError
from acceptance.run.result import Result
from acceptance.run.runner import Runner
from simulator.standin.config.override import Override

Answer = Callable[[httpx.Request], httpx.Response]


class FakePlace:
    """A site; `done` has what was set up, in order. `has_log` lets it tell the router's log, as the local edge does."""

    url = "http://127.0.0.1:9"
    public_hosts = ("www.example.com",)

    def __init__(self, *, has_log: bool = True, percent: float | None = None) -> None:
        self.percent = percent
        self.done: list[str] = []
        self.logs: dict[str, tuple[str, ...]] = {}
        self.edge: list[str] = []
        self._has_log = has_log

    def token_options(self) -> Any:
        return None

    async def begin(self, settings: Sequence[Override]) -> None:
        self.done.append(f"begin {' '.join(map(str, settings))}".strip())

    async def end(self) -> None:
        self.done.append("end")

    async def change(self, settings: Sequence[Override]) -> None:
        self.done.append(f"change {' '.join(map(str, settings))}")

    async def set_up(self, step: Step) -> None:
        if step.origin is not None and step.origin.name == "nowhere":
            raise SetUpError("origin.name is 'nowhere'")
        self.done.append(step.set_up)

    def take_log(self, request_id: str) -> tuple[str, ...] | None:
        return self.logs.pop(request_id, ()) if self._has_log else None

    def take_edge_errors(self) -> Sequence[str]:
        return self.edge


def read(folder: Path, text: str, **environment: str) -> TestFile:
    """A test file with this text."""
    path = folder / "file.yaml"
    path.write_text(text, encoding="utf-8")
    return read_test_file(path, environment)


async def run(file: TestFile, answer: Answer, place: FakePlace | None = None, *, is_strict: bool = False) -> Result:
    """The result of the file's first test, on a site that answers like this."""
    place = place or FakePlace()
    waited = place.done

    async def sleep(seconds: float) -> None:
        waited.append(f"wait {seconds:g}")

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        return await Runner(
            file, place, client, "local", is_strict, clock=iter(range(10_000)).__next__, sleep=sleep
        ).run(0)


def decision(**fields: object) -> str:
    """A line of the router's log."""
    return json.dumps({"strategy": "cookie-version", **fields})
