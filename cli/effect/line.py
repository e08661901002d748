"""One sentence of an effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """A sentence about somebody. `who`: new, known, everybody, origin, requests, or condition for what it depends on.

    `before` and `after` are the percentages of them on the canary, `moved` that of those who change sides; None where
    the settings do not say.
    """

    who: str
    text: str
    before: float | None = None
    after: float | None = None
    moved: float | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "who": self.who,
            "text": self.text,
            "percentBefore": self.before,
            "percentAfter": self.after,
            "percentMoved": self.moved,
        }
