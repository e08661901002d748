"""Picks cookies, query parameters and the normalized Accept-Encoding out of a viewer request."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote_plus

from simulator.cloudfront.config.policies import CachePolicy, Selection
from simulator.cloudfront.http.headers import Headers


def cookie_pairs(headers: Headers) -> list[tuple[str, str]]:
    """All cookies of all Cookie fields, sorted by name.

    Only name=value pairs count, and names starting with `$` are dropped (page Cookies; RFC 6265 §4.2.1).
    """
    pairs: list[tuple[str, str]] = []
    for field in headers.all("cookie"):
        for part in field.split(";"):
            name, separator, value = part.strip().partition("=")
            if separator and name and not name.startswith("$"):
                pairs.append((name, value))
    return sorted(pairs, key=lambda pair: pair[0])


def selected_cookies(headers: Headers, selections: Iterable[Selection]) -> list[tuple[str, str]]:
    wanted = list(selections)
    return [pair for pair in cookie_pairs(headers) if any(selection.takes(pair[0]) for selection in wanted)]


def selected_query(querystring: str, selections: Iterable[Selection]) -> str:
    """The parameters taken, as the viewer wrote and ordered them; names compare decoded and case-sensitively."""
    wanted = [selection for selection in selections if selection.mode != "none"]
    if any(selection.mode == "all" for selection in wanted):
        return querystring
    kept = [part for part in querystring.split("&") if part and any(item.takes(_name(part)) for item in wanted)]
    return "&".join(kept)


def _name(part: str) -> str:
    return unquote_plus(part.partition("=")[0])


def normalized_accept_encoding(headers: Headers, policy: CachePolicy) -> str | None:
    """`br,gzip`, `gzip`, `br` or, where the viewer takes neither, `identity`; None where it sends no Accept-Encoding.

    Only for policies that normalize it; "identity" goes to the origin but not into the key (page
    cache-key-understand-cache-policy, "Compression support").
    """
    accepted = _accepted_encodings(headers)
    if accepted is None:
        return None
    encodings = [
        name
        for name, is_taken in (("br", policy.takes_brotli), ("gzip", policy.takes_gzip))
        if is_taken and name in accepted
    ]
    return ",".join(encodings) or "identity"


def _accepted_encodings(headers: Headers) -> set[str] | None:
    value = headers.joined("accept-encoding")
    if value is None:
        return None
    accepted: set[str] = set()
    for part in value.split(","):
        coding, _, weight = part.partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            accepted.add(coding.strip().lower())
    return accepted
