"""Selections of headers, cookies and query parameters: what a policy takes of a request."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["none", "whitelist", "all", "allExcept"]


@dataclass(frozen=True)
class Selection:
    """Which names of a kind a policy takes. Names of headers are lower-case; those of the others compare exactly.

    `has_wildcards`: in a name `*` stands for any characters and `?` for one, as in names of cookies (page
    DownloadDistValuesCacheBehavior, "Allowlist cookies"). `added` are headers that CloudFront makes beside a viewer's.
    """

    mode: Mode = "none"
    names: frozenset[str] = frozenset()
    has_wildcards: bool = False
    added: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        return self.mode == "none" or (self.mode == "whitelist" and not self.names)

    def takes(self, name: str) -> bool:
        if self.mode in ("none", "all"):
            return self.mode == "all"
        return self._names(name) == (self.mode == "whitelist")

    def makes(self, header: str) -> bool:
        """Whether it asks CloudFront for a header of CloudFront's own (page adding-cloudfront-headers)."""
        return header in (self.names if self.mode == "whitelist" else self.added)

    def _names(self, name: str) -> bool:
        return name in self.names or (self.has_wildcards and any(_is_match(one, name) for one in self.names))

    def beyond(self, other: Selection) -> str:
        """What this takes and the other does not, in words; "" for nothing."""
        if self.is_empty or other.mode == "all":
            return ""
        if self.mode == "whitelist":
            return ", ".join(sorted(name for name in self.names if not other.takes(name)))
        if other.mode == "allExcept":
            return ", ".join(sorted(name for name in other.names if self.takes(name)))
        spared = {name for name in other.names if self.takes(name)} if other.mode == "whitelist" else set[str]()
        excepted = sorted({*spared, *(self.names if self.mode == "allExcept" else ())})
        return f"all but {', '.join(excepted)}" if excepted else "all"


def _is_match(pattern: str, name: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, name, re.DOTALL) is not None


@dataclass(frozen=True)
class Values:
    """What is taken of a request's headers, cookies and query string."""

    headers: Selection = field(default_factory=Selection)
    cookies: Selection = field(default_factory=Selection)
    query: Selection = field(default_factory=Selection)

    @property
    def is_empty(self) -> bool:
        return self.headers.is_empty and self.cookies.is_empty and self.query.is_empty
