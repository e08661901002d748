"""One sentence of an effect, and the shares of visitors in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

EVERYBODY = 100.0


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


@dataclass(frozen=True)
class Draw:
    """The draw of visitors: the percentage, the salt of the draw, and the holdout that stays on stable."""

    percent: float
    release: str
    holdout_percent: float = 0.0
    holdout_name: str = ""

    @classmethod
    def of(cls, settings: Any) -> Draw:
        """The draw of a stack's settings."""
        holdout = settings.holdout
        share, name = (holdout.percent, holdout.name) if holdout is not None else (0.0, "")
        return cls(settings.canary_percent, settings.release, share, name)

    @property
    def share(self) -> float:
        """The percentage of those drawn who are on the canary."""
        return self.percent * (EVERYBODY - self.holdout_percent) / EVERYBODY

    def moved_percent(self, after: Draw) -> float:
        """The percentage of visitors who change sides where each is drawn by the same name before and after.

        Within a release, and within a holdout of one name, the smaller share is a part of the larger one. Otherwise the
        draws are independent of each other.
        """
        drawn = _both(self.percent, after.percent, is_same=self.release == after.release)
        free = EVERYBODY - self.holdout_percent, EVERYBODY - after.holdout_percent
        let = _both(*free, is_same=self.holdout_name == after.holdout_name)
        return round(self.share + after.share - 2 * drawn * let / EVERYBODY, 6)


def _both(one: float, other: float, *, is_same: bool) -> float:
    return min(one, other) if is_same else one * other / EVERYBODY


def percentage(share: float) -> str:
    """`12.5 %`, with two decimals at most."""
    return f"{round(share, 2):g} %"
