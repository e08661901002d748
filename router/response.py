"""What a strategy sees of an origin's response, and the one thing it may add: cookies."""

from __future__ import annotations


class Response:
    """The answer of an origin at the origin-response trigger.

    `origin` is the name of the origin that answered, or None where it is none of the configured ones.
    """

    __slots__ = ("cookies", "origin", "status")

    def __init__(self, *, status: int = 200, origin: str | None = None) -> None:
        self.status = status
        self.origin = origin
        self.cookies: list[str] = []

    def add_cookie(self, set_cookie: str) -> None:
        """Send one more Set-Cookie value to the viewer."""
        self.cookies.append(set_cookie)
