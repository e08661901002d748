"""The pages, their JSON twin and the health check."""

import logging
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .config import Settings
from .origin_secret import OriginSecret
from .sessions import Session, SessionStore, SessionStoreError, known_or_new_token

FOLDER = Path(__file__).parent
HEADINGS = {"/": "Home", "/cart": "Basket"}
MESSAGES = {404: "There is no such page.", 500: "This page could not be made. Please try again."}
log = logging.getLogger(__name__)


class InjectedFailureError(Exception):
    """FAIL_PERCENT hit this request."""


class Pages:
    """The responses of the application; chance() gives numbers in [0, 1) and FAIL_PERCENT is drawn from it."""

    def __init__(self, settings: Settings, store: SessionStore, chance: Callable[[], float]) -> None:
        self._settings, self._store, self._chance = settings, store, chance
        loader = FileSystemLoader(FOLDER / "templates")
        self._templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)

    # These two are not async: boto3 blocks, and FastAPI runs plain functions in its thread pool.
    def page(self, request: Request) -> Response:
        """A page that names version, session and Region."""
        return self._visit(request, lambda session: self._html("page.html", request, **self._describe(session)))

    def whoami(self, request: Request) -> Response:
        """The same as JSON."""
        return self._visit(request, lambda session: JSONResponse(self._describe(session)))

    async def health(self) -> dict[str, str]:
        """Respond as long as the process runs; DynamoDB is not read."""
        return {"status": "ok", "version": self._settings.VERSION_CODE}

    def not_found(self, request: Request, _: Exception) -> Response:
        """404."""
        return self._failure(request, 404)

    def broken(self, request: Request, error: Exception) -> Response:
        """500, with the reason in the log only. There is no cookie: no session was written."""
        reason = f"{type(error).__name__} {error}".strip()
        log.error("500: %s (table %s, %s)", reason, self._settings.SESSIONS_TABLE, self._settings.AWS_REGION)
        return self._failure(request, 500)

    async def label(self, request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        """Say on every answer which version made it; only assets, which are alike in both, may be cached."""
        response = await answer(request)
        is_asset = request.url.path.startswith("/static/") and response.status_code < 400
        response.headers["cache-control"] = "public, max-age=3600" if is_asset else "no-store"
        response.headers["x-app-version"] = self._settings.VERSION_CODE
        response.headers["content-security-policy"] = "default-src 'self'; style-src 'self' 'unsafe-inline'"
        return response

    def _visit(self, request: Request, show: Callable[[Session], Response]) -> Response:
        """Write the session, show it, and only then hand out its cookie."""
        settings = self._settings
        if self._chance() * 100 < settings.FAIL_PERCENT:
            raise InjectedFailureError
        if request.method == "HEAD":  # a probe, not a visit
            return _head()
        session = self._store.visit(known_or_new_token(request.headers.getlist("cookie"), settings.SESSION_COOKIE))
        response = show(session)
        response.set_cookie(
            settings.SESSION_COOKIE,
            session.token,
            max_age=settings.SESSION_SECONDS,
            secure=settings.COOKIE_SECURE,
            httponly=True,
            samesite="lax",
        )
        return response

    def _describe(self, session: Session) -> dict[str, Any]:
        """Return the part of a session that a visitor may see: the token itself stays in the cookie."""
        return {
            "version_code": session.version,
            "version_name": self._settings.version.VERSION_NAME,
            "session": session.token[:8] + "…",
            "visits": session.visits,
            "region": self._settings.AWS_REGION,
            "expiration": session.expiration,
            "session_seconds": self._settings.SESSION_SECONDS,
        }

    def _failure(self, request: Request, status: int) -> Response:
        message = MESSAGES[status]
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": message, "version_code": self._settings.VERSION_CODE}, status)
        return self._html("error.html", request, status, status=status, message=message)

    def _html(self, template: str, request: Request, status_code: int = 200, **values: Any) -> Response:
        shared = {"version": self._settings.version, "headings": HEADINGS, "path": request.url.path}
        return HTMLResponse(self._templates.get_template(template).render(shared | values), status_code)


def _head() -> Response:
    response = Response()
    del response.headers["content-length"]  # it would have to be the length of the page (RFC 9110 section 8.6)
    return response


def create_app(settings: Settings, store: SessionStore, chance: Callable[[], float] = random.random) -> FastAPI:
    """The application: `/`, `/cart`, `/api/whoami`, `/health` and `/static/…`."""
    app = FastAPI(title="Sample application", docs_url=None, redoc_url=None, openapi_url=None)
    pages = Pages(settings, store, chance)
    for path in HEADINGS:
        app.add_api_route(path, pages.page, methods=["GET", "HEAD"], response_model=None)
    app.add_api_route("/api/whoami", pages.whoami, methods=["GET", "HEAD"], response_model=None)
    app.add_api_route("/health", pages.health, methods=["GET", "HEAD"])
    app.mount("/static", StaticFiles(directory=FOLDER / "static"))
    app.add_exception_handler(404, pages.not_found)
    app.add_exception_handler(SessionStoreError, pages.broken)
    app.add_exception_handler(InjectedFailureError, pages.broken)
    app.middleware("http")(pages.label)
    if settings.ORIGIN_SECRET_DIGEST:
        app.middleware("http")(OriginSecret(settings).admit)
    return app
