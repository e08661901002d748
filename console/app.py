"""The server's application: the page, the feed of documents, and the requests that a person makes on the page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from console.feed import Feed, Job
from console.guard import Guard

PAGE = Path(__file__).parent / "page"
MAX_BODY_BYTES = 2 * 1024 * 1024
"""More than the largest request that explain takes."""


class RejectedError(Exception):
    """A request that cannot be carried out; the text says why, for the person who made it."""


class Source(Protocol):
    """The documents and actions of the page. All methods but `jobs` block; RejectedError for what cannot be done."""

    @property
    def stacks(self) -> Sequence[str]: ...

    def jobs(self) -> Sequence[Job]:
        """Return the documents of the feed."""
        ...

    def decisions(self, stack: str, query: str) -> dict[str, Any]:
        """Return the recent decisions that have all words of the query, the newest first."""
        ...

    def explain(self, stack: str, request: str, region: str) -> dict[str, Any]:
        """Explain where a request goes."""
        ...

    def act(self, stack: str, action: str, said: str) -> dict[str, Any]:
        """Carry out an action, if what it would do is still what the person confirmed."""
        ...


def console_app(source: Source, token: str, port: int) -> tuple[Starlette, Feed]:
    """Return the application and its feed, which has to be closed before the server ends."""
    feed = Feed(source.jobs())

    async def page(_: Request) -> Response:
        return FileResponse(PAGE / "index.html")

    async def events(_: Request) -> Response:
        return StreamingResponse(feed.frames(), media_type="text/event-stream")

    async def decisions(request: Request) -> Response:
        stack, query = (request.query_params.get(name, "") for name in ("stack", "query"))
        return await _answer(source, stack, lambda: source.decisions(stack, query))

    async def explain(request: Request) -> Response:
        stack, text, region = await _texts(request, "stack", "request", "region")
        return await _answer(source, stack, lambda: source.explain(stack, text, region))

    async def act(request: Request) -> Response:
        stack, action, said = await _texts(request, "stack", "action", "said")
        response = await _answer(source, stack, lambda: source.act(stack, action, said))
        feed.refresh(stack)
        return response

    routes = [
        Route("/", page),
        Mount("/page", StaticFiles(directory=PAGE)),
        Route("/api/events", events),
        Route("/api/decisions", decisions),
        Route("/api/explain", explain, methods=["POST"]),
        Route("/api/actions", act, methods=["POST"]),
    ]
    guard = Middleware(cast("Any", Guard), token=token, port=port)
    return Starlette(routes=routes, middleware=[guard], exception_handlers={RejectedError: _reject}), feed


async def _answer(source: Source, stack: str, ask: Callable[[], dict[str, Any]]) -> Response:
    if stack not in source.stacks:
        return JSONResponse({"error": f"there is no stack {stack!r} on this page"}, 404)
    return Response(json.dumps(await asyncio.to_thread(ask)).encode(), media_type="application/json")


async def _reject(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 409)


async def _texts(request: Request, *names: str) -> list[str]:
    """Return members of the JSON body. RejectedError where one is missing, or the body is another one."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise RejectedError(f"the request is over {MAX_BODY_BYTES // 1024 // 1024} MB")
    is_json = request.headers.get("content-type") == "application/json"
    try:
        document: Any = json.loads(body) if is_json else None
        texts: list[Any] = [document[name] for name in names]
        "".join(texts).encode()  # JSON may have half a surrogate pair
    except (ValueError, KeyError, TypeError, RecursionError):
        texts = []
    if not texts or not all(isinstance(text, str) for text in texts):
        raise RejectedError(f"expected a JSON object with {', '.join(names)}")
    return texts
