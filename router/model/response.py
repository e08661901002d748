"""What a strategy sees of an origin's response, and the one thing it may add: cookies."""

from __future__ import annotations


class Response:
    """The answer of an origin at the origin-response trigger.

    `origin` is the name of the origin that answered, or None where it is none of the configured ones.
    `cache_control` are the fields of that name, as one.
    """

    __slots__ = ("cache_control", "cookies", "origin", "status")

    def __init__(self, *, status: int = 200, origin: str | None = None, cache_control: str = "") -> None:
        self.status = status
        self.origin = origin
        self.cache_control = cache_control
        self.cookies: list[str] = []

    def add_cookie(self, set_cookie: str) -> None:
        """Send one more Set-Cookie value to the viewer."""
        self.cookies.append(set_cookie)
