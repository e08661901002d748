"""The gates that `pulumi up` has set last, as the function's environment has them; without their secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import ClassVar, Self

from controller.analysis.document import Document, count, flag, number, one_of, read_list, text
from controller.gates.times import Times
from controller.rollout.gate import WEBHOOK

PAUSE, PROCEED, ROLL_BACK = ON_FAILURE = "pause", "proceed", "roll-back"
"""Actions where the last attempt has no answer (`onFailure`)."""
LONGEST_WAIT_MINUTES = 16
EARLY_SECONDS = 15
"""A wait ends that much before its minutes are over: runs are a minute apart, more or less."""
HOLD_SECONDS = 60 - EARLY_SECONDS
LOOPBACK = "127.0.0.1", "::1", "localhost"
"""Hosts of webhooks that the local edge asks without TLS."""


@dataclass(frozen=True)
class WebhookPolicy(Document):
    """The number of attempts to ask the webhook, 0 where there is none, and the action without an answer."""

    host: str = ""
    attempts: int = 0
    timeout_seconds: int = 5
    on_failure: str = PAUSE

    READERS: ClassVar = {
        "host": text,
        "attempts": count(),
        "timeout_seconds": count(least=1),
        "on_failure": one_of(ON_FAILURE),
    }

    @staticmethod
    def wait_seconds(attempts: int) -> int:
        """Return the wait after an attempt without an answer: 1, 2, 4, 8 and then 16 minutes."""
        return 60 * min(1 << min(attempts - 1, 10), LONGEST_WAIT_MINUTES) - EARLY_SECONDS


@dataclass(frozen=True)
class Gates(Document):
    """All gates. Unlike the plan they are those of now, whenever the rollout was started.

    `approval` are the percentages that a person has to approve; `times` are those for steps, always where empty.
    """

    approval: tuple[float, ...] = ()
    times: tuple[Times, ...] = ()
    time_zone: str = "UTC"
    freeze: bool = False
    webhook: WebhookPolicy = field(default_factory=WebhookPolicy)

    READERS: ClassVar = {
        "approval": read_list(number(0, 100)),
        "times": read_list(Times.from_json),
        "time_zone": text,
        "freeze": flag,
        "webhook": WebhookPolicy.from_json,
    }
    ADDED: ClassVar = frozenset(READERS)

    @classmethod
    def from_environment(cls, value: str) -> Self:
        """Read the variable GATES; ValueError where it is malformed."""
        return cls.from_json(json.loads(value or "{}"))

    @property
    def where(self) -> str:
        """`the webhook gates.example.com`: its host only, because the rest may be secret."""
        return f"the {WEBHOOK} {self.webhook.host}"
