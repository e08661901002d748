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


def set_cookie(name: str, value: str, max_age_seconds: int, *, domain: str = "", path: str = "/") -> str:
    """A Set-Cookie value: Secure, HttpOnly, SameSite=Lax; host-only unless a domain is given (RFC 6265 §4.1.2.3)."""
    parts = [f"{name}={value}", f"Max-Age={max_age_seconds}", f"Path={path}"]
    if domain:
        parts.append(f"Domain={domain}")
    return "; ".join([*parts, "Secure", "HttpOnly", "SameSite=Lax"])
