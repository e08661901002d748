"""The HTTP client for the site under test: verified TLS, within limits, and without exceptions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from validator.plan.model import Plan
from validator.plan.parse import PlanError
from validator.traffic.failures import describe_error
from validator.traffic.limits import LimitError, Limits
from validator.traffic.response import MAX_BODY_BYTES, Response, ResponseReader, SetCookie, read_cookies

USER_AGENT = "edge-router-validator"


def open_client(plan: Plan) -> httpx.AsyncClient:
    """Open a client that verifies certificates and has no cookies of its own. PlanError for an unreadable caFile."""
    context = httpx.create_ssl_context()
    if plan.ca_file:
        try:
            context.load_verify_locations(plan.ca_file)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise PlanError([("caFile", f"{plan.ca_file}: no certificates can be read from it")]) from error
    return httpx.AsyncClient(
        headers={"user-agent": USER_AGENT},
        verify=context,
        timeout=plan.timeout_seconds,
        limits=httpx.Limits(max_connections=plan.concurrency),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        trust_env=not plan.is_loopback,  # no proxy for this machine
    )


def cookie_jar(plan: Plan) -> httpx.Cookies:
    """Make a visitor's jar. On this machine it sends secure cookies over plain HTTP, as browsers do for localhost."""
    secure = ("https", "http") if plan.is_loopback else ("https",)
    return httpx.Cookies(CookieJar(DefaultCookiePolicy(secure_protocols=secure)))


class Site:
    """The site under test. Redirects within the site are followed; one to another site is the response."""

    def __init__(self, plan: Plan, client: httpx.AsyncClient, limits: Limits) -> None:
        self.plan = plan
        self._client, self._limits = client, limits
        self._reader = ResponseReader(plan)
        self._connections = asyncio.Semaphore(plan.concurrency)

    async def get(
        self, jar: httpx.Cookies, path: str = "", override: str = "", headers: Mapping[str, str] | None = None
    ) -> Response:
        """View a page with a visitor's jar; `override` is the version of the QA override, `headers` are additional."""
        url = self.plan.url.join(path) if path else self.plan.url
        own, url = self._override(override, url)
        own = {**own, **(headers or {})}
        async with self._connections:
            try:
                response = await self._view(self._client.build_request("GET", url, headers=own), jar, own)
                self._limits.record(has_response=True)
                return response
            except LimitError as error:
                return Response(url.path, error=str(error), was_sent=False)
            except Exception as error:  # noqa: BLE001  there is a report whatever a site makes the client raise
                if self._limits.seconds_left <= 0:
                    return Response(url.path, error=str(self._limits.deadline_error()), was_sent=False)
                self._limits.record(has_response=False)
                return Response(url.path, error=describe_error(error, self.plan.timeout_seconds))

    def _override(self, version: str, url: httpx.URL) -> tuple[dict[str, str], httpx.URL]:
        """Return the headers and the URL of a request with the QA override."""
        override = self.plan.override
        if not version or override is None:
            return {}, url
        value = override.value(version)
        if override.place == "query":
            return {}, url.copy_merge_params({override.name: value})
        return {override.name: value} if override.place == "header" else {"cookie": f"{override.name}={value}"}, url

    async def _view(self, request: httpx.Request, jar: httpx.Cookies, headers: Mapping[str, str]) -> Response:
        cookies: tuple[SetCookie, ...] = ()
        for _ in range(self.plan.max_redirects + 1):
            await self._limits.wait()
            jar.set_cookie_header(request)
            request.headers.update(headers)
            response, body = await self._fetch(request)
            jar.extract_cookies(response)
            cookies += read_cookies(response)
            following = response.next_request
            if following is None or not _is_same_site(request.url, following.url):
                return self._reader.read(response, body, cookies)
            request = following
        raise httpx.TooManyRedirects(f"more than {self.plan.max_redirects}, the last to {request.url.path}")

    async def _fetch(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        """Return the response and the start of its body; TimeoutError for one that is too slow."""
        async with asyncio.timeout(min(self.plan.timeout_seconds, self._limits.seconds_left)):
            response = await self._client.send(request, stream=True)
            try:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) >= MAX_BODY_BYTES:
                        break
            finally:
                await response.aclose()
        return response, bytes(body[:MAX_BODY_BYTES])


def _is_same_site(one: httpx.URL, other: httpx.URL) -> bool:
    """Return True for the same origin, or the same host upgraded to https: no other may receive what was sent."""
    is_upgrade = (one.scheme, one.port, other.scheme, other.port) == ("http", None, "https", None)
    return one.host == other.host and ((one.scheme, one.port) == (other.scheme, other.port) or is_upgrade)
