"""Running measured processes, alternately, and taking medians."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class Subject:
    """A handler to measure: its module, where to import it from, the event (NUMBER varies) and the environment."""

    name: str
    module: str
    paths: Sequence[Path]
    event: Mapping[str, object]
    environment: Mapping[str, str]
    unique: int = 1


@dataclass(frozen=True)
class Cost:
    """CPU per decision in microseconds and the process's peak memory in kilobytes."""

    cpu_us: float
    peak_kb: float


def first_decision_ms(subject: Subject) -> float:
    """Wall time from starting the process to its first decision."""
    started = time.perf_counter()
    with _spawn(subject, 0) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps(subject.event))
        process.stdin.close()
        line = process.stderr.readline()
        elapsed_ms = (time.perf_counter() - started) * 1000
    if line != "decided\n":
        raise RuntimeError(f"{subject.name} did not decide: {line}")
    return elapsed_ms


def cost(subject: Subject, decisions: int) -> Cost:
    """What `decisions` decisions cost in one process."""
    with _spawn(subject, decisions) as process:
        _, errors = process.communicate(json.dumps(subject.event))
    return Cost(**json.loads(errors.splitlines()[-1]))


def first_decisions(subjects: Sequence[Subject], rounds: int) -> dict[str, float]:
    """The median first decision of each subject in milliseconds, measured in turns."""
    taken: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    for _ in range(rounds):
        for subject in subjects:
            taken[subject.name].append(first_decision_ms(subject))
    return {name: median(values) for name, values in taken.items()}


def costs(subjects: Sequence[Subject], decisions: int, rounds: int) -> dict[str, Cost]:
    """The median cost of each subject, measured in turns."""
    taken: dict[str, list[Cost]] = {subject.name: [] for subject in subjects}
    for _ in range(rounds):
        for subject in subjects:
            taken[subject.name].append(cost(subject, decisions))
    return {
        name: Cost(median(value.cpu_us for value in values), median(value.peak_kb for value in values))
        for name, values in taken.items()
    }


def _spawn(subject: Subject, decisions: int) -> subprocess.Popen[str]:
    """A process with no site-packages but those in the subject's paths; it writes no bytecode of its own."""
    arguments = [subject.module, str(decisions), str(subject.unique), *map(str, subject.paths)]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", str(WORKER), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(subject.environment),
    )
