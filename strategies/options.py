"""Checks of a strategy's options: all errors at once, each with its field."""

from __future__ import annotations

from router.model.names import cookie_name
from strategies.base import OptionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_KEY_COOKIES = 9
"""CloudFront's quota is 10 cookies for each cache policy; sticky-session adds its own."""

SAME_SITE = ("Lax", "None", "Strict")
MAX_COOKIE_PATH_CHARACTERS = 1_024
"""Browsers ignore a longer attribute (RFC 6265bis §5.6)."""
MAX_COOKIE_NAME_CHARACTERS = 3_840
"""Browsers drop a cookie whose name and value have more than 4,096 (RFC 6265bis §5.7); 256 are for the value."""


def require(**errors: str) -> None:
    """Raise OptionsError with every field whose rule (router.model.names) returned an error; names are snake_case."""
    found = [(camel_case(name), text) for name, text in errors.items() if text]
    if found:
        raise OptionsError(found)


def camel_case(name: str) -> str:
    """Convert `table_name` to `tableName`, as the config has it."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def caching_error(caching: str) -> str:
    """The error of `caching`, where visitors get different origins, or ""."""
    return "" if caching in ("none", "versioned") else f"is {caching!r}: allowed: none, versioned"


def key_cookies_error(cookies: Sequence[str], version_cookie: str) -> str:
    """The error of the application's cookies in the cache key, or ""."""
    if len(cookies) > MAX_KEY_COOKIES:
        return f"has {len(cookies)} entries: at most {MAX_KEY_COOKIES} cookies can be in the cache key"
    if version_cookie in cookies:
        return f"lists {version_cookie!r}, the version cookie: the cache would keep every visitor's answers apart"
    return first_error(*(text and f"has an entry that {text}" for text in map(cookie_name, cookies)))


def cookie_errors(cookie: str, path: str, same_site: str, domain: str = "") -> dict[str, str]:
    """Errors by option that make browsers drop a cookie that is always Secure and HttpOnly (RFC 6265bis §4.1.3, §5.7).

    Prefixes count in any case. `__Secure-` requires nothing more.
    """
    is_for_host = cookie.lower().startswith("__host-")
    return {
        "cookie": f"has {len(cookie):,} characters: browsers drop a cookie whose name and value have more than 4,096;"
        f" allowed is {MAX_COOKIE_NAME_CHARACTERS:,}"
        if len(cookie) > MAX_COOKIE_NAME_CHARACTERS
        else "",
        "domain": f"is {domain!r}: a cookie named __Host-… belongs to one host, and browsers drop it with a domain"
        if is_for_host and domain
        else "",
        "path": first_error(
            _cookie_path_error(path),
            f"is {path!r}: a cookie named __Host-… has the path /, and browsers drop it with another"
            if is_for_host and path != "/"
            else "",
        ),
        "same_site": "" if same_site in SAME_SITE else f"is {same_site!r}: allowed: {', '.join(SAME_SITE)}",
    }


def _cookie_path_error(path: str) -> str:
    is_path = path.startswith("/") and ";" not in path and all(" " < character <= "~" for character in path)
    if is_path and len(path) <= MAX_COOKIE_PATH_CHARACTERS:
        return ""
    return (
        f"is {path!r}: a cookie's path starts with / and has at most {MAX_COOKIE_PATH_CHARACTERS:,} printable ASCII"
        " characters, no space and no ;"
    )


def first_error(*errors: str) -> str:
    """The first error that is not ""."""
    return next((text for text in errors if text), "")
