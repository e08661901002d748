"""Asking the site: politely, with verified TLS, within limits, and without ever raising."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from validator.plan.plan import Plan
from validator.plan.plan_json import PlanError
from validator.traffic.failures import StoppedError, problem_of
from validator.traffic.marks import MAX_BODY_BYTES, Marks, decoded
from validator.traffic.pace import Pace
from validator.traffic.response import Answer, SetCookie, is_from_cache, shown

USER_AGENT = "edge-router-validator"


def open_client(plan: Plan) -> httpx.AsyncClient:
    """A client that verifies certificates and keeps no cookies: they are the visitors'. PlanError for a bad caFile."""
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
        # A proxy for the world is none for this machine.
        trust_env=not plan.is_loopback,
    )


def cookie_jar(plan: Plan) -> httpx.Cookies:
    """A visitor's jar. Secure cookies go to this machine over plain HTTP too, as browsers have it for localhost."""
    secure = ("https", "http") if plan.is_loopback else ("https",)
    return httpx.Cookies(CookieJar(DefaultCookiePolicy(secure_protocols=secure)))


class Site:
    """The site under validation. Redirects are followed on the site itself; one that leads away is the answer."""

    def __init__(self, plan: Plan, client: httpx.AsyncClient, pace: Pace) -> None:
        self.plan = plan
        self._client, self._pace = client, pace
        self._marks = Marks(plan)
        self._at_once = asyncio.Semaphore(plan.concurrency)

    async def get(
        self, jar: httpx.Cookies, path: str = "", override: str = "", sent: Mapping[str, str] | None = None
    ) -> Answer:
        """One page view with a visitor's jar; `override` is a version that the QA override asks for.

        `sent` are headers that are sent besides.
        """
        url = self.plan.url.join(path) if path else self.plan.url
        forced, url = self._forced(override, url)
        forced = {**forced, **(sent or {})}
        async with self._at_once:
            try:
                answer = await self._view(self._client.build_request("GET", url, headers=forced), jar, forced)
                self._pace.note(has_answered=True)
                return answer
            except StoppedError as stopped:
                return Answer(url.path, problem=str(stopped), was_asked=False)
            except Exception as error:  # noqa: BLE001  whatever a site makes the client raise, there is a report
                if self._pace.seconds_left <= 0:
                    return Answer(url.path, problem=str(self._pace.is_over()), was_asked=False)
                self._pace.note(has_answered=False)
                return Answer(url.path, problem=problem_of(error, self.plan.timeout_seconds))

    def _forced(self, version: str, url: httpx.URL) -> tuple[dict[str, str], httpx.URL]:
        override = self.plan.override
        if not version or override is None:
            return {}, url
        value = override.value(version)
        if override.place == "query":
            return {}, url.copy_merge_params({override.name: value})
        return {override.name: value} if override.place == "header" else {"cookie": f"{override.name}={value}"}, url

    async def _view(self, request: httpx.Request, jar: httpx.Cookies, forced: Mapping[str, str]) -> Answer:
        cookies: tuple[SetCookie, ...] = ()
        for _ in range(self.plan.max_redirects + 1):
            await self._pace.turn()
            jar.set_cookie_header(request)
            request.headers.update(forced)
            response, body = await self._fetch(request)
            jar.extract_cookies(response)
            cookies += _cookies(response)
            following = response.next_request
            if following is None or not _is_same_site(request.url, following.url):
                return self._answer(response, body, cookies)
            request = following
        raise httpx.TooManyRedirects(f"more than {self.plan.max_redirects} times, last to {request.url.path}")

    async def _fetch(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        """The answer and its body, as far as it is read; TimeoutError for one that drips."""
        async with asyncio.timeout(min(self.plan.timeout_seconds, self._pace.seconds_left)):
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

    def _answer(self, response: httpx.Response, body: bytes, cookies: tuple[SetCookie, ...]) -> Answer:
        text = decoded(response, body)
        version, code = self._marks.version(response, text)
        return Answer(
            path=shown(response.url.path),
            status=response.status_code,
            version=version,
            code=code,
            found=self._marks.found(text),
            request_id=shown(response.headers.get("x-amz-cf-id", "")),
            x_cache=shown(response.headers.get("x-cache", "")),
            age=shown(response.headers.get("age", "")),
            vary=_names_in(shown(response.headers.get("vary", ""))),
            cookies=cookies,
            elapsed_ms=round(response.elapsed.total_seconds() * 1_000),
        )


def _names_in(vary: str) -> tuple[str, ...]:
    return tuple(sorted({name.strip().lower() for name in vary.split(",")} - {""}))


def _cookies(response: httpx.Response) -> tuple[SetCookie, ...]:
    is_cached = is_from_cache(response.headers.get("x-cache", ""), response.headers.get("age", ""))
    pairs = [line.partition(";")[0].partition("=") for line in response.headers.get_list("set-cookie")]
    return tuple(SetCookie(shown(name.strip()), value.strip(), is_cached) for name, _, value in pairs)


def _is_same_site(one: httpx.URL, other: httpx.URL) -> bool:
    """The same origin, or the same host turned to https: nothing that was sent goes anywhere else, nor in the open."""
    is_upgrade = (one.scheme, one.port, other.scheme, other.port) == ("http", None, "https", None)
    return one.host == other.host and ((one.scheme, one.port) == (other.scheme, other.port) or is_upgrade)
