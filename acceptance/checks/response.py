"""A response as a visitor got it, and what it tells: version, origin, cache, reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import httpx

NO_LOG = "the router's log cannot be read at an address"
NO_ORIGIN_HEADER = "the response has no header that names the origin (originHeader)"
NO_VERSION = "the response does not tell its version (versions)"
NO_DECISION = "no decision: the router did not run"
FROM_ORIGIN = ("miss", "refresh-hit", "error")
NO_CACHE = "the response has neither x-cache nor age"


@dataclass(frozen=True)
class Tells:
    """Places where a response names version and origin: headers, and a cookie whose value begins with the version."""

    version_header: str
    names: Mapping[str, str]
    cookie: str = ""
    origin_header: str = ""


@dataclass(frozen=True)
class Seen:
    """A response. `log` are the router's lines about it, oldest first; None where nobody can read them.

    `cookies` are the visitor's, after the response.
    """

    response: httpx.Response
    body: bytes
    target: str
    elapsed_seconds: float
    cookies: Mapping[str, str]
    log: tuple[str, ...] | None
    tells: Tells

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def headers(self) -> httpx.Headers:
        return self.response.headers

    @cached_property
    def entries(self) -> list[dict[str, Any]]:
        """The lines of the log as objects; a CloudFront Function's begin with the request's id."""
        found: list[dict[str, Any]] = []
        for line in self.log or ():
            document: object = json.loads(line[line.index("{") :])
            if isinstance(document, dict):
                found.append(cast("dict[str, Any]", document))
        return found

    @cached_property
    def decision(self) -> Mapping[str, Any]:
        """The last decision about the request; {} without one."""
        decisions = [entry for entry in self.entries if "origin" in entry]
        return decisions[-1] if decisions else {}

    @property
    def reasons(self) -> list[str]:
        return [str(entry["reason"]) for entry in self.entries if "reason" in entry]

    @property
    def version(self) -> str | None:
        """The version that responded; None where nothing tells it."""
        code = self.headers.get(self.tells.version_header)
        if code is not None:
            return self.tells.names.get(code, code)
        before = self.cookies.get(self.tells.cookie, "").partition(".")[0] if self.tells.cookie else ""
        named = (before, self.decision.get("origin", ""))
        return next((name for name in named if name in self.tells.names.values()), None)

    @property
    def cache(self) -> str | None:
        """`hit`, `miss`, `refresh-hit`, `error`, or what x-cache says else; None where nothing tells it."""
        said = self.headers.get("x-cache")
        if said is not None:
            first = said.partition(" ")[0]
            return {"RefreshHit": "refresh-hit"}.get(first, first.lower())
        age = self.headers.get("age")
        return None if age is None else "hit" if age.isdigit() and int(age) > 0 else "miss"

    @property
    def origin(self) -> str | None:
        """The origin that the request was sent to; "" if it was sent to none, None where nothing tells it."""
        if self.tells.origin_header in self.headers:
            return self.headers[self.tells.origin_header]
        if self.log is None:
            return None
        return self.decision.get("origin") if self.cache in FROM_ORIGIN else ""

    @property
    def text(self) -> str:
        """The body as text, whatever it is; UTF-8 where the response names a charset that is not one of texts."""
        try:
            return self.body.decode(self.response.encoding or "utf-8", "replace")
        except (LookupError, ValueError):
            return self.body.decode("utf-8", "replace")
