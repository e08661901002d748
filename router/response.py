"""What a strategy sees of an origin's response, and the one thing it may add: cookies."""

from __future__ import annotations


class Response:
    """The answer of an origin at the origin-response trigger.

    `origin` is the name of the origin that answered, or None where it is none of the configured ones.
    `is_shared_for_long`: caches would replay a cookie to whoever comes, so that none is set (router.cache_control).
    """

    __slots__ = ("cookies", "is_shared_for_long", "origin", "status")

    def __init__(self, *, status: int = 200, origin: str | None = None, is_shared_for_long: bool = False) -> None:
        self.status = status
        self.origin = origin
        self.is_shared_for_long = is_shared_for_long
        self.cookies: list[str] = []

    def add_cookie(self, set_cookie: str) -> None:
        """Send one more Set-Cookie value to the viewer."""
        self.cookies.append(set_cookie)
