"""One response of the site under test, or the reason why there is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpx

from validator.plan.model import Plan
from validator.traffic.links import Link, find_links

MAX_PRINTED_CHARACTERS = 120
MAX_BODY_BYTES = 1_048_576
"""The part of a body that is read."""


@dataclass(frozen=True)
class SetCookie:
    """A cookie that a response sets; `is_cached` where that response came from a cache."""

    name: str
    value: str
    is_cached: bool

    @property
    def digest(self) -> str:
        """The value's digest, for reports: after a leak the value may be a visitor's session."""
        return sha256(self.value.encode("utf-8", "replace")).hexdigest()[:12]


@dataclass(frozen=True)
class Response:
    """The response to one page view. `version` is "" where it is unknown, `code` the version's code as received.

    `error` says why there is no response; `was_sent` is False where a limit prevented the request. `texts` are the
    expected texts in the body, `vary` the headers in Vary, in lower case, `links` the references to origins' hosts.
    """

    path: str
    status: int = 0
    version: str = ""
    code: str = ""
    texts: frozenset[str] = frozenset()
    request_id: str = ""
    x_cache: str = ""
    age: str = ""
    vary: tuple[str, ...] = ()
    cookies: tuple[SetCookie, ...] = ()
    links: tuple[Link, ...] = ()
    elapsed_ms: int = 0
    error: str = ""
    was_sent: bool = True

    @property
    def is_cached(self) -> bool:
        """True for a response from a cache, by x-cache or Age (RFC 9111 §5.1)."""
        return is_from_cache(self.x_cache, self.age)

    @property
    def has_arrived(self) -> bool:
        return not self.error

    def as_json(self) -> dict[str, Any]:
        """Return what identifies the request, in CloudFront's logs by its ID."""
        values = {
            "path": self.path,
            "status": self.status,
            "version": self.version or (f"unknown ({self.code})" if self.code else ""),
            "requestId": self.request_id,
            "xCache": self.x_cache,
            "age": self.age,
            "elapsedMs": self.elapsed_ms,
            "problem": self.error,
        }
        return {key: value for key, value in values.items() if value}


class ResponseReader:
    """Reads version, expected texts and caching from a response."""

    def __init__(self, plan: Plan) -> None:
        self._header = plan.version_header
        self._pattern = re.compile(plan.version_pattern) if plan.version_pattern else None
        self._names = {code: name for name, code in plan.versions.items()}
        self._texts = frozenset(one.text for one in plan.expect if one.text)
        self._origin_hosts = plan.foreign_hosts
        self._searched: set[str] = set()

    def read(self, response: httpx.Response, body: bytes, cookies: tuple[SetCookie, ...]) -> Response:
        """Return the response; `cookies` are those of its redirects as well."""
        text, headers = _decode(response, body), response.headers
        code = self._code(response, text)
        vary = printable(headers.get("vary", "")).split(",")
        return Response(
            path=printable(response.url.path),
            status=response.status_code,
            version=self._names.get(code, ""),
            code=printable(code),
            texts=frozenset(one for one in self._texts if one in text),
            request_id=printable(headers.get("x-amz-cf-id", "")),
            x_cache=printable(headers.get("x-cache", "")),
            age=printable(headers.get("age", "")),
            vary=tuple(sorted({name.strip().lower() for name in vary} - {""})),
            cookies=cookies,
            links=self._links(response, text, code),
            elapsed_ms=round(response.elapsed.total_seconds() * 1_000),
        )

    def _links(self, response: httpx.Response, text: str, code: str) -> tuple[Link, ...]:
        """Return the links to origins' hosts: of every redirect, and of the first page of each version."""
        if not self._origin_hosts:
            return ()
        is_page = response.is_success and code not in self._searched
        if is_page:
            self._searched.add(code)
        return tuple(
            Link(link.where, printable(link.url), printable(link.page))
            for link in find_links(response, text, self._origin_hosts, is_page=is_page)
        )

    def _code(self, response: httpx.Response, body: str) -> str:
        """Return the code that the pattern finds in the body; without a pattern, the header's."""
        if self._pattern is None:
            return response.headers.get(self._header, "")
        match = self._pattern.search(body)
        return (match[1] or "") if match else ""


def read_cookies(response: httpx.Response) -> tuple[SetCookie, ...]:
    """Return the cookies of Set-Cookie."""
    is_cached = is_from_cache(response.headers.get("x-cache", ""), response.headers.get("age", ""))
    pairs = [line.partition(";")[0].partition("=") for line in response.headers.get_list("set-cookie")]
    return tuple(SetCookie(printable(name.strip()), value.strip(), is_cached) for name, _, value in pairs)


def is_from_cache(x_cache: str, age: str) -> bool:
    """Return True for Hit and RefreshHit ("x-edge-result-type", CloudFront's access logs), or an age above 0."""
    result = x_cache.lower()
    return result.startswith(("hit", "refreshhit")) or (age.isascii() and age.isdigit() and int(age[:9]) > 0)


def printable(value: str) -> str:
    """Return text of the site for a terminal: printable and short."""
    shortened = value[:MAX_PRINTED_CHARACTERS]
    return "".join(character if character.isprintable() else "?" for character in shortened)


def _decode(response: httpx.Response, body: bytes) -> str:
    """Return the body as text, even where the response names a wrong charset."""
    try:
        return body.decode(response.encoding or "utf-8", "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")
