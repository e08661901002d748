"""One CloudFront edge for all Regions: what happens to a viewer's request, from admission to answer."""

import time
from collections.abc import Callable, Collection, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from email.utils import formatdate

import httpx

from simulator.cloudfront.admission import check_admission, check_sizes
from simulator.cloudfront.cache.cache import Cache
from simulator.cloudfront.cache.notices import CacheNotices
from simulator.cloudfront.cache.objects import Objects, Served
from simulator.cloudfront.config.distribution import Distribution
from simulator.cloudfront.config.origin_map import OriginMap
from simulator.cloudfront.http.errors import EdgeError
from simulator.cloudfront.http.messages import OriginResponse, ViewerRequest, ViewerResponse
from simulator.cloudfront.http.ranges import tailor
from simulator.cloudfront.http.regions import edge_region
from simulator.cloudfront.origin.client import OriginClient
from simulator.cloudfront.origin.side import OriginSide, edge_host
from simulator.cloudfront.triggers.events import event_body, event_request, event_response, read_request, read_response
from simulator.cloudfront.triggers.triggers import Context, EdgeFunctions, Triggers, new_request_id
from simulator.cloudfront.viewer_functions import ViewerFunctions
from simulator.cloudfront_functions import KeyValueStore
from simulator.cloudfront_rules import is_disallowed


