"""Serves objects from the cache, or through it from the origin."""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from simulator.cloudfront.cache.cache import Cache, CacheKey, Entry, cache_key
from simulator.cloudfront.cache.compression import compress
from simulator.cloudfront.cache.notices import CacheNotices
from simulator.cloudfront.cache.ttl import (
    CacheControl,
    error_ttl,
    object_ttl,
    revalidation_seconds,
    stale_if_error_seconds,
)
from simulator.cloudfront.config.distribution import Distribution
from simulator.cloudfront.http.errors import EdgeError
from simulator.cloudfront.http.headers import Headers
from simulator.cloudfront.http.messages import OriginResponse, ViewerRequest
from simulator.cloudfront.origin.side import OriginAnswer, OriginSide
from simulator.cloudfront.triggers.triggers import Context


@dataclass(frozen=True)
class Served:
    """An answer with how it came about: the result type that x-cache carries, and the age of a kept object."""

    response: OriginResponse
    result_type: str
    age_seconds: int | None = None
    is_custom_error_page: bool = False
    is_cached: bool = False


class Objects:
    """The cache of one distribution in front of its origins. `clock` gives seconds since the epoch.

    `begin_own` begins a request that no viewer has sent, by the context of one that a viewer has.
    """

    def __init__(
        self,
        distribution: Distribution,
        origin_side: OriginSide,
        cache: Cache,
        clock: Callable[[], float],
        notices: CacheNotices,
        begin_own: Callable[[Context], AbstractContextManager[Context]],
    ) -> None:
        self._begin_own = begin_own
        self._notices = notices
        self._distribution = distribution
        self._origin_side = origin_side
        self._cache = cache
        self._clock = clock
        self._pending: dict[CacheKey, asyncio.Event] = {}
        self._revalidating: dict[CacheKey, asyncio.Task[None]] = {}

    async def get(self, request: ViewerRequest, context: Context) -> Served:
        """Raises EdgeError where a function fails. An origin that gives no answer is an answer: 502 or 504."""
        if not context.behavior.caches(request.method):
            answer = await self._fetch(request, context, Headers())
            return await self._outcome(None, answer, request, context)
        key = cache_key(request, context.behavior.cache_policy, self._distribution.domain_name, context.region)
        served = self._find(key) or self._find_stale(key, request, context)
        if served is not None:
            return served
        return await self._collapse(key, request, context)

    async def close(self) -> None:
        """End the fetches that no viewer waits for."""
        running = list(self._revalidating.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _find(self, key: CacheKey) -> Served | None:
        now = self._clock()
        entry = self._cache.get(key)
        if entry is None or not entry.is_fresh(now):
            return None
        result_type = "Error" if entry.is_error else "Hit"
        return Served(entry.response, result_type, entry.age_seconds(now), entry.is_custom_error_page, is_cached=True)

    def _find_stale(self, key: CacheKey, request: ViewerRequest, context: Context) -> Served | None:
        """Return an expired object while its stale-while-revalidate lasts; another one is fetched beside the request.

        Source: page Expiration. It names no result type for this; here it is a hit.
        """
        now, entry = self._clock(), self._cache.get(key)
        if entry is None or entry.is_error:
            return None
        if now >= entry.expires_at + revalidation_seconds(entry.response.headers, context.behavior.cache_policy):
            return None
        if request.method != "HEAD" and key not in self._revalidating:
            whole = replace(request, headers=request.headers.without("range", "if-range"))
            self._revalidating[key] = asyncio.create_task(self._revalidate(key, whole, context))
        return Served(entry.response, "Hit", entry.age_seconds(now), is_cached=True)

    async def _revalidate(self, key: CacheKey, request: ViewerRequest, context: Context) -> None:
        before = self._cache.invalidations
        try:
            # No viewer waits for it, and the next one meets what is wrong.
            with contextlib.suppress(Exception), self._begin_own(context) as own:
                await self._collapse(key, request, own)
        finally:
            del self._revalidating[key]
        if self._cache.invalidations != before:
            self._cache.drop(key)

    async def _collapse(self, key: CacheKey, request: ViewerRequest, context: Context) -> Served:
        """Simultaneous misses of one key wait for the first; not with forwarded cookies or disabled caching.

        Source: page RequestAndResponseBehaviorCustomOrigin, "request collapsing". Nor for an error page: whoever waits
        for it may be who fetches it.
        """
        behavior = context.behavior
        is_apart = context.is_for_error_page or behavior.forwards_cookies or "range" in request.headers
        if is_apart or not behavior.cache_policy.max_ttl:
            return await self._fill(key, request, context)
        pending = self._pending.get(key)
        if pending is not None:
            await pending.wait()
            return self._find(key) or await self._fill(key, request, context)
        self._pending[key] = pending = asyncio.Event()
        try:
            return await self._fill(key, request, context)
        finally:
            del self._pending[key]
            pending.set()

    async def _fill(self, key: CacheKey, request: ViewerRequest, context: Context) -> Served:
        expired = self._cache.get(key)
        validators = _validators(expired, request, context)
        answer = await self._fetch(request, context, validators)
        if expired is not None and answer.response.status == 304 and validators.fields:
            return self._refresh(key, expired, answer.response, context)
        if expired is not None and answer.response.status >= 500 and not expired.is_error:
            asked = stale_if_error_seconds(expired.response.headers, context.behavior.cache_policy)
            if self._clock() < expired.expires_at + asked:
                return self._serve_stale(key, expired, answer.response.status, expired.expires_at + asked)
        return await self._outcome(key, answer, request, context)

    async def _fetch(self, request: ViewerRequest, context: Context, validators: Headers) -> OriginAnswer:
        try:
            return await self._origin_side.answer(request, context, validators)
        except EdgeError as error:
            if not error.is_from_origin:
                raise
            return OriginAnswer(error.response(context.request_id))

    def _refresh(self, key: CacheKey, expired: Entry, answer: OriginResponse, context: Context) -> Served:
        """The origin says 304: the kept body with the headers it sent anew (RFC 9111 §4.3.4)."""
        fresh = answer.headers.without("content-length", "content-encoding", "content-type")
        headers = expired.response.headers.without(*(name for name, _ in fresh)).plus(*fresh)
        response = replace(expired.response, headers=headers)
        self._store(key, response, object_ttl(headers, context.behavior.cache_policy, self._clock()))
        return Served(response, "RefreshHit", is_cached=True)

    def _serve_stale(self, key: CacheKey, expired: Entry, status: int, until: float) -> Served:
        """An expired object is served while the origin fails, for as long as errors are kept (page HTTPStatusCodes)."""
        now = self._clock()
        retry_at = min(now + self._distribution.error_caching_min_ttl(status), until)
        self._cache.put(key, replace(expired, retry_at=retry_at))
        return Served(expired.response, "RefreshHit", expired.age_seconds(now), is_cached=True)

    async def _outcome(
        self, key: CacheKey | None, answer: OriginAnswer, request: ViewerRequest, context: Context
    ) -> Served:
        response = compress(answer.response, request.headers, context.behavior)
        if response.status >= 400:
            page = await self._error_page(response.status, request, context)
            self._cache_error(key, response, page, request, context)
            return page or Served(response, "Error")
        if key is not None and request.method != "HEAD" and response.status not in (206, 304):
            ttl = self._ttl(response, context)
            self._store(key, response, ttl)
            if ttl > 0:
                self._notices.check(response.headers, context.behavior)
        return Served(response, "LambdaGeneratedResponse" if answer.is_generated else "Miss")

    def _ttl(self, response: OriginResponse, context: Context) -> float:
        """`Vary: *` with a minimum TTL of 0 is never kept.

        CloudFront keeps it and asks anew each time, which nobody can tell apart (page
        RequestAndResponseBehaviorCustomOrigin, "Content negotiation").
        """
        policy = context.behavior.cache_policy
        if policy.min_ttl == 0 and "*" in (response.headers.join("vary") or ""):
            return -1
        ttl = object_ttl(response.headers, policy, self._clock())
        can_be_refreshed = policy.max_ttl > 0 and not CacheControl.of(response.headers).forbids_storing
        return ttl if ttl > 0 or can_be_refreshed else -1

    def _store(
        self, key: CacheKey, response: OriginResponse, ttl: float, *, is_custom_error_page: bool = False
    ) -> None:
        """A TTL of 0 keeps an object that can be refreshed or be served meanwhile; below 0 nothing is kept.

        Set-Cookie is kept and replayed to other viewers, as CloudFront does (page Cookies).
        """
        control = CacheControl.of(response.headers)
        has_validator = "etag" in response.headers or "last-modified" in response.headers
        if ttl < 0 or (ttl == 0 and not (has_validator or control.stale_while_revalidate)):
            self._cache.drop(key)
            return
        if control.hides_set_cookie:
            response = replace(response, headers=response.headers.without("set-cookie"))
        now = self._clock()
        self._cache.put(key, Entry(response, now, now + ttl, is_custom_error_page))

    def _cache_error(
        self, key: CacheKey | None, error: OriginResponse, page: Served | None, request: ViewerRequest, context: Context
    ) -> None:
        if key is None or request.method == "HEAD":
            return
        min_ttl = self._distribution.error_caching_min_ttl(error.status)
        ttl = error_ttl(error.status, error.headers, context.behavior.cache_policy, min_ttl, self._clock())
        if ttl > 0:
            self._store(key, page.response if page else error, ttl, is_custom_error_page=page is not None)

    async def _error_page(self, status: int, request: ViewerRequest, context: Context) -> Served | None:
        """The configured page, fetched through the behavior that its path matches.

        Source: page GeneratingCustomErrorResponses. Where the page itself is not to be had, the viewer gets the status
        that came with it.
        """
        custom = self._distribution.custom_errors.get(status)
        if custom is None or not custom.response_page_path or context.is_for_error_page:
            return None
        path = custom.response_page_path
        behavior = self._distribution.behavior_for(path)
        headers = request.headers.without(*_ONE_REQUEST_ONLY)
        asked = replace(request, method="GET", uri=path, querystring="", body=b"", headers=headers)
        page = await self.get(asked, replace(context, behavior=behavior, is_for_error_page=True, origin=None))
        if page.response.status >= 400:
            return replace(page, result_type="Error", is_custom_error_page=True)
        response = replace(page.response, status=custom.response_code or status, reason="")
        return Served(response, "Error", is_custom_error_page=True)


# What the viewer said about the object it asked for, and not about the error page.
_ONE_REQUEST_ONLY = ("range", "if-range", "if-none-match", "if-modified-since", "content-length", "content-type")


def _validators(expired: Entry | None, request: ViewerRequest, context: Context) -> Headers:
    """Conditional headers of the kept object; not with forwarded cookies (page Cookies), nor for a part of it."""
    if expired is None or context.behavior.forwards_cookies or "range" in request.headers or request.method == "HEAD":
        return Headers()
    headers = expired.response.headers
    etag, modified = headers.get("etag"), headers.get("last-modified")
    fields = [("If-None-Match", etag), ("If-Modified-Since", modified)]
    return Headers.of((name, value) for name, value in fields if value is not None)
