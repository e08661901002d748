"""The result of a check, and the report of a validation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, cast
from urllib.parse import quote

from validator.plan.model import Plan
from validator.traffic.response import Response

MAX_SAMPLES = 3
REDACTED = "(secret)"


class Verdict(StrEnum):
    """`INCONCLUSIVE`: too little data to decide. `SKIPPED`: not part of the plan."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Result:
    """The result of a check. `figures` are plain JSON; `samples` are a few responses as evidence."""

    verdict: Verdict
    summary: str
    figures: Mapping[str, Any] = field(default_factory=dict[str, Any])
    samples: tuple[Response, ...] = ()
    check: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "verdict": str(self.verdict),
            "summary": self.summary,
            "figures": dict(self.figures),
            "samples": [sample.as_json() for sample in self.samples],
        }


def samples(responses: Iterable[Response]) -> tuple[Response, ...]:
    """Return the first few of the requests that were sent."""
    return tuple(response for response in responses if response.was_sent)[:MAX_SAMPLES]


def quantity(number: int, thing: str) -> str:
    """Return `1 visitor`, `2 visitors`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


@dataclass(frozen=True)
class Report:
    """The report of a validation. `started_at` is in UTC."""

    plan: Plan
    started_at: datetime
    elapsed_seconds: float
    requests: int
    results: tuple[Result, ...]

    @property
    def has_passed(self) -> bool:
        """True where no check of the plan failed or is inconclusive."""
        return not self._not_passed()

    @property
    def summary(self) -> str:
        """One line: `passed: ` with the checks, or the checks that did not pass, such as `failed: split: …`."""
        if self.has_passed:
            return f"passed: {', '.join(one.check for one in self.results if one.verdict == Verdict.PASSED)}"
        return self._redact("; ".join(f"{one.verdict}: {one.check}: {one.summary}" for one in self._not_passed()))

    @property
    def errors(self) -> list[str]:
        """One line for each check that did not pass."""
        return self._redact([f"{one.check}: {one.verdict}: {one.summary}" for one in self._not_passed()])

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON, in which the secret is redacted wherever the site has sent it back."""
        return self._redact(
            {
                "url": self.plan.as_json()["url"],
                "passed": self.has_passed,
                "summary": self.summary,
                "startedAt": self.started_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
                "elapsedSeconds": round(self.elapsed_seconds, 2),
                "requests": self.requests,
                "plan": self.plan.as_json(),
                "checks": [result.as_json() for result in self.results],
            }
        )

    def _not_passed(self) -> list[Result]:
        verdicts = (Verdict.FAILED, Verdict.INCONCLUSIVE)
        return [result for verdict in verdicts for result in self.results if result.verdict == verdict]

    def _redact(self, value: Any) -> Any:
        secret = self.plan.override.secret if self.plan.override else ""
        return _redact(value, secret) if secret else value


def _redact(value: Any, secret: str) -> Any:
    if isinstance(value, str):
        return value.replace(secret, REDACTED).replace(quote(secret, safe=""), REDACTED)
    if isinstance(value, dict):
        return {key: _redact(one, secret) for key, one in cast("dict[str, Any]", value).items()}
    return [_redact(one, secret) for one in cast("list[Any]", value)] if isinstance(value, list) else value
