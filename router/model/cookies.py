"""Cookies by RFC 6265: read from the Cookie headers, written as Set-Cookie."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def parse_cookies(headers: Iterable[str]) -> dict[str, str]:
    """Name to value over all Cookie headers, each with one pair or several (RFC 6265 §4.2).

    The first of several pairs with one name wins; a value loses one pair of enclosing double quotes, as §4.1.1 allows
    them around it; a pair without a name or without "=" is skipped.
    """
    cookies: dict[str, str] = {}
    for header in headers:
        for pair in header.split(";"):
            name, equals, value = pair.partition("=")
            name = name.strip(" \t")
            if equals and name and name not in cookies:
                value = value.strip(" \t")
                if len(value) > 1 and value[0] == value[-1] == '"':
                    value = value[1:-1]
                cookies[name] = value
    return cookies


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
