"""References of a response to an origin's host: redirects, and absolute links of a page."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

HEADERS = ("location", "content-location")
LINKING = frozenset({"href", "src", "srcset", "action", "formaction", "poster", "data", "content"})
"""Attributes of HTML with a URL; `content` is that of <meta>, such as a refresh."""
_HIDDEN = str.maketrans({"\t": None, "\n": None, "\r": None, "\\": "/"})
"""Characters that browsers leave out of a URL, or read as a slash (URL Standard, "URL parsing")."""
_IN_TEXT = re.compile(r"(?:https?:)?//[^\s,;'\"<>]+", re.IGNORECASE)
"""A URL in a list of images or a refresh."""


@dataclass(frozen=True)
class Link:
    """A reference that leaves for an origin's host. `where` is a header, or a tag and its attribute."""

    where: str
    url: str
    page: str

    def __str__(self) -> str:
        return f"{self.where} of {self.page} names {self.url}"


def find_links(response: httpx.Response, text: str, hosts: Collection[str], *, is_page: bool) -> tuple[Link, ...]:
    """Return the links to these hosts, in lower case, each once; those in HTML only where `is_page`."""
    found = [(f"header {name}", value) for name in HEADERS for value in response.headers.get_list(name)]
    if is_page and "html" in response.headers.get("content-type", "").lower():
        page = _Page()
        page.feed(text)
        found += page.links
    links = (Link(where, url, response.url.path) for where, value in found for url in _urls(value, str(response.url)))
    return tuple(
        dict.fromkeys(link for link in links if (urlsplit(link.url).hostname or "").removesuffix(".") in hosts)
    )


class _Page(HTMLParser):
    """Collects the values of linking attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [(f"<{tag} {name}>", value) for name, value in attrs if value and name in LINKING]


def _urls(value: str, base: str) -> Iterator[str]:
    """Yield the absolute URLs of an attribute, without query and fragment, which may hold a secret."""
    read = value.translate(_HIDDEN).strip()
    for one in dict.fromkeys((read, *_IN_TEXT.findall(read))):
        try:
            parts = urlsplit(urljoin(base, one))
        except ValueError:  # no URL
            continue
        if parts.scheme in ("http", "https") and parts.netloc:
            yield f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
