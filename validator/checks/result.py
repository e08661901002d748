"""What a check says: a verdict, a sentence, its figures, and requests that show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from validator.traffic.response import Answer

MAX_SAMPLES = 3


class Verdict(StrEnum):
    """`INCONCLUSIVE`: it was asked for and could not be found out. `SKIPPED`: it was not asked for."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Result:
    """The outcome of one check. `figures` are plain JSON values."""

    check: str
    verdict: Verdict
    summary: str
    figures: Mapping[str, Any] = field(default_factory=dict[str, Any])
    samples: tuple[Answer, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "verdict": str(self.verdict),
            "summary": self.summary,
            "figures": dict(self.figures),
            "samples": [sample.evidence() for sample in self.samples],
        }


def some(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """A few of them, as evidence; what was never sent is none."""
    return tuple(answer for answer in answers if answer.was_asked)[:MAX_SAMPLES]


def count_of(number: int, thing: str) -> str:
    """`1 visitor`, `2 visitors`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
