"""Readers of a plan's values: each returns the value or raises ValueError, "is …: what is allowed"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

import httpx

from validator.plan.model import Expectation, OverridePlace

Value = TypeVar("Value")

HIGHEST_PORT = 65_535
PLACES = ("header", "cookie", "query")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}")
"""RFC 9110 §5.6.2: names of headers and cookies."""
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}")
_VISIBLE = re.compile(r"[!-~]{1,4096}")


def read_text(value: object) -> str:
    """Read a string that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError("must be text" if not isinstance(value, str) else "is empty")
    return value


def read_token(value: object) -> str:
    """Read the name of a header, cookie, query parameter or version."""
    name = read_text(value)
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"has the name {name[:80]!r}: up to 256 letters, digits and !#$%&'*+.^_`|~-")
    return name


def integer(low: int, high: int) -> Callable[[object], int]:
    """Make a reader of integers in a range."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"is {value!r:.80}: a whole number from {low} to {high}")
        return value

    return read


def number(low: float, high: float) -> Callable[[object], float]:
    """Make a reader of numbers in a range; NaN is in none."""

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise ValueError(f"is {value!r:.80}: a number from {low} to {high}")
        return float(value)

    return read


def read_list(read: Callable[[object], Value]) -> Callable[[object], tuple[Value, ...]]:
    """Make a reader of lists."""

    def read_all(value: object) -> tuple[Value, ...]:
        if not isinstance(value, (list, tuple)):
            raise ValueError("must be a list")
        return tuple(map(read, cast("Sequence[object]", value)))

    return read_all


def read_url(value: object) -> httpx.URL:
    """Read the URL of a page, without its fragment."""
    try:
        url = httpx.URL(read_text(value))
    except httpx.InvalidURL as error:
        raise ValueError(f"is not a URL: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("must begin with https:// or http:// and a host")
    if url.port is not None and not 0 < url.port <= HIGHEST_PORT:
        raise ValueError(f"has the port {url.port}: from 1 to {HIGHEST_PORT}")
    if url.userinfo:
        raise ValueError("has a user name or password: remove it, because reports show the URL")
    return url.copy_with(fragment=None)


def read_host(value: object) -> str:
    """Read the name of a host, without scheme and port."""
    host = read_text(value)
    if not _HOST.fullmatch(host):
        raise ValueError(f"has {host[:80]!r}: a host name, such as v1.example.com")
    return host


def read_path(value: object) -> str:
    """Read the path of an object, with its query if it has one."""
    path = read_text(value)
    if not path.startswith("/") or path.startswith("//") or not path.isascii() or not path.isprintable() or " " in path:
        raise ValueError("must begin with one / and be ASCII as in a URL, such as /static/style.css")
    return path


def read_pattern(value: object) -> str:
    """Read a regular expression with one group."""
    pattern = read_text(value)
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"has {groups} groups: exactly one, around the version's code, such as 'Version ([0-9])'")
    return pattern


def read_versions(value: object) -> dict[str, str]:
    """Read {name: code}. Names are those of origins, which the QA override needs."""
    if not isinstance(value, dict) or not value:
        raise ValueError('must map names to codes, such as {"stable": "1", "canary": "2"}')
    versions = {read_token(name): read_text(code) for name, code in cast("dict[object, object]", value).items()}
    if len(set(versions.values())) < len(versions):
        raise ValueError("has one code for two versions: they could not be told apart")
    return versions


def read_expectation(value: object) -> Expectation:
    """Read VERSION:STATUS:TEXT, of which STATUS and TEXT may be empty."""
    version, _, rest = read_text(value).partition(":")
    status, _, text = rest.partition(":")
    is_status = not status or (status.isascii() and status.isdigit() and 100 <= int(status[:4]) <= 599)
    if not version or not is_status:
        example = "stable:200:Welcome or canary::Welcome"
        raise ValueError(f"is {value!r}: write VERSION:STATUS:TEXT, such as {example}")
    return Expectation(version, int(status or 0), text)


def read_override(value: object) -> OverridePlace:
    """Read {"header": NAME, "secret": …}, or cookie, or query. No message shows the secret."""
    keys = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    places = [place for place in PLACES if place in keys]
    if len(places) != 1 or set(keys) - {*PLACES, "secret"}:
        raise ValueError(f"needs the secret, and the name of exactly one of {', '.join(PLACES)}")
    name, secret = read_token(keys[places[0]]), keys.get("secret")
    if not secret:
        raise ValueError("has no secret: set EDGE_ROUTER_OVERRIDE_SECRET")
    if not isinstance(secret, str) or not _VISIBLE.fullmatch(secret):
        raise ValueError("has a secret that no header can carry: printable ASCII without spaces")
    return OverridePlace(places[0], name, secret)
