"""Result of a test: its outcome, failures, and what was not judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from acceptance.format.read import TestFile

Outcome = Literal["passed", "failed", "not-judged", "skipped"]


@dataclass(frozen=True)
class Failure:
    """An expectation that was not met, or a step that could not run.

    `place` is FILE:LINE and the key of the step, `request` what was sent ("GET /, visitor 3 of 20"), `log` the
    router's lines about it.
    """

    place: str
    expectation: str
    expected: str
    actual: str
    request: str = ""
    log: Sequence[str] = ()

    @property
    def text(self) -> str:
        """`version: expected canary, found stable (GET /)`."""
        request = f" ({self.request})" if self.request else ""
        if not self.expected:
            return f"{self.expectation}: {self.actual}{request}"
        return f"{self.expectation}: expected {self.expected}, found {self.actual}{request}"

    def redact(self, hide: Callable[[str], str]) -> Failure:
        """Return it with every text that a response or a variable may have a part in changed by `hide`."""
        log = tuple(map(hide, self.log))
        texts = {key: hide(getattr(self, key)) for key in ("expected", "actual", "request")}
        return replace(self, **texts, log=log)

    def as_json(self) -> dict[str, Any]:
        """Return it for the JSON document."""
        return {
            "place": self.place,
            "expectation": self.expectation,
            "expected": self.expected,
            "actual": self.actual,
            "request": self.request,
            "log": list(self.log),
        }


@dataclass
class Result:
    """The result of one test. `seen` says in a few words what was found, `not_judged` what could not be judged and
    why; `reason` is why a test was skipped, `edge` has the local edge's own lines, such as an origin that failed."""

    name: str
    line: int
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list[Failure])
    not_judged: dict[str, str] = field(default_factory=dict[str, str])
    judged: int = 0
    seen: list[str] = field(default_factory=list[str])
    reason: str = ""
    edge: Sequence[str] = ()

    @property
    def outcome(self) -> Outcome:
        if self.reason:
            return "skipped"
        if self.failures:
            return "failed"
        return "passed" if self.judged else "not-judged"

    def redact(self, hide: Callable[[str], str]) -> Result:
        """Return it with every text that a response or a variable may have a part in changed by `hide`."""
        return replace(
            self,
            name=hide(self.name),
            failures=[failure.redact(hide) for failure in self.failures],
            not_judged={name: hide(why) for name, why in self.not_judged.items()},
            seen=[hide(text) for text in self.seen],
            edge=[hide(line) for line in self.edge],
        )

    def as_json(self) -> dict[str, Any]:
        """Return it for the JSON document."""
        return {
            "name": self.name,
            "line": self.line,
            "outcome": self.outcome,
            "seconds": round(self.seconds, 3),
            "seen": self.seen,
            "failures": [failure.as_json() for failure in self.failures],
            "notJudged": [{"expectation": name, "reason": why} for name, why in self.not_judged.items()],
            "edge": list(self.edge),
            **({"reason": self.reason} if self.reason else {}),
        }


@dataclass
class FileResult:
    """The results of a file's tests, in order; `url` is where they ran."""

    file: TestFile
    url: str
    results: list[Result] = field(default_factory=list[Result])

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """Count the tests by outcome."""
        return count_outcomes(self.results)

    def as_json(self) -> dict[str, Any]:
        """Return it for the JSON document."""
        return {
            "file": self.file.path,
            "name": self.file.name,
            "url": self.url,
            "tests": [result.as_json() for result in self.results],
        }


def count_outcomes(results: Sequence[Result]) -> dict[Outcome, int]:
    """Count tests by outcome, all four of them."""
    outcomes: tuple[Outcome, ...] = ("passed", "failed", "not-judged", "skipped")
    return {outcome: sum(result.outcome == outcome for result in results) for outcome in outcomes}
