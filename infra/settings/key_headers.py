"""The key `keyHeaders`: headers that the answers of the application depend on, by name or in ready-made groups."""

from __future__ import annotations

import re
from typing import Annotated

from infra.config.errors import rule
from infra.config.section import Text
from router.model import names

GROUPS: dict[str, tuple[str, ...]] = {
    # What answers of the App Router vary by (FLIGHT_HEADERS and NEXT_URL in Next.js's app-router-headers.ts), and what
    # asks the Pages Router for data instead of a page.
    "next": (
        "rsc",
        "next-router-state-tree",
        "next-router-prefetch",
        "next-router-segment-prefetch",
        "next-url",
        "x-nextjs-data",
    ),
    "language": ("accept-language",),
}
MAX_KEY_HEADERS = 32
_NEVER_KEYED = frozenset({"cache-control", "max-forwards", "pragma", "range", "request-range", "te"})
"""CloudFront bases no caching on these ("HTTP request headers and CloudFront behavior"), nor on those that functions
must not touch (router.model.names)."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_INSTEAD = {
    "accept-encoding": "it is in the key already, normalized by CloudFront",
    "cookie": "cookies have a key of their own: applicationCookies in the strategy's section",
    "host": "it is in the key where an origin has hostHeader viewer",
}


def _name_problem(name: str) -> str:
    lower = name.lower()
    if lower in GROUPS:
        return ""
    if lower in _INSTEAD:
        return f"is {name!r}: {_INSTEAD[lower]}"
    if lower.startswith("x-router-"):
        return f"is {name!r}: headers that begin with x-router- are the router's own"
    text = names.header_name(name)
    if _TOKEN.fullmatch(name) and (text or lower in _NEVER_KEYED):
        return f"is {name!r}: CloudFront keeps no answers apart by this header"
    return text


def _list_problem(given: tuple[str, ...]) -> str:
    lower = [name.lower() for name in given]
    twice = next((name for index, name in enumerate(lower) if name in lower[:index]), "")
    if twice:
        return f"lists {twice!r} twice: every header and every group once"
    count = len(headers_of(given))
    return f"has {count} headers: at most {MAX_KEY_HEADERS}" if count > MAX_KEY_HEADERS else ""


def headers_of(given: tuple[str, ...]) -> frozenset[str]:
    """Lower-case names, with those of the groups in their place."""
    return frozenset(header for name in given for header in GROUPS.get(name.lower(), (name.lower(),)))


KeyHeaders = Annotated[tuple[Annotated[Text, rule(_name_problem)], ...], rule(_list_problem)]
