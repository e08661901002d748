"""CloudWatch Logs of all Regions over HTTP on this machine, as far as FilterLogEvents goes."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGE_SIZE = 3
"""Small, so that most answers have a second page."""


@dataclass
class Refusal:
    """What is answered instead, `after` pages have been."""

    code: str
    message: str = ""
    status: int = 400
    after: int = 0


class FakeLogs:
    """`events` are (time, message) by Region; a Region without an entry has no log group. `refusals` come by Region."""

    def __init__(self) -> None:
        self.events: dict[str, list[tuple[int, str]]] = {}
        self.refusals: dict[str, Refusal] = {}
        self.asked: list[dict[str, Any]] = []
        self.on_close: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        for work in self.on_close:
            work()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def add(self, region: str, time_ms: int, **fields: object) -> None:
        """A decision."""
        self.events.setdefault(region, []).append((time_ms, json.dumps({"origin": "stable", **fields})))

    def answer(self, region: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        with self._lock:
            self.asked.append({"region": region, **asked})
            start = int(asked.get("nextToken") or 0)
            refusal = self.refusals.get(region)
            if refusal is not None and start >= refusal.after * PAGE_SIZE:
                return refusal.status, {"__type": refusal.code, "message": refusal.message}
            if region not in self.events:
                return 400, {
                    "__type": "ResourceNotFoundException",
                    "message": "The specified log group does not exist.",
                }
            found = [
                {"eventId": f"{region}-{index}", "timestamp": time_ms, "message": message}
                for index, (time_ms, message) in enumerate(self.events[region])
                if asked["startTime"] <= time_ms <= asked["endTime"]
            ]
            found.sort(key=lambda event: event["timestamp"])
            more = {"nextToken": str(start + PAGE_SIZE)} if len(found) > start + PAGE_SIZE else {}
            return 200, {"events": found[start : start + PAGE_SIZE], **more}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                scope = re.search(r"Credential=[^/]+/\d+/([a-z0-9-]+)/logs/", self.headers["Authorization"])
                assert scope
                assert self.headers["X-Amz-Target"] == "Logs_20140328.FilterLogEvents"
                status, answer = fake.answer(scope[1], json.loads(body))
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: object) -> None:
                return

        return Handler
