"""Notifications by SNS about a rollout."""

from __future__ import annotations

import json
from typing import Any

from controller.analysis.comparison import describe
from controller.rollout.item import to_document
from controller.rollout.state import Rollout

MAX_SUBJECT_CHARACTERS = 100
"""And ASCII only (Publish, Amazon SNS API reference)."""


class TopicNotifier:
    """Publishes to one topic: sentences for people, and the item as JSON for programs."""

    def __init__(self, client: Any, topic: str, stack: str) -> None:
        self._client, self._topic, self._stack = client, topic, stack

    def notify(self, rollout: Rollout) -> None:
        """Publish the rollout's state; raises what boto3 raises."""
        subject = f"{self._stack}: rollout {rollout.state}, {rollout.progress}"[:MAX_SUBJECT_CHARACTERS]
        self._client.publish(TopicArn=self._topic, Subject=subject, Message=self._message(rollout))

    def _message(self, rollout: Rollout) -> str:
        lines = [
            f"The rollout of release {rollout.release} on {self._stack} is {rollout.state} ({rollout.progress}).",
            f"Reason: {rollout.reason}",
        ]
        if rollout.tests:
            lines.append(f"Last analysis: {describe(rollout.tests, rollout.samples)}")
        return "\n".join([*lines, "", json.dumps(to_document(rollout), ensure_ascii=False, indent=1)])
