"""The report: what was asked, what each check says, and whether all passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote

from validator.checks.result import Result, Verdict
from validator.plan.plan import Plan

HIDDEN = "(secret)"


@dataclass(frozen=True)
class Report:
    """The outcome of a validation. `started_at` is in UTC."""

    plan: Plan
    started_at: datetime
    elapsed_seconds: float
    requests: int
    results: tuple[Result, ...]

    @property
    def has_passed(self) -> bool:
        """Whether everything that was asked for is proven: nothing failed, and nothing is inconclusive."""
        return not self.of(Verdict.FAILED) and not self.of(Verdict.INCONCLUSIVE)

    @property
    def summary(self) -> str:
        """`failed: split (…)`: what is not proven, in one line without the secret."""
        bad = [*self.of(Verdict.FAILED), *self.of(Verdict.INCONCLUSIVE)]
        if not bad:
            names = ", ".join(result.check for result in self.of(Verdict.PASSED))
            return f"passed: {names}"
        return str(_hidden("; ".join(f"{one.verdict}: {one.check}: {one.summary}" for one in bad), self._secret))

    @property
    def problems(self) -> list[str]:
        """One line for each check that is not proven, without the secret."""
        bad = [*self.of(Verdict.FAILED), *self.of(Verdict.INCONCLUSIVE)]
        return [str(_hidden(f"{one.check}: {one.verdict}: {one.summary}", self._secret)) for one in bad]

    def of(self, verdict: Verdict) -> list[Result]:
        return [result for result in self.results if result.verdict == verdict]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON. What the site sent back of the secret is taken out."""
        return _hidden(
            {
                "url": self.plan.as_json()["url"],
                "passed": self.has_passed,
                "summary": self.summary,
                "startedAt": self.started_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
                "elapsedSeconds": round(self.elapsed_seconds, 2),
                "requests": self.requests,
                "plan": self.plan.as_json(),
                "checks": [result.as_json() for result in self.results],
            },
            self._secret,
        )

    @property
    def _secret(self) -> str:
        return self.plan.override.secret if self.plan.override else ""


def _hidden(value: Any, secret: str) -> Any:
    if not secret:
        return value
    if isinstance(value, str):
        return value.replace(secret, HIDDEN).replace(quote(secret, safe=""), HIDDEN)
    if isinstance(value, dict):
        return {key: _hidden(one, secret) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_hidden(one, secret) for one in cast("list[Any]", value)]
    return value
