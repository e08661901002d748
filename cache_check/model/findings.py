"""Findings of the check, and the parts of a state that it could not check."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from cache_check.model.behaviors import Behavior

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One leak: "error" if it is certain, "warning" if the state alone cannot tell."""

    name: str
    severity: Severity
    distribution: str
    path_pattern: str
    explanation: str
    fix: str

    def __str__(self) -> str:
        where = f"{self.distribution}, path pattern {self.path_pattern}"
        return f"{self.name} ({where}): {self.explanation} Fix: {self.fix}"

    def as_json(self) -> dict[str, str]:
        """The fields under their names in JSON."""
        fields = asdict(self)
        return {{"path_pattern": "pathPattern", "fix": "mend"}.get(name, name): text for name, text in fields.items()}


@dataclass(frozen=True)
class NotChecked:
    """A part of a state that the check could not evaluate, and why. `pattern` is a behavior's, or ""."""

    distribution: str
    why: str
    fix: str = ""
    pattern: str = ""

    def __str__(self) -> str:
        where = f"{self.distribution}, path pattern {self.pattern}" if self.pattern else self.distribution
        return f"{where}: {self.why}"

    def as_json(self) -> dict[str, str]:
        pattern = {"pathPattern": self.pattern} if self.pattern else {}
        return {"distribution": self.distribution, **pattern, "why": self.why, "mend": self.fix}


def finding_at(behavior: Behavior, name: str, severity: Severity, explanation: str, fix: str) -> Finding:
    """A finding at that behavior."""
    return Finding(name, severity, behavior.distribution, behavior.path_pattern, explanation, fix)
