"""A small application that reports what the local deployment did, on a port of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

NOT_CACHED = {"cache-control": "no-store"}
LAST_MS = 10**15


def status_app(
    report: Callable[[], object],
    lines: Callable[[int, int], object] = lambda _start_ms, _end_ms: [],
    invalidate: Callable[[Sequence[str]], int] = lambda _patterns: 0,
) -> Starlette:
    """`GET /` answers what `report` returns, as JSON. It is apart from the viewer's port so that no path can clash.

    `GET /lines?start=…&end=…` answers what functions logged in between, in milliseconds since 1970. `POST /invalidate`
    takes a list of path patterns and says how many kept objects they dropped; of JSON only, which no page of another
    site can send without asking.
    """

    async def status(_: Request) -> Response:
        return JSONResponse(report(), headers=NOT_CACHED)

    async def recent(request: Request) -> Response:
        start, end = (request.query_params.get(name, default) for name, default in (("start", "0"), ("end", LAST_MS)))
        try:
            return JSONResponse({"events": lines(int(start), int(end))}, headers=NOT_CACHED)
        except ValueError:
            return JSONResponse({"error": "start and end are milliseconds since 1970"}, 400)

    async def drop(request: Request) -> Response:
        if request.headers.get("content-type") != "application/json":
            return JSONResponse({"error": "a JSON list of path patterns"}, 415)
        try:
            patterns = await request.json()
        except ValueError:
            patterns = None
        if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
            return JSONResponse({"error": "a JSON list of path patterns"}, 400)
        return JSONResponse({"dropped": invalidate(patterns)})

    routes = [Route("/", status), Route("/lines", recent), Route("/invalidate", drop, methods=["POST"])]
    return Starlette(routes=routes)
