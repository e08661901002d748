"""Visitors: the cookies that they keep, and the requests that they send."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from acceptance.checks.response import Seen, Tells
from acceptance.format.read import NUMBER, VARIABLE
from acceptance.format.request import Request
from acceptance.format.suite import Visitor
from acceptance.run.place import Place
from acceptance.run.token import make_token, token_place
from validator.traffic.failures import describe_error

USER_AGENT = "edge-router-test"
REGION_HEADER = "x-simulate-region"
REDIRECTS = (301, 302, 303, 307, 308)
MAX_REDIRECTS = 10


class NoResponseError(Exception):
    """A request without a response; the message says why."""


class Sender:
    """Sends the requests of a file's visitors to a place; `variables` are those of the environment."""

    def __init__(
        self,
        place: Place,
        client: httpx.AsyncClient,
        tells: Tells,
        host: str = "",
        variables: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place, self._client, self._tells, self._host = place, client, tells, host
        self._variables, self._clock = dict(variables or {}), clock

    async def send(self, request: Request, person: Person, number: int) -> Seen:
        """Send a request of a visitor, the `number`th of its kind. NoResponseError, SetUpError."""
        expand = Expander({**self._variables, NUMBER: str(number)})
        host = request.host or self._host
        headers = {name.lower(): expand(text) for name, text in {**person.visitor.headers, **request.headers}.items()}
        cookies = {name: expand(text) for name, text in request.cookies.items()}
        if request.token is not None:
            token = make_token(request.token, self._place.token_options(), expand)
            in_headers, in_cookies = token_place(token, self._place.token_options())
            headers |= in_headers
            cookies |= in_cookies
        method, target, body = request.effective_method, expand(request.path), _body(request, headers, expand)
        for _ in range(MAX_REDIRECTS + 1):
            seen = await self._exchange(method, target, host, headers, cookies, body, person, request)
            following = self._redirect(seen, host, target) if request.follow else None
            if following is None:
                return seen
            if seen.status == 303 or (seen.status in (301, 302) and method == "POST"):
                method, body = "GET", b""
                headers.pop("content-type", None)
            target = following
        raise NoResponseError(f"more than {MAX_REDIRECTS} redirects")

    async def _exchange(
        self,
        method: str,
        target: str,
        host: str,
        headers: Mapping[str, str],
        cookies: Mapping[str, str],
        body: bytes,
        person: Person,
        request: Request,
    ) -> Seen:
        shadow = self._shadow(method, target, host)
        line = person.cookie_line(shadow, cookies)
        extensions: dict[str, Any] = {"timeout": httpx.Timeout(request.timeout).as_dict()}
        extensions |= {"sni_hostname": host.partition(":")[0]} if host else {}
        outgoing = self._client.build_request(
            method,
            f"{self._place.url}{target}",
            headers={
                "user-agent": USER_AGENT,
                **({"host": host} if host else {}),
                **({"cookie": line} if line else {}),
                **({REGION_HEADER: request.region} if request.region else {}),
                **headers,
            },
            content=body,
            extensions=extensions,
        )
        started = self._clock()
        try:
            response = await self._client.send(outgoing)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NoResponseError(describe_error(error, request.timeout)) from error
        elapsed = self._clock() - started
        person.keep(shadow, response)
        log = self._place.take_log(response.headers.get("x-amz-cf-id", ""))
        return Seen(response, response.content, target, elapsed, person.cookies, log, self._tells)

    def _shadow(self, method: str, target: str, host: str) -> httpx.Request:
        """The request as the cookies' rules see it: of the host that it is for."""
        base = urlsplit(self._place.url)
        return httpx.Request(method, f"{base.scheme}://{host or base.netloc}{target}")

    def _redirect(self, seen: Seen, host: str, target: str) -> str | None:
        """Path and query that a redirect within the site leads to; None for anything else."""
        if seen.status not in REDIRECTS or "location" not in seen.headers:
            return None
        here = host or urlsplit(self._place.url).netloc
        there = urlsplit(urljoin(f"//{here}{target}", seen.headers["location"]))
        if there.netloc not in (here, *self._place.public_hosts):
            return None
        return f"{there.path or '/'}{f'?{there.query}' if there.query else ''}"


class Person:
    """A visitor: what the file says of them, and a cookie jar. `version` is the one that responded first."""

    def __init__(self, visitor: Visitor | None = None) -> None:
        self.visitor = visitor or Visitor()
        self.version: str | None = None
        # Secure cookies go over plain HTTP as well: only the local edge is asked that way, whose viewers count as HTTPS.
        self._jar = httpx.Cookies(CookieJar(DefaultCookiePolicy(secure_protocols=("https", "http"))))

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies in the jar, and those that the file gives."""
        return {**self.visitor.cookies, **{cookie.name: cookie.value or "" for cookie in self._jar.jar}}

    def cookie_line(self, shadow: httpx.Request, more: Mapping[str, str]) -> str:
        """Return the Cookie header; the jar's cookies win over those of the file, the request's over both."""
        self._jar.set_cookie_header(shadow)
        kept = dict(pair.partition("=")[::2] for pair in shadow.headers.get("cookie", "").split("; ") if pair)
        return "; ".join(f"{name}={value}" for name, value in {**self.visitor.cookies, **kept, **more}.items())

    def keep(self, shadow: httpx.Request, response: httpx.Response) -> None:
        """Keep the cookies that a response sets."""
        cookies = [("set-cookie", line) for line in response.headers.get_list("set-cookie")]
        self._jar.extract_cookies(httpx.Response(response.status_code, headers=cookies, request=shadow))


class Expander:
    """Replaces `${NAME}` in texts; `$${NAME}` stands for `${NAME}` itself."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def __call__(self, text: str) -> str:
        return VARIABLE.sub(lambda found: found[0][1:] if found["escaped"] else self._variables[found["name"]], text)

    def deep(self, value: Any) -> Any:
        """Replace them in all texts of a JSON value."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, dict):
            return {key: self.deep(item) for key, item in value.items()}
        return [self.deep(item) for item in value] if isinstance(value, list) else value


def _body(request: Request, headers: dict[str, str], expand: Expander) -> bytes:
    if request.has_json:
        headers.setdefault("content-type", "application/json")
        return json.dumps(expand.deep(request.json_body), ensure_ascii=False, separators=(",", ":")).encode()
    return expand(request.body).encode() if request.body is not None else b""
