"""The gate of a rollout: what its next step waits for after the analysis has passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from controller.analysis.document import Document, count, flag, number, one_of, text

FREEZE, TIMES, APPROVAL, WEBHOOK = KINDS = "freeze", "times", "approval", "webhook"
MAX_ANSWER_CHARACTERS = 300


@dataclass(frozen=True)
class Gate(Document):
    """The condition that the next step waits for, since when, and what was asked; empty where it waits for nothing.

    `canary_percent` is that of the step that waits, `is_end` where the end of the rollout does. `passed` says why the
    analysis lets it go on. `next_at` is when the times open or the webhook is asked again, 0 where nobody knows.
    `attempts` are those in a row without an answer; `asked_at` is the time of one whose answer is not known yet: it is
    written before the request is sent, so that a run that ends in between counts as an attempt. `answer` is the last
    one in words. Times in seconds since 1970.
    """

    waits_for: str = ""
    canary_percent: float = 0
    is_end: bool = False
    began_at: int = 0
    next_at: int = 0
    attempts: int = 0
    asked_at: int = 0
    answer: str = ""
    approved_by: str = ""
    approved_at: int = 0
    passed: str = ""

    READERS: ClassVar = {
        "waits_for": one_of(("", *KINDS)),
        "canary_percent": number(0, 100),
        "is_end": flag,
        **dict.fromkeys(("began_at", "next_at", "attempts", "asked_at", "approved_at"), count()),
        **dict.fromkeys(("answer", "approved_by", "passed"), text),
    }
    ADDED: ClassVar = frozenset(READERS)

    def to_json(self) -> dict[str, Any]:
        """Return the document without what is empty."""
        return {key: value for key, value in super().to_json().items() if value}

    @property
    def is_approved(self) -> bool:
        """True where somebody has approved the step that waits."""
        return self.approved_at > 0

    @property
    def step_text(self) -> str:
        """`25 %`, or `the end`."""
        return "the end" if self.is_end else f"{self.canary_percent:g} %"

    @property
    def summary(self) -> str:
        """`approval of 25 %`, for a person; "" where nothing is waited for."""
        if self.waits_for == APPROVAL and self.is_approved:
            return f"the controller's next run ({self.step_text} is approved)"
        last = f" (attempt {self.attempts})" if self.attempts else ""
        texts = {
            FREEZE: f"the end of the freeze, before {self.step_text}",
            TIMES: f"the times for steps, before {self.step_text}",
            APPROVAL: f"approval of {self.step_text}: run `edge-router rollout approve`, or `reject`",
            WEBHOOK: f"the webhook, before {self.step_text}{last}",
        }
        return texts.get(self.waits_for, "")
