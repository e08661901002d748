"""Sends requests to origins over HTTP, within the timeouts and attempts of the origin."""

import asyncio
from typing import cast

import httpx

from simulator.cloudfront.config.origin_map import OriginMap
from simulator.cloudfront.config.origins import Target
from simulator.cloudfront.http.headers import Headers, decode, encode
from simulator.cloudfront.http.messages import OriginResponse, ViewerRequest


class OriginUnreachableError(Exception):
    """No answer from an origin. `status` is what CloudFront says instead: 502, or 504 where time ran out."""

    def __init__(self, status: int, reason: str, page: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.page = page


class OriginClient:
    """One per edge. `transport` is replaced in tests; the default keeps connections open."""

    def __init__(self, origins: OriginMap, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._origins = origins
        # The transport, not a client: no redirects followed, no cookies kept, no body decoded, no headers of its own.
        self._transport = transport or httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=200))

    async def close(self) -> None:
        await self._transport.aclose()

    def check_name(self, domain_name: str) -> None:
        """Raises OriginUnreachableError (502) where the name does not resolve (page http-502-dns-error)."""
        if not self._origins.resolves(domain_name):
            reason = f"the origin {domain_name} does not resolve: it is not in the origin map"
            raise OriginUnreachableError(502, reason, "http-502-dns-error")

    async def fetch(self, request: ViewerRequest, target: Target) -> OriginResponse:
        """The origin's answer, its body read whole. Raises OriginUnreachableError.

        A connection is tried `connection_attempts` times; for GET and HEAD so is an answer that takes too long (page
        RequestAndResponseBehaviorCustomOrigin, "Origin response timeout"), and a connection that was kept open and that
        the origin ends as it is used again (RFC 9112 §9.3.1).
        """
        self.check_name(target.domain_name)
        url = self._origins.base_url(target.domain_name, target.port)
        if url is None:
            reason = (
                f"nothing listens at {target.domain_name}:{target.port}: the origin map has the name with other ports"
            )
            raise OriginUnreachableError(502, reason, "http-502-bad-gateway")
        is_idempotent = request.method in ("GET", "HEAD")
        attempt = 1
        while True:
            steps: list[str] = []
            try:
                return await self._attempt(request, target, url, steps)
            except httpx.TimeoutException as error:
                may_repeat = isinstance(error, httpx.ConnectTimeout) or is_idempotent
                failure = OriginUnreachableError(504, _timeout_reason(error, target), "http-504-gateway-timeout")
            except httpx.TransportError as error:
                was_kept = bool(steps) and "connection.connect_tcp.started" not in steps
                may_repeat = isinstance(error, httpx.ConnectError) or (was_kept and is_idempotent)
                reason = f"the origin {target.domain_name} at {url} failed: {error or type(error).__name__}"
                failure = OriginUnreachableError(502, reason, "http-502-bad-gateway")
            if attempt >= target.connection_attempts or not may_repeat:
                raise failure
            attempt += 1

    async def _attempt(self, request: ViewerRequest, target: Target, url: str, steps: list[str]) -> OriginResponse:
        """Ask once; `steps` gets what the connection has done."""

        async def trace(name: str, _: object) -> None:
            steps.append(name)

        timeout = httpx.Timeout(target.read_timeout, connect=target.connection_timeout)
        outgoing = httpx.Request(
            request.method,
            url,
            headers=_wire_headers(request, target),
            stream=httpx.ByteStream(request.body),
            # "target", because httpx.URL would tidy the path, which CloudFront leaves as the viewer wrote it.
            extensions={"timeout": timeout.as_dict(), "target": _raw_path(url, request, target), "trace": trace},
        )
        try:
            async with asyncio.timeout(target.completion_timeout):
                answer = await self._transport.handle_async_request(outgoing)
                return await _read(answer)
        except TimeoutError as error:
            raise httpx.ReadTimeout("responseCompletionTimeout") from error


async def _read(answer: httpx.Response) -> OriginResponse:
    try:
        # Not aread(), which undoes the content encoding, nor aiter_raw(), which refuses what a fake transport has read.
        body = b"".join([chunk async for chunk in cast("httpx.AsyncByteStream", answer.stream)])
    finally:
        await answer.aclose()
    fields = ((decode(name), decode(value)) for name, value in answer.headers.raw)
    reason = answer.extensions.get("reason_phrase", b"").decode("latin-1")
    return OriginResponse(answer.status_code, reason or answer.reason_phrase, Headers.of(fields).end_to_end(), body)


def _raw_path(url: str, request: ViewerRequest, target: Target) -> bytes:
    base_path = httpx.URL(url).path.rstrip("/")
    return encode(base_path + target.path + request.target)


def _wire_headers(request: ViewerRequest, target: Target) -> list[tuple[bytes, bytes]]:
    """Custom headers win over the viewer's copies (page add-origin-custom-headers)."""
    custom = [name for name, _ in target.custom_headers]
    headers = request.headers.without(*custom, "content-length", "transfer-encoding").end_to_end()
    if request.body or "content-length" in request.headers:
        headers = headers.plus(("Content-Length", str(len(request.body))))
    if "host" not in headers:
        headers = Headers.of([("Host", target.domain_name), *headers])
    fields = [*headers, *target.custom_headers]
    return [(encode(name), encode(value)) for name, value in fields]


def _timeout_reason(error: httpx.TimeoutException, target: Target) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return f"the origin {target.domain_name} took no connection within {target.connection_timeout:g} s"
    if "responseCompletionTimeout" in str(error):
        return f"the origin {target.domain_name} did not finish within {target.completion_timeout:g} s"
    return f"the origin {target.domain_name} did not answer within {target.read_timeout:g} s"
