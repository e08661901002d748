"""An origin's response as a strategy sees it, and the cookies that it may add (RFC 6265)."""

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


def set_cookie(
    name: str,
    value: str,
    max_age_seconds: int,
    *,
    domain: str = "",
    path: str = "/",
    same_site: str = "Lax",
    partitioned: bool = False,
) -> str:
    """A Set-Cookie value, always Secure and HttpOnly; host-only unless a domain is given (RFC 6265 §4.1.2.3).

    A partitioned one is kept apart for each site that embeds the page (CHIPS).
    """
    parts = [f"{name}={value}", f"Max-Age={max_age_seconds}", f"Path={path}"]
    if domain:
        parts.append(f"Domain={domain}")
    parts += ["Secure", "HttpOnly", f"SameSite={same_site}"]
    return "; ".join([*parts, "Partitioned"] if partitioned else parts)


def is_in_path(request_path: str, cookie_path: str) -> bool:
    """Tell whether browsers send a cookie of this path with the request (RFC 6265 §5.1.4)."""
    if not request_path.startswith(cookie_path):
        return False
    rest = request_path[len(cookie_path) :]
    return not rest or cookie_path.endswith("/") or rest.startswith("/")
