"""How a strategy's options check themselves: all mistakes at once, each with its field."""

from __future__ import annotations

from router.names import cookie_name
from strategies.base import OptionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_KEY_COOKIES = 9
"""CloudFront's quota is 10 cookies for each cache policy; sticky-session adds its own."""


def require(**problems: str) -> None:
    """Raise OptionsError with every field whose rule (see router.names) returned something; names are snake_case."""
    found = [(camel_case(name), text) for name, text in problems.items() if text]
    if found:
        raise OptionsError(found)


def camel_case(name: str) -> str:
    """`table_name` as stack config spells it: `tableName`."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def caching_problem(caching: str) -> str:
    """Which caching there is where visitors get different origins."""
    return "" if caching in ("none", "versioned") else f"is {caching!r}: allowed: none, versioned"


def key_cookies_problem(cookies: Sequence[str], version_cookie: str) -> str:
    """What is wrong with the cookies that the application reads behind a cache that is keyed on them."""
    if len(cookies) > MAX_KEY_COOKIES:
        return f"has {len(cookies)} entries: at most {MAX_KEY_COOKIES} cookies can be in the cache key"
    if version_cookie in cookies:
        return f"lists {version_cookie!r}, the version cookie: the cache would keep every visitor's answers apart"
    return first_of(*(text and f"has an entry that {text}" for text in map(cookie_name, cookies)))


def first_of(*problems: str) -> str:
    """The first problem that there is."""
    return next((text for text in problems if text), "")
