"""As much of GitHub's API as comments need, on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ISSUES = "/repos/your-company/site/issues"


class GitHub:
    """Comments of pull request 7. `refuses` is the status that every write gets, 0 for none."""

    def __init__(self, refuses: int = 0) -> None:
        self.comments: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.tokens: set[str] = set()
        self.refuses = refuses
        self.url = ""

    def say(self, body: str, kind: str = "User") -> None:
        """Somebody comments."""
        self.comments.append({"id": len(self.comments) + 1, "body": body, "user": {"type": kind}})

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        self.calls.append(f"{method} {path}")
        if method != "GET" and self.refuses:
            return self.refuses, {"message": "Resource not accessible by integration"}
        parts = urlsplit(path)
        if method == "GET" and parts.path == f"{ISSUES}/7/comments":
            asked = {name: int(value[0]) for name, value in parse_qs(parts.query).items()}
            begin = (asked["page"] - 1) * asked["per_page"]
            return 200, self.comments[begin : begin + asked["per_page"]]
        if method == "POST" and parts.path == f"{ISSUES}/7/comments":
            self.say(body["body"], "Bot")
            return 201, self.comments[-1]
        if method == "PATCH" and parts.path.startswith(f"{ISSUES}/comments/"):
            [one] = [one for one in self.comments if str(one["id"]) == parts.path.rpartition("/")[2]]
            one["body"] = body["body"]
            return 200, one
        return 404, {"message": "Not Found"}


@contextmanager
def serve(github: GitHub) -> Iterator[GitHub]:
    """Serve until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            github.tokens.add(self.headers["Authorization"])
            status, answer = github.answer(self.command, self.path, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _handle  # noqa: N815  names of the library

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        github.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield github
        finally:
            server.shutdown()
            thread.join()
