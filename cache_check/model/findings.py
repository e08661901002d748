"""What the check says: a name, how sure it is, where, what happens, and the config that mends it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from cache_check.model.behaviors import Behavior

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One leak, or one way to leak. "error" where it is certain, "warning" where the state alone cannot tell."""

    name: str
    severity: Severity
    distribution: str
    path_pattern: str
    explanation: str
    mend: str

    def __str__(self) -> str:
        where = f"{self.distribution}, path pattern {self.path_pattern}"
        return f"{self.name} ({where}): {self.explanation} Mend: {self.mend}"

    def as_json(self) -> dict[str, str]:
        """With the keys of JSON: pathPattern."""
        fields = asdict(self)
        fields["pathPattern"] = fields.pop("path_pattern")
        return fields


@dataclass(frozen=True)
class NotChecked:
    """A part of a state that the check could not evaluate, and why. `pattern` is a behavior's, or ""."""

    distribution: str
    why: str
    mend: str = ""
    pattern: str = ""

    def __str__(self) -> str:
        where = f"{self.distribution}, path pattern {self.pattern}" if self.pattern else self.distribution
        return f"{where}: {self.why}"

    def as_json(self) -> dict[str, str]:
        pattern = {"pathPattern": self.pattern} if self.pattern else {}
        return {"distribution": self.distribution, **pattern, "why": self.why, "mend": self.mend}


def found(behavior: Behavior, name: str, severity: Severity, explanation: str, mend: str) -> Finding:
    """A finding at that behavior."""
    return Finding(name, severity, behavior.distribution, behavior.path_pattern, explanation, mend)
