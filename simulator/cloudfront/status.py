"""A small application that reports what the local deployment did, on a port of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request


def status_app(report: Callable[[], object]) -> Starlette:
    """`GET /` answers what `report` returns, as JSON. It is apart from the viewer's port so that no path can clash."""

    async def status(_: Request) -> Response:
        return JSONResponse(report(), headers={"cache-control": "no-store"})

    return Starlette(routes=[Route("/", status)])
