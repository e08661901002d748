"""Measured processes: each is a new Python that loads a handler as Lambda would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import boto3

from bench.packages import build, unzip
from bench.subjects import Baseline, Run, Subject

WORKER = Path(__file__).with_name("worker.py")
PROJECT = Path(__file__).parents[1]
SITE_PACKAGES = Path(boto3.__file__).parents[1]


@dataclass(frozen=True)
class Machine:
    """The folder in which packages are unzipped, each once, and the DynamoDB that they read."""

    directory: Path
    dynamodb_url: str
    unzipped: dict[str, Path] = field(default_factory=dict[str, Path])

    def measure(self, run: Run) -> dict[str, float]:
        """`start_ms` to the first decision, wall time; `cpu_us` per decision and `peak_kb` after them, if any more."""
        module, paths = self._handler(run.subject)
        started = time.perf_counter()
        with self._spawn(run, module, paths) as process:
            assert process.stdin is not None
            assert process.stderr is not None
            process.stdin.write(json.dumps(run.subject.event))
            process.stdin.close()
            line = process.stderr.readline()
            start_ms = (time.perf_counter() - started) * 1000
            rest = process.stderr.read()
        if line != "decided\n" or process.returncode != 0:
            raise RuntimeError(f"{run.subject.name} did not decide: {line}{rest}")
        return {"start_ms": start_ms, **(json.loads(rest) if rest else {})}

    def prepare(self, subject: Subject) -> None:
        """Build the package now, so that no round has to."""
        self._handler(subject)

    def _handler(self, subject: Subject) -> tuple[str, list[Path]]:
        """(the module, what can be imported)."""
        handler = subject.handler
        if isinstance(handler, Baseline):
            return f"bench.baselines.{handler.module}", [PROJECT, *([SITE_PACKAGES] if handler.has_boto3 else [])]
        if subject.name not in self.unzipped:
            package = build(self.directory / subject.name, handler.strategy, handler.settings)
            self.unzipped[subject.name] = unzip(package, has_bytecode=handler.has_bytecode)
        return "router.handler", [self.unzipped[subject.name]]

    def _spawn(self, run: Run, module: str, paths: list[Path]) -> subprocess.Popen[str]:
        """A process with no site-packages but those in its paths; it writes no bytecode of its own."""
        arguments = [module, str(run.decisions), str(run.subject.unique), *map(str, paths)]
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", str(WORKER), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={
                "AWS_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "bench",
                "AWS_SECRET_ACCESS_KEY": "bench",
                "AWS_SESSION_TOKEN": "bench",
                "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb_url,
                "PATH": os.environ["PATH"],
            },
        )