class Edge:
    """Serves one distribution as CloudFront would.

    `functions` runs Lambda@Edge, `origins` says where origins run, `clock` gives seconds since the epoch, `console`
    takes lines for the person who watches, `on_log` (Region, function, line) what CloudFront Functions log, `on_begin`
    and `on_end` the id of each request. `hashed_headers` are those that a function puts into the cache key as one hash.
    Every Region has a cache of its own, all in one bounded memory. Not simulated: TLS (and so certificates that do not
    match), Brotli at the edge, ranges kept in parts, HTTP/2 and 3, Lambda@Edge quotas.
    """

    def __init__(
        self,
        distribution: Distribution,
        functions: EdgeFunctions,
        origins: OriginMap,
        clock: Callable[[], float] = time.time,
        console: Callable[[str], None] = print,
        *,
        cache: Cache | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        request_id: Callable[[], str] = new_request_id,
        on_log: Callable[[str, str, str], None] = lambda *_: None,
        on_begin: Callable[[str], None] = lambda _: None,
        on_end: Callable[[str], None] = lambda _: None,
        hashed_headers: Collection[str] = (),
    ) -> None:
        self.distribution = distribution
        self.cache = cache if cache is not None else Cache()  # an empty one is false
        self._clock = clock
        self._request_id = request_id
        self._on_begin, self._on_end = on_begin, on_end
        self._client = OriginClient(origins, transport)
        self._triggers = Triggers(distribution, functions, console)
        self._viewer_functions = ViewerFunctions(distribution, console, on_log, clock)
        origin_side = OriginSide(distribution, self._triggers, self._client, console)
        notices = CacheNotices(console, frozenset(hashed_headers))
        self._objects = Objects(distribution, origin_side, self.cache, clock, notices, self._begin_own)

    @property
    def key_value_stores(self) -> dict[str, KeyValueStore]:
        """The stores by ARN; the next request sees a changed pair."""
        return self._viewer_functions.stores

    async def close(self) -> None:
        await self._objects.close()
        await self._client.close()

    def invalidate(self, *path_patterns: str) -> int:
        """Drops kept objects in all Regions; `/*` drops all. Returns how many (page Invalidation)."""
        return sum(self.cache.invalidate(pattern) for pattern in path_patterns)

    async def serve(self, request: ViewerRequest, region: str) -> ViewerResponse:
        """CloudFront's answer in that Region. Raises UnknownRegionError, and nothing about the request itself."""
        edge_region(region)
        context = Context(self._request_id(), region, self.distribution.behavior_for(request.uri))
        with self._under_way(context):
            try:
                served = await self._serve(request, context)
            except EdgeError as error:
                served = Served(error.response(context.request_id), error.result_type)
        return self._finish(served, request, context)

    @contextmanager
    def _under_way(self, context: Context) -> Generator[Context]:
        self._on_begin(context.request_id)
        try:
            yield context
        finally:
            self._on_end(context.request_id)

    def _begin_own(self, context: Context) -> AbstractContextManager[Context]:
        """A request of the edge's own, beside that of a viewer: with an ID of its own."""
        return self._under_way(replace(context, request_id=self._request_id()))

    async def _serve(self, request: ViewerRequest, context: Context) -> Served:
        check_sizes(request, self.distribution.domain_name)
        check_admission(request, context.behavior, self.distribution.domain_name)
        request = replace(request, headers=request.headers.end_to_end().where(lambda name: not is_disallowed(name)))
        changed, context = await self._viewer_request(request, context)
        if isinstance(changed, OriginResponse):
            kind = "Function" if context.behavior.viewer_functions else "Lambda"
            return Served(changed, f"{kind}GeneratedResponse")
        if changed.uri == "/" and self.distribution.default_root_object:
            changed = replace(changed, uri=f"/{self.distribution.default_root_object}")
        served = await self._objects.get(changed, context)
        if served.is_cached:
            served = replace(served, response=tailor(served.response, changed.headers))
        return await self._viewer_response(served, changed, context)

    async def _viewer_request(
        self, request: ViewerRequest, context: Context
    ) -> tuple[ViewerRequest | OriginResponse, Context]:
        """Run the CloudFront Function or the Lambda@Edge function; a behavior has one or the other."""
        function = context.behavior.viewer_functions.get("viewer-request")
        if function is not None:
            return self._viewer_functions.request(function, request, context)
        return await self._viewer_request_by_lambda(request, context), context

    async def _viewer_request_by_lambda(
        self, request: ViewerRequest, context: Context
    ) -> ViewerRequest | OriginResponse:
        trigger = context.behavior.triggers.get("viewer-request")
        if trigger is None:
            return request
        described = event_request(request, request.querystring)
        if trigger.includes_body:
            described["body"] = event_body(request.body, "viewer-request")
        result = await self._triggers.run(trigger, "viewer-request", context, described)
        if "status" in result:
            return read_response(result, None)
        return read_request(request, result, "viewer-request")

    async def _viewer_response(self, served: Served, request: ViewerRequest, context: Context) -> Served:
        """Run neither for 400 and above nor for a custom error page (page lambda-cloudfront-trigger-events)."""
        trigger = context.behavior.triggers.get("viewer-response")
        function = context.behavior.viewer_functions.get("viewer-response")
        has_none = trigger is None and function is None
        if has_none or served.response.status >= 400 or served.is_custom_error_page:
            return served
        response = replace(served.response, headers=served.response.headers.replace("Via", self._via(context)))
        if trigger is None:
            changed = self._viewer_functions.response(str(function), response, request, context)
            return replace(served, response=changed)
        described = event_request(request, request.querystring)
        result = await self._triggers.run(trigger, "viewer-response", context, described, event_response(response))
        return replace(served, response=read_response(result, response))

    def _finish(self, served: Served, request: ViewerRequest, context: Context) -> ViewerResponse:
        """Adds CloudFront's own headers. HEAD gets no body; 204 and 304 have none."""
        response = served.response
        headers = response.headers.end_to_end().without(
            "x-cache", "via", "x-amz-cf-pop", "x-amz-cf-id", *(["age"] if served.is_cached else [])
        )
        may_have_body = response.status not in (204, 304)
        # HEAD that went to the origin has no body to measure, and keeps the length that the origin named.
        if may_have_body and (request.method != "HEAD" or response.body):
            headers = headers.replace("Content-Length", str(len(response.body)))
        if "date" not in headers:
            headers = headers.plus(("Date", formatdate(self._clock(), usegmt=True)))
        headers = headers.plus(
            ("X-Cache", f"{served.result_type} from cloudfront"),
            ("Via", self._via(context)),
            ("X-Amz-Cf-Pop", edge_region(context.region).pop),
            ("X-Amz-Cf-Id", context.request_id),
        )
        if (policy := context.behavior.response_headers_policy) is not None:
            headers = policy.apply(headers)
        if served.age_seconds is not None:
            headers = headers.plus(("Age", str(served.age_seconds)))
        body = response.body if may_have_body and request.method != "HEAD" else b""
        return ViewerResponse(response.status, headers, body)

    def _via(self, context: Context) -> str:
        return f"1.1 {edge_host(context.region)} (CloudFront)"
