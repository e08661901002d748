"""Only what comes through CloudFront: the distribution sends a secret with every request to its origins."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from .config import Settings


class OriginSecret:
    """Answers 403 where the secret is missing. Only its digest is known here: a host's user data holds no secret."""

    def __init__(self, settings: Settings) -> None:
        self._header, self._digest = settings.ORIGIN_SECRET_HEADER, settings.ORIGIN_SECRET_DIGEST

    async def admit(self, request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        """The application's answer, if the request may have one. The image asks for its own health, without secret."""
        if self._knows(request.headers.get(self._header, "")) or _is_own_health_check(request):
            return await answer(request)
        return JSONResponse({"error": "This is not the way in."}, 403, {"cache-control": "no-store"})

    def _knows(self, secret: str) -> bool:
        return hmac.compare_digest(hashlib.sha256(secret.encode("latin-1")).hexdigest(), self._digest)


def _is_own_health_check(request: Request) -> bool:
    """Whoever comes over Docker's network has another address."""
    return request.url.path == "/health" and request.client is not None and request.client.host == "127.0.0.1"
