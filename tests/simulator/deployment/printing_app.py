"""An application that writes a line for each request, as one does that measures itself in its log."""

from __future__ import annotations

from typing import Any


async def app(scope: dict[str, Any], _: Any, send: Any) -> None:
    """Respond 200; uvicorn's lifespan events are none of it."""
    if scope["type"] == "http":
        print(f"{scope['path']} was requested")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
