"""Notices by SNS."""

from __future__ import annotations

import json
from typing import Any

from controller.analysis.judgement import said
from controller.rollout.item import document_of
from controller.rollout.state import Rollout

MAX_SUBJECT_CHARACTERS = 100
"""And ASCII only (Publish, Amazon SNS API reference)."""


class TopicNotifier:
    """Publishes to one topic: a sentence for people, and what the item says for programs."""

    def __init__(self, client: Any, topic: str, stack: str) -> None:
        self._client, self._topic, self._stack = client, topic, stack

    def tell(self, rollout: Rollout) -> None:
        """What the rollout is now."""
        self._client.publish(TopicArn=self._topic, Subject=self._subject(rollout), Message=self._message(rollout))

    def _subject(self, rollout: Rollout) -> str:
        return f"{self._stack}: rollout {rollout.state}, {rollout.said}"[:MAX_SUBJECT_CHARACTERS]

    def _message(self, rollout: Rollout) -> str:
        lines = [
            f"The rollout of release {rollout.release} on {self._stack} is {rollout.state} ({rollout.said}).",
            f"Why: {rollout.reason}",
        ]
        if rollout.tests:
            lines.append(f"Last figures: {said(rollout.tests, rollout.samples)}")
        return "\n".join([*lines, "", json.dumps(document_of(rollout), ensure_ascii=False, indent=1)])


class NoNotifier:
    """Nobody wants to know."""

    def tell(self, rollout: Rollout) -> None:
        """Nothing."""
