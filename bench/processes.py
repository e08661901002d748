"""Measured processes: each is a new Python that loads a handler as Lambda would."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.interpreter import Python
from bench.packages import build, unzip
from bench.subjects import Baseline, Run, Subject
from simulator.certificates import Authority
from simulator.cpu_share import CpuQuota

PROJECT = Path(__file__).parents[1]
WORKER, BASELINES = Path(__file__).with_name("worker.py"), Path(__file__).with_name("baselines")
PAUSE_SECONDS = 0.05
"""Between init and the first invocation, in which Lambda lets nothing of the function run."""
BLOCKS = 20
"""Turns of each process in a round: what else the machine does falls on all of them."""

Measured = Mapping[str, float]


class Worker:
    """A process whose handler is loaded; `init_ms` is the time from its start to that, as wall time."""

    def __init__(self, process: subprocess.Popen[str], name: str, quota: CpuQuota | None, started: float) -> None:
        self._process, self._name, self._quota = process, name, quota
        line = self._read()
        self.init_ms = (time.perf_counter() - started) * 1000
        if line != "ready\n":
            raise RuntimeError(f"{name} did not start: {line}{process.stderr.read() if process.stderr else ''}")

    def pause(self) -> None:
        """Stand still for a moment."""
        freeze, thaw = (self._quota.freeze, self._quota.thaw) if self._quota else (self._stop, self._go)
        freeze()
        time.sleep(PAUSE_SECONDS)
        thaw()

    def decide(self, count: int) -> dict[str, float]:
        """`wall_ms` of so many decisions, `cpu_us` of each, and `peak_kb` of the process so far."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        line = self._read()
        if not line.startswith("{"):
            raise RuntimeError(f"{self._name} did not decide: {line}{self._process.communicate()[1]}")
        return json.loads(line)

    def log(self) -> str:
        """End it, and return what it has printed."""
        return self._process.communicate()[0] or ""

    def _read(self) -> str:
        assert self._process.stderr is not None
        return self._process.stderr.readline()

    def _stop(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def _go(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@dataclass(frozen=True)
class Machine:
    """The folder in which packages are unzipped, each once, the DynamoDB that they read, and the Python that runs."""

    directory: Path
    port: int
    authority: Authority
    python: Python
    unzipped: dict[str, tuple[Path, dict[str, str]]] = field(default_factory=dict[str, tuple[Path, dict[str, str]]])

    def measure(self, runs: Iterable[Run]) -> dict[tuple[str, int], Measured]:
        """By key of the run. `init_ms`, `first_ms` of the first decision and `start_ms` of both are wall time.

        `cpu_us` is of each of the further decisions, `peak_kb` after them. Those that make none end before the next
        begins; the others take turns.
        """
        taken: dict[tuple[str, int], dict[str, float]] = {}
        with ExitStack() as ending:
            busy: dict[tuple[str, int], Worker] = {}
            for run in runs:
                with ExitStack() as starting:
                    worker = starting.enter_context(self.start(run.subject))
                    taken[run.key] = first_decision(worker)
                    if run.decisions:
                        busy[run.key] = worker
                        ending.push(starting.pop_all())
            blocks = [
                {(name, count): worker.decide(count // BLOCKS) for (name, count), worker in busy.items()}
                for _ in range(BLOCKS)
            ]
            for key in busy:
                cpu_us = median(block[key]["cpu_us"] for block in blocks)
                taken[key] |= {"cpu_us": cpu_us, "peak_kb": blocks[-1][key]["peak_kb"]}
        return dict(taken)

    def prepare(self, subject: Subject) -> None:
        """Build the package now, so that no round has to."""
        self._handler(subject)

    @contextlib.contextmanager
    def start(
        self, subject: Subject, *, port: int = 0, quota: CpuQuota | None = None, is_logged: bool = False
    ) -> Generator[Worker]:
        """A process of its own, under the quota from its start; `port` is that of another way to DynamoDB."""
        module, paths, environment = self._handler(subject)
        started = time.perf_counter()
        with subprocess.Popen(  # no site-packages but those in its paths; it writes no bytecode of its own
            [self.python.path, "-I", "-S", "-B", str(WORKER), module, str(subject.unique), *map(str, paths)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if is_logged else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={
                "AWS_REGION": subject.region,
                "AWS_ACCESS_KEY_ID": "bench",
                "AWS_SECRET_ACCESS_KEY": "bench",
                "AWS_SESSION_TOKEN": "bench",
                "AWS_ENDPOINT_URL_DYNAMODB": f"https://localhost:{port or self.port}",
                "PATH": os.environ["PATH"],
                **environment,
            },
        ) as process:
            try:
                if quota is not None:
                    quota.hold(process.pid)
                assert process.stdin is not None
                process.stdin.write(json.dumps(subject.event) + "\n")
                process.stdin.flush()
                yield Worker(process, subject.name, quota, started)
            finally:
                process.kill()

    def _handler(self, subject: Subject) -> tuple[str, list[Path], dict[str, str]]:
        """(the module, what can be imported, variables with which the endpoint is verified)."""
        handler = subject.handler
        if isinstance(handler, Baseline):
            paths = [self._baselines(), *([self.python.site_packages] if handler.has_boto3 else [])]
            return f"baselines.{handler.module}", paths, {"AWS_CA_BUNDLE": str(self._roots())}
        if subject.name not in self.unzipped:
            package = unzip(build(self.directory / subject.name, handler.strategy, handler.settings))
            self.unzipped[subject.name] = package, self.authority.add_to([package], self.directory / "system.pem")
        package, environment = self.unzipped[subject.name]
        return "router.handler", [package], environment

    def _baselines(self) -> Path:
        """A folder with the package of the baselines, which have bytecode of that Python, as the router has."""
        folder = self.directory / "baselines"
        if not folder.exists():
            shutil.copytree(BASELINES, folder / "baselines", ignore=shutil.ignore_patterns("__pycache__"))
            subprocess.run([self.python.path, "-I", "-S", "-m", "compileall", "-q", str(folder)], check=True)
        return folder

    def _roots(self) -> Path:
        roots = self.directory / "roots.pem"
        if not roots.exists():
            roots.write_bytes(self.authority.roots)
        return roots


def first_decision(worker: Worker) -> dict[str, float]:
    """Return a visitor's wait: `init_ms` where the instance is new, and `first_ms`; `start_ms` is their sum."""
    worker.pause()
    first_ms = worker.decide(1)["wall_ms"]
    return {"init_ms": worker.init_ms, "first_ms": first_ms, "start_ms": worker.init_ms + first_ms}
