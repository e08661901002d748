"""Access to the console: the loopback name in Host, the page as Origin, the token; and headers of every response."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
AsgiApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

API = "/api/"
"""Paths below it have documents of stacks, or change one; the rest is the page, the same for everybody."""
HOSTS = ("127.0.0.1", "localhost")
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
RESPONSE_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


class Guard:
    """Middleware: nothing but the page at its own address gets an answer out of the API.

    Another site's page can make a browser send requests to this port, under a name that resolves to it (DNS rebinding)
    too. So Host must be one of this address's names, an Origin this address, and a request of the API has the token in
    `Authorization`, which no browser adds by itself; a cookie would go to every other port of this machine as well.
    """

    def __init__(self, app: AsgiApp, token: str, port: int) -> None:
        self._app, self._expected = app, f"Bearer {token}".encode()
        self._hosts = [f"{host}:{port}" for host in HOSTS] + (list(HOSTS) if port == 80 else [])

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer what is not allowed, and hand on the rest."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(raw=message.setdefault("headers", [])).update(RESPONSE_HEADERS)
            await send(message)

        if refusal := self._refusal(scope):
            status, text = refusal
            await JSONResponse({"error": text}, status)(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    def _refusal(self, scope: MutableMapping[str, Any]) -> tuple[int, str] | None:
        """Return status and reason; None for a request that is allowed."""
        headers = Headers(raw=scope["headers"])
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self._hosts:
            return 421, "the console is at the address that it printed"
        is_change = scope["method"] not in ("GET", "HEAD")
        if (origin is None and is_change) or (origin is not None and origin != f"http://{host}"):
            return 403, "only the console's own page may ask"
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "only the console's own page may ask"
        if not scope["path"].startswith(API):
            return None
        if not hmac.compare_digest(headers.get("authorization", "").encode(), self._expected):
            return 401, "the token is not valid: open the address that `edge-router console` printed last"
        return None
