"""A back end that answers what it was asked: `NAME=acme uvicorn demo.echo:app`."""

import asyncio
import hashlib
import os
import sys
from typing import TYPE_CHECKING

from pydantic import Field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse

from demo.app.config import ConfigError, EnvironmentSettings

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


class EchoSettings(EnvironmentSettings):
    """The name of this backend, its delay and its faults."""

    NAME: str = Field("echo", pattern=r"^[\x21-\x7e]{1,64}$", description="1 to 64 visible ASCII characters")
    DELAY_MS: float = Field(0, ge=0, le=60_000, description="a number from 0 to 60000")
    STATUS: int = Field(200, ge=200, le=599, description="a whole number from 200 to 599")


class Echo:
    """Answers every method on every path with JSON; header x-backend names it where an answer has no body."""

    def __init__(self, settings: EchoSettings) -> None:
        self._settings = settings

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serve one request (ASGI): wait DELAY_MS, then answer STATUS."""
        request = Request(scope, receive)
        body = await request.body()
        await asyncio.sleep(self._settings.DELAY_MS / 1000)
        headers = {"x-backend": self._settings.NAME, "cache-control": "no-store"}
        await JSONResponse(self._describe(request, body), self._settings.STATUS, headers)(scope, receive, send)

    def _describe(self, request: Request, body: bytes) -> dict[str, str | int]:
        return {
            "name": self._settings.NAME,
            "host": request.headers.get("host", ""),
            "method": request.method,
            "path": request.scope["raw_path"].decode("ascii"),
            "query": request.url.query,
            "content_type": request.headers.get("content-type", ""),
            "body_bytes": len(body),
            "body_sha256": hashlib.sha256(body).hexdigest(),
        }


def create_echo(settings: EchoSettings) -> Starlette:
    """The back end as an application; Starlette answers the server's lifespan messages."""
    app = Starlette()
    app.mount("/", Echo(settings))
    return app


def __getattr__(name: str) -> Starlette:
    """`app`, made when uvicorn asks for it: importing this module reads nobody's NAME and STATUS."""
    if name != "app":
        raise AttributeError(name)
    try:
        return create_echo(EchoSettings.from_environment(os.environ))
    except ConfigError as error:
        sys.exit(str(error))
