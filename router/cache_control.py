"""Cache-Control of a response (RFC 9111 §5.2.2): shared for long or not, and not shared at all; and its cookies."""

from __future__ import annotations

import re  # json has loaded it already

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

LONG_SECONDS = 86_400
"""From a day on a response counts as a file for everybody, not as a page."""
_DIRECTIVE = re.compile(r'([^\s,;="]+)(\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s,;"]*))?')
_SHARED = frozenset({"public", "s-maxage", "immutable", "private"})


def is_shared_for_long(cache_control: str) -> bool:
    """True where shared caches, or the browser's own, would replay a cookie of this response for long.

    `immutable`, `max-age` of a day or more, or `public` with such an `s-maxage`; not `private` and not `no-store`.
    `s-maxage` alone does not count: Next.js sends it with static pages, and visitors get their cookie with some page.
    """
    found: dict[str, str] = {}
    for match in _DIRECTIVE.finditer(cache_control):  # of several the first counts (RFC 9111 §4.2.1)
        found.setdefault(match[1].lower(), (match[2] or "").strip(' ="\t'))
    if "no-store" in found or found.get("private") == "":
        return False
    is_long = _seconds(found.get("max-age")) >= LONG_SECONDS
    is_public = "public" in found and _seconds(found.get("s-maxage")) >= LONG_SECONDS
    return "immutable" in found or is_long or is_public


def make_private(cache_control: str) -> str:
    """The same for the visitor's browser, and `private` for everybody else."""
    own = [match[0] for match in _DIRECTIVE.finditer(cache_control) if match[1].lower() not in _SHARED]
    return ", ".join(["private", *own])


def forbid_caching(headers: Mapping[str, Any]) -> dict[str, Any]:
    """These headers of an event, so that no cache keeps the response, be it an error."""
    kept = {name: entries for name, entries in headers.items() if name != "expires"}
    return {**kept, "cache-control": [{"key": "Cache-Control", "value": "private, no-store"}]}


def add_cookies(headers: Mapping[str, Any], cookies: Iterable[str]) -> dict[str, Any]:
    """These headers of an event with further Set-Cookie values, but for cookies that the origin sets itself.

    Of two with one name a browser keeps the last one (RFC 6265 §5.3).
    """
    own: list[dict[str, str]] = list(headers.get("set-cookie") or ())
    names = {entry["value"].partition("=")[0].strip() for entry in own}
    added = [{"key": "Set-Cookie", "value": cookie} for cookie in cookies if cookie.partition("=")[0] not in names]
    return {**headers, "set-cookie": [*own, *added]}


def _seconds(text: str | None) -> int:
    return int(text[:10]) if text and text.isascii() and text.isdigit() else 0
