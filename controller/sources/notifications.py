"""Announcements of a rollout's changes: SNS for people, EventBridge for programs, Slack for a channel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from controller.analysis.comparison import describe
from controller.rollout.events import STATE_TEXTS, Announcement, iso_time
from controller.rollout.item import to_document
from controller.rollout.state import Rollout
from controller.sources.webhooks import post

MAX_SUBJECT_CHARACTERS = 100
"""And ASCII only (Publish, Amazon SNS API reference)."""
MAX_SLACK_CHARACTERS = 2_900
"""A section's text has at most 3,000 (Slack, "Section block")."""
SLACK_SECONDS = 5
SOURCE, DETAIL_TYPE, DETAIL_VERSION = "edge-router", "Rollout state change", 1
GIVE_UP_SECONDS = 3_600


class Channel(Protocol):
    """One way to announce a change."""

    def send(self, news: Announcement, rollout: Rollout) -> None:
        """Send it; whatever it raises says that the channel does not have it. `rollout` is the item as it is now."""
        ...


def send_pending(
    rollout: Rollout, channels: Mapping[str, Channel], now: float
) -> tuple[tuple[Announcement, ...], Sequence[str]]:
    """Send what is pending to each channel that does not have it, in order; return what is left, and the failures.

    A channel that fails gets no later news before this one. After an hour it gets this one no more.
    """
    left: list[Announcement] = []
    failures: dict[str, str] = {}
    for pending in rollout.pending:
        told = [name for name, channel in channels.items() if _try_to_send(pending, name, channel, rollout, failures)]
        news = pending.tell(told)
        if news.is_told_to(channels):
            continue
        if now - news.event.at < GIVE_UP_SECONDS:
            left.append(news)
        else:
            failures["given up"] = f"event {news.event.sequence} of the rollout is older than an hour"
    return tuple(left), [f"{name}: {text}" for name, text in failures.items()]


def _try_to_send(news: Announcement, name: str, channel: Channel, rollout: Rollout, failures: dict[str, str]) -> bool:
    """Send news to a channel that does not have it; True where it has it now, else why not is in `failures`."""
    if name in news.told or name in failures:
        return name in news.told
    try:
        channel.send(news, rollout)
    except Exception as error:  # noqa: BLE001  the rollout does not depend on it
        failures[name] = f"{type(error).__name__}: {error}"
        return False
    return True


class TopicNotifier:
    """Publishes to one topic: sentences for people, and the item as JSON for programs."""

    def __init__(self, client: Any, topic: str, stack: str) -> None:
        self._client, self._topic, self._stack = client, topic, stack

    def send(self, news: Announcement, rollout: Rollout) -> None:
        """Publish the change; raises what boto3 raises."""
        subject = f"{self._stack}: rollout {news.event.state}, {news.progress}"[:MAX_SUBJECT_CHARACTERS]
        self._client.publish(TopicArn=self._topic, Subject=subject, Message=self._message(news, rollout))

    def _message(self, news: Announcement, rollout: Rollout) -> str:
        lines = [headline(self._stack, news), f"Reason: {news.event.reason}"]
        if rollout.started_at != news.started_at:
            return "\n".join(lines)  # another rollout has begun
        if rollout.tests:
            lines.append(f"Last analysis: {describe(rollout.tests, rollout.samples)}")
        document = {key: value for key, value in to_document(rollout).items() if key != "pending"}
        return "\n".join([*lines, "", json.dumps(document, ensure_ascii=False, indent=1)])


def headline(stack: str, news: Announcement) -> str:
    """Return one sentence: which rollout, and its state."""
    return f"The rollout of release {news.release} on {stack} {STATE_TEXTS[news.event.state]} ({news.progress})."


class EventBus:
    """Puts an event on the account's default event bus in the controller's Region."""

    def __init__(self, client: Any, stack: str) -> None:
        self._client, self._stack = client, stack

    def send(self, news: Announcement, rollout: Rollout) -> None:  # noqa: ARG002  the event is of its own time
        """Put the event; RuntimeError where EventBridge has not taken it, for PutEvents itself succeeds then."""
        entry = {
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Time": datetime.fromtimestamp(news.event.at, UTC),
            "Detail": json.dumps(detail(self._stack, news), ensure_ascii=False),
        }
        answer = self._client.put_events(Entries=[entry])
        if answer.get("FailedEntryCount"):
            failed = answer["Entries"][0]
            raise RuntimeError(f"{failed.get('ErrorCode')}: {failed.get('ErrorMessage')}")


def detail(stack: str, news: Announcement) -> dict[str, Any]:
    """Return the event's detail (docs/gates.md has its schema). `id` is the same where an event is put twice."""
    event = news.event
    started = iso_time(news.started_at)
    return {
        "version": DETAIL_VERSION,
        "id": f"{stack}/{started}/{event.sequence}",
        "stack": stack,
        "release": news.release,
        "startedAt": started,
        "sequence": event.sequence,
        "state": event.state,
        "previousState": news.previous_state,
        "canaryPercent": event.canary_percent,
        "previousCanaryPercent": news.previous_percent,
        "step": event.step + 1,
        "steps": news.steps,
        "reason": event.reason,
    }


class SlackHook:
    """Posts to an incoming webhook of Slack, or of what takes the same form; the address is its secret."""

    def __init__(self, url: str, stack: str, *, may_be_local: bool = False) -> None:
        self._url, self._stack, self._may_be_local = url, stack, may_be_local

    def send(self, news: Announcement, rollout: Rollout) -> None:  # noqa: ARG002  the message is of its own time
        """Post the change; WebhookError."""
        body = json.dumps(slack_message(self._stack, news), ensure_ascii=False).encode()
        post(self._url, body, {}, SLACK_SECONDS, may_be_local=self._may_be_local)


def slack_message(stack: str, news: Announcement) -> dict[str, Any]:
    """Return the message; `text` is what notifications show ("Sending messages using incoming webhooks")."""
    text = headline(stack, news)
    section = f"*{_escape(text)}*\n{_escape(news.event.reason)}"[:MAX_SLACK_CHARACTERS]
    return {"text": _escape(text), "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": section}}]}


def _escape(text: str) -> str:
    """Escape the three characters that Slack gives a meaning ("Formatting text for app surfaces")."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
