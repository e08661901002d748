"""Fastest origin in a process that is stopped between requests, as Lambda freezes an environment."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.strategies.loopback import origin_that, refused_port, status

ROOT = Path(__file__).parents[2]
PROBE_TIMEOUT_MS, ANSWER_SECONDS, FREEZE_SECONDS = 300, 0.12, 0.45

ENVIRONMENT = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from router.model.assignment import Assignment
from router.model.decision import Origin
from router.model.request import Request
from strategies.base import Edge
from strategies.fastest_origin import FastestOrigin, Options

ports = zip(("stable", "canary"), map(int, sys.argv[1:]))
origins = {{name: Origin(name, "127.0.0.1", "http", port) for name, port in ports}}
edge = Edge(origins=origins, clock=time.time, random_bytes=bytes)
strategy = FastestOrigin(Options(probe_timeout_ms={PROBE_TIMEOUT_MS}, refresh_seconds=1), edge)
for _ in sys.stdin:
    decision = strategy.choose(Request(), Assignment("r", 0))
    print(decision.origin, decision.reason, flush=True)
"""


class FrozenEnvironment:
    """Runs only while a request is being answered."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def request(self) -> str:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.send_signal(signal.SIGCONT)
        process.stdin.write("\n")
        process.stdin.flush()
        answer = process.stdout.readline().strip()
        process.send_signal(signal.SIGSTOP)
        return answer


@contextmanager
def environment(*ports: int) -> Iterator[FrozenEnvironment]:
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", ENVIRONMENT, *map(str, ports)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield FrozenEnvironment(process)
        finally:
            process.kill()


@pytest.mark.long
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs a system with SIGSTOP to freeze a process")
def test_a_frozen_environment_never_mistakes_the_freeze_for_an_origin_that_is_down() -> None:
    with origin_that(status(200, ANSWER_SECONDS)) as stable, environment(stable.port, refused_port()) as frozen:
        answers = [frozen.request()]
        time.sleep(1.1)
        for _ in range(4):
            answers.append(frozen.request())
            time.sleep(FREEZE_SECONDS)
        answers.append(frozen.request())
    assert answers == [
        "stable probed",
        "stable stale",
        "stable stale",
        "stable stale",
        "stable probed",
        "stable remembered",
    ]
