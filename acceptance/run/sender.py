"""Sends the requests of visitors, and follows redirects within the site."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from acceptance.checks.response import Seen, Tells
from acceptance.format.request import Request
from acceptance.format.suite import Visitor
from acceptance.run.place import Place
from acceptance.run.visitor import Numbered, Person, make_body, make_token, token_place
from validator.traffic.failures import describe_error

USER_AGENT = "edge-router-test"
REGION_HEADER = "x-simulate-region"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
REDIRECTS = (301, 302, 303, 307, 308)
REDIRECTS_TO_GET = (301, 302, 303)
"""After a POST, as browsers do; 303 after any method (RFC 9110 §15.4)."""
MAX_REDIRECTS = 10


class NoResponseError(Exception):
    """A request without a response; the message says why."""


@dataclass(frozen=True)
class Filled:
    """A request with everything filled in; `target` is path and query, `host` "" for that of the address."""

    method: str
    target: str
    host: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: bytes
    timeout: float

    def following(self, status: int, target: str) -> Filled:
        """Return the request that follows a redirect."""
        if status == 303 or (status in REDIRECTS_TO_GET and self.method == "POST"):
            headers = {name: text for name, text in self.headers.items() if name != "content-type"}
            return replace(self, method="GET", target=target, headers=headers, body=b"")
        return replace(self, target=target)


class Sender:
    """Sends the requests of a file's visitors to a place; `host` is the Host header, "" for that of the address."""

    def __init__(
        self,
        place: Place,
        client: httpx.AsyncClient,
        tells: Tells,
        host: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place, self._client, self._tells, self._host = place, client, tells, host
        self._clock = clock
        self._base = urlsplit(place.url)

    def meet(self, visitor: Visitor | None = None) -> Person:
        """Return a visitor who is new. On this machine secure cookies go over plain HTTP, as in browsers."""
        is_loopback = self._base.hostname in LOOPBACK
        return Person(visitor or Visitor(), ("https", "http") if is_loopback else ("https",))

    async def send(self, request: Request, person: Person, number: int) -> Seen:
        """Send a request of a visitor, the `number`th of its kind. NoResponseError, SetUpError."""
        filled = self._fill(request, person, number)
        for _ in range(MAX_REDIRECTS + 1):
            seen = await self._exchange(filled, person)
            following = self._redirect(seen, filled) if request.follow else None
            if following is None:
                return seen
            filled = filled.following(seen.status, following)
        raise NoResponseError(f"more than {MAX_REDIRECTS} redirects")

    def _fill(self, request: Request, person: Person, number: int) -> Filled:
        numbered = Numbered(number)
        headers = {"user-agent": USER_AGENT, **({REGION_HEADER: request.region} if request.region else {})}
        given = {**person.visitor.headers, **request.headers}
        headers |= {name.lower(): numbered(text) for name, text in given.items()}
        cookies = {name: numbered(text) for name, text in request.cookies.items()}
        if request.token is not None:
            options = self._place.token_options()
            in_headers, in_cookies = token_place(make_token(request.token, options, numbered), options)
            headers |= in_headers
            cookies |= in_cookies
        body = make_body(request, headers, numbered)
        host = request.host or self._host
        return Filled(request.effective_method, numbered(request.path), host, headers, cookies, body, request.timeout)

    async def _exchange(self, filled: Filled, person: Person) -> Seen:
        """Send one request, with the visitor's cookies, and keep those of the response."""
        # As the rules of cookies see it: of the host that it is for.
        shadow = httpx.Request(
            filled.method, f"{self._base.scheme}://{filled.host or self._base.netloc}{filled.target}"
        )
        line = person.cookie_line(shadow, filled.cookies)
        own = {**({"host": filled.host} if filled.host else {}), **({"cookie": line} if line else {})}
        extensions: dict[str, Any] = {"timeout": httpx.Timeout(filled.timeout).as_dict()}
        extensions |= {"sni_hostname": filled.host.partition(":")[0]} if filled.host else {}
        outgoing = self._client.build_request(
            filled.method,
            f"{self._place.url}{filled.target}",
            headers=[(name.encode(), text.encode()) for name, text in {**own, **filled.headers}.items()],
            content=filled.body,
            extensions=extensions,
        )
        started = self._clock()
        try:
            response = await self._client.send(outgoing)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NoResponseError(describe_error(error, filled.timeout)) from error
        elapsed = self._clock() - started
        person.keep(shadow, response)
        log = self._place.take_log(response.headers.get("x-amz-cf-id", ""))
        return Seen(response, response.content, filled.target, elapsed, person.cookies, log, self._tells)

    def _redirect(self, seen: Seen, filled: Filled) -> str | None:
        """Path and query that a redirect within the site leads to; None for anything else."""
        if seen.status not in REDIRECTS or "location" not in seen.headers:
            return None
        here = filled.host or self._base.netloc
        try:
            there = urlsplit(urljoin(f"//{here}{filled.target}", seen.headers["location"]))
        except ValueError:  # no URL
            return None
        if there.netloc not in (here, *self._place.public_hosts):
            return None
        return f"{there.path or '/'}{f'?{there.query}' if there.query else ''}"
