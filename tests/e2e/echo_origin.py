"""An origin that says what it was sent, obeys what frameworks obey, and lets everything be kept."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from urllib.parse import parse_qs, urlsplit

from simulator.loopback import LoopbackServer, Request, Response

KEPT = "public, max-age=60"


class EchoOrigin:
    """Answers with the headers that it got; `seen` has them of every request, the probes' left out.

    `/next` is a page or a component, as RSC asks for it; `/setcookie` sets one that nobody else has, with the
    Cache-Control in `cc` and the status in `s`.
    """

    def __init__(self) -> None:
        self.seen: list[dict[str, str]] = []
        self._numbers = count(1)

    async def answer(self, request: Request) -> Response:
        if request.method == "HEAD" and "via" not in request.headers:
            return Response(200)
        self.seen.append(dict(request.headers))
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/setcookie":
            cookie = ("Set-Cookie", f"sid=user-{next(self._numbers)}; Path=/")
            return Response(int(query.get("s", "200")), b"{}", [cookie, ("Cache-Control", query.get("cc", KEPT))])
        vary = [("Vary", query["vary"])] if "vary" in query else []
        if url.path == "/next" and request.headers.get("rsc"):
            return Response(200, b"0:{}", [("Content-Type", "text/x-component"), ("Cache-Control", KEPT), *vary])
        body = json.dumps({"method": request.method, "headers": dict(request.headers)}).encode()
        return Response(200, body, [("Content-Type", "text/html"), ("Cache-Control", query.get("cc", KEPT)), *vary])


@asynccontextmanager
async def echoing(*domains: str) -> AsyncGenerator[tuple[EchoOrigin, dict[str, str]]]:
    """One origin behind all of these names, and where each is."""
    origin = EchoOrigin()
    server = LoopbackServer(origin.answer)
    await server.listen()
    try:
        yield origin, dict.fromkeys(domains, f"http://{server.address}")
    finally:
        await server.close()
