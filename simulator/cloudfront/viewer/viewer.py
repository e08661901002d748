"""The edge as an ASGI application: HTTP messages in and out, and the Region of each request."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Protocol

from simulator.cloudfront.http.errors import UnknownRegionError
from simulator.cloudfront.http.headers import Headers, decode, encode
from simulator.cloudfront.http.messages import ViewerRequest, ViewerResponse
from simulator.cloudfront.http.regions import DEFAULT_REGION, edge_region

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

MEBIBYTE = 1024 * 1024
REGION_HEADER = "x-simulate-region"
COUNTRY_HEADER = "x-simulate-country"


class ServesViewers(Protocol):
    """The server of viewers' requests: an Edge, or something in front of one."""

    async def serve(self, request: ViewerRequest, region: str) -> ViewerResponse:
        """Return the response in that Region. Raises UnknownRegionError."""
        ...

    async def close(self) -> None:
        """The server has ended."""


def viewer_app(
    edge: ServesViewers,
    *,
    default_region: str = DEFAULT_REGION,
    region_ports: Mapping[int, str] | None = None,
    counts_http_as_https: bool = True,
    max_body_bytes: int = 64 * MEBIBYTE,
) -> AsgiApp:
    """The edge as an ASGI application.

    The Region is that of the header `x-simulate-region`, else that of the port the request came in by (`region_ports`:
    port → Region), else `default_region`. `x-simulate-country` is what CloudFront-Viewer-Country says. Neither header
    goes on to functions or origins. An unknown Region gets a 400 that lists those there are. The local server speaks
    HTTP only, so viewers count as HTTPS ones, as behind CloudFront they nearly always are: a behavior with `redirect-
    to-https` serves them. With `counts_http_as_https=False` they are redirected, as CloudFront would. An upgrade to
    WebSocket gets a 501. A body larger than `max_body_bytes` gets a 413: that limit is this server's, not CloudFront's.
    """
    ports = dict(region_ports or {})
    for region in (default_region, *ports.values()):
        edge_region(region)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(edge, receive, send)
        else:
            await serve_http(scope, receive, send)

    async def serve_http(scope: Scope, receive: Receive, send: Send) -> None:
        if _is_websocket(scope):
            await _answer(send, _plain(501, "WebSockets are not simulated: at AWS, CloudFront passes them on"))
            return
        body = await _body(receive, max_body_bytes)
        if body is None:
            await _answer(send, _plain(413, f"this local edge takes bodies up to {max_body_bytes} bytes"))
            return
        request = _viewer_request(scope, body, counts_http_as_https)
        port: int = (scope.get("server") or ("", 0))[1] or 0
        region = _simulated_value(scope, REGION_HEADER) or ports.get(port, default_region)
        try:
            response = await edge.serve(request, region)
        except UnknownRegionError as error:
            response = _plain(400, f"{REGION_HEADER}: {error}")
        await _answer(send, response)

    return app


def _is_websocket(scope: Scope) -> bool:
    """True for a request for another protocol (RFC 6455 §4.1), which the server passes on as a request."""
    return any(name.lower() == b"upgrade" and b"websocket" in value.lower() for name, value in scope["headers"])


async def _lifespan(edge: ServesViewers, receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await edge.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "lifespan.startup.complete"})


async def _body(receive: Receive, limit: int) -> bytes | None:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            return None
        if not message.get("more_body"):
            return b"".join(chunks)


def _simulated_value(scope: Scope, name: str) -> str | None:
    values = [
        value.decode("latin-1").strip() for key, value in scope["headers"] if key.decode("latin-1").lower() == name
    ]
    return values[0] if values and values[0] else None


# How these names are spelled in events; other names stay as the viewer wrote them (page lambda-event-structure).
_SPELLINGS = {"host": "Host", "user-agent": "User-Agent", "x-forwarded-for": "X-Forwarded-For", "cookie": "Cookie"}


def _viewer_request(scope: Scope, body: bytes, counts_http_as_https: bool) -> ViewerRequest:
    fields: list[tuple[str, str]] = [(decode(name), decode(value)) for name, value in scope["headers"]]
    kept = [(name, value) for name, value in fields if name.lower() not in (REGION_HEADER, COUNTRY_HEADER)]
    client = scope.get("client") or ("127.0.0.1", 0)
    raw_path = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
    return ViewerRequest(
        method=scope["method"],
        uri=decode(raw_path),
        querystring=decode(scope.get("query_string", b"")),
        headers=Headers.of([(_SPELLINGS.get(name.lower()) or name, value) for name, value in kept]),
        body=body,
        client_ip=client[0],
        client_port=client[1],
        http_version=scope.get("http_version", "1.1"),
        is_https=counts_http_as_https or scope.get("scheme") == "https",
        country=_simulated_value(scope, COUNTRY_HEADER),
    )


def _plain(status: int, text: str) -> ViewerResponse:
    body = f"{text}\n".encode()
    headers = Headers.of([("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))])
    return ViewerResponse(status, headers, body)


async def _answer(send: Send, response: ViewerResponse) -> None:
    fields = [(encode(name.lower()), encode(value)) for name, value in response.headers]
    await send({"type": "http.response.start", "status": response.status, "headers": fields})
    await send({"type": "http.response.body", "body": response.body})
