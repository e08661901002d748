"""CloudWatch Logs of all Regions over HTTP on this machine, as far as FilterLogEvents goes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from typing import Any

from tests.cli.http_fake import Answer, HttpFake

PAGE_SIZE = 3
"""Small, so that most answers have a second page."""


@dataclass
class Refusal:
    """What is answered instead, `after` pages have been."""

    code: str
    message: str = ""
    status: int = 400
    after: int = 0


class FakeLogs(HttpFake):
    """`events` are (time, message) by Region; a Region without an entry has no log group. `refusals` come by Region."""

    def __init__(self) -> None:
        self.events: dict[str, list[tuple[int, str]]] = {}
        self.refusals: dict[str, Refusal] = {}
        self.asked: list[dict[str, Any]] = []
        self.on_close: list[Callable[[], None]] = []
        super().__init__()

    def close(self) -> None:
        for work in self.on_close:
            work()
        super().close()

    def add(self, region: str, time_ms: int, **fields: object) -> None:
        """A decision."""
        self.events.setdefault(region, []).append((time_ms, json.dumps({"origin": "stable", **fields})))

    def respond(self, method: str, target: str, headers: Message, body: str) -> Answer:
        scope = re.search(r"Credential=[^/]+/\d+/([a-z0-9-]+)/logs/", headers["Authorization"])
        assert scope
        assert headers["X-Amz-Target"] == "Logs_20140328.FilterLogEvents"
        status, answer = self._answer(scope[1], json.loads(body))
        return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answer)

    def _answer(self, region: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.asked.append({"region": region, **asked})
        start = int(asked.get("nextToken") or 0)
        refusal = self.refusals.get(region)
        if refusal is not None and start >= refusal.after * PAGE_SIZE:
            return refusal.status, {"__type": refusal.code, "message": refusal.message}
        if region not in self.events:
            return 400, {"__type": "ResourceNotFoundException", "message": "The specified log group does not exist."}
        found = [
            {"eventId": f"{region}-{index}", "timestamp": time_ms, "message": message}
            for index, (time_ms, message) in enumerate(self.events[region])
            if asked["startTime"] <= time_ms <= asked["endTime"]
        ]
        found.sort(key=lambda event: event["timestamp"])
        more = {"nextToken": str(start + PAGE_SIZE)} if len(found) > start + PAGE_SIZE else {}
        return 200, {"events": found[start : start + PAGE_SIZE], **more}
