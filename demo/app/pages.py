"""The pages, the form of the basket, their JSON twin and the health check."""

import logging
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .config import Settings
from .forms import ForgedFormError, check_form, form_token
from .origin_secret import OriginSecret
from .sessions import Session, SessionStore, SessionStoreError, known_or_new_token
from .theme import FOREVER, theme_css, theme_path

FOLDER = Path(__file__).parent
HEADINGS = {"/": "Home", "/cart": "Basket"}
MESSAGES = {
    403: "This form was not sent from a page of yours. Please open the basket again.",
    404: "There is no such page.",
    500: "This page could not be made. Please try again.",
}
log = logging.getLogger(__name__)


class InjectedFailureError(Exception):
    """FAIL_PERCENT hit this request."""


class Pages:
    """The responses of the application; chance() gives numbers in [0, 1) and FAIL_PERCENT is drawn from it."""

    def __init__(self, settings: Settings, store: SessionStore, chance: Callable[[], float]) -> None:
        self._settings, self._store, self._chance = settings, store, chance
        loader = FileSystemLoader(FOLDER / "templates")
        self._templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)

    # These two are not coroutines: boto3 blocks, and FastAPI runs plain functions in its thread pool.
    def page(self, request: Request) -> Response:
        """A page that names version, session and Region."""

        def show(session: Session) -> Response:
            return self._html("page.html", request, form_token=form_token(session.token), **self._describe(session))

        return self._visit(request, show)

    def whoami(self, request: Request) -> Response:
        """The same as JSON."""
        return self._visit(request, lambda session: JSONResponse(self._describe(session)))

    async def add(self, request: Request) -> Response:
        """Put something into the basket, and show it on the page that the form was on."""
        token = self._token(request)
        check_form(request.headers, await request.body(), token)
        back = str(request.url.replace(query=""))  # absolute and of the name in Host, as frameworks redirect
        return await run_in_threadpool(self._visit, request, lambda _: RedirectResponse(back, 303), added=1)

    async def theme(self, name: str) -> Response:
        """The version's own stylesheet; no version has that of another."""
        if not theme_path(self._settings.version).endswith(f"/{name}"):
            raise HTTPException(404)
        return Response(theme_css(self._settings.version), media_type="text/css")

    async def health(self) -> dict[str, str]:
        """Respond as long as the process runs; DynamoDB is not read."""
        return {"status": "ok", "version": self._settings.VERSION_CODE}

    def not_found(self, request: Request, _: Exception) -> Response:
        """404."""
        return self._failure(request, 404)

    def reject_forged(self, request: Request, error: Exception) -> Response:
        """403, with the reason in the log only."""
        log.warning("403: form %s", error)
        return self._failure(request, 403)

    def report_failure(self, request: Request, error: Exception) -> Response:
        """500, with the reason in the log only. There is no cookie: no session was written."""
        reason = f"{type(error).__name__} {error}".strip()
        log.error("500: %s (table %s, %s)", reason, self._settings.SESSIONS_TABLE, self._settings.AWS_REGION)
        return self._failure(request, 500)

    async def label(self, request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        """Say on every answer which version made it; only files may be cached, one with a hash in its name for good."""
        response = await answer(request)
        kept = {"static": "public, max-age=3600", "assets": FOREVER} if response.status_code < 400 else {}
        response.headers["cache-control"] = kept.get(request.url.path.split("/")[1], "no-store")
        response.headers["x-app-version"] = self._settings.VERSION_CODE
        response.headers["content-security-policy"] = "default-src 'self'"
        return response

    def _visit(self, request: Request, show: Callable[[Session], Response], added: int = 0) -> Response:
        """Write the session, show it, and only then hand out its cookie."""
        settings = self._settings
        if self._chance() * 100 < settings.FAIL_PERCENT:
            raise InjectedFailureError
        if request.method == "HEAD":  # a probe, not a visit
            return _head()
        session = self._store.visit(self._token(request), added)
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

    def _token(self, request: Request) -> str:
        return known_or_new_token(request.headers.getlist("cookie"), self._settings.SESSION_COOKIE)

    def _describe(self, session: Session) -> dict[str, Any]:
        """Return the part of a session that a visitor may see: the token itself stays in the cookie."""
        return {
            "version_code": session.version,
            "version_name": self._settings.version.VERSION_NAME,
            "session": session.token[:8] + "…",
            "visits": session.visits,
            "basket": session.basket,
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
        version = self._settings.version
        shared = {"version": version, "theme": theme_path(version), "headings": HEADINGS, "path": request.url.path}
        return HTMLResponse(self._templates.get_template(template).render(shared | values), status_code)


def _head() -> Response:
    response = Response()
    del response.headers["content-length"]  # it would have to be the length of the page (RFC 9110 section 8.6)
    return response


def create_app(settings: Settings, store: SessionStore, chance: Callable[[], float] = random.random) -> FastAPI:
    """The application: `/`, `/cart` and its form, `/api/whoami`, `/health`, `/static/…` and `/assets/…`."""
    app = FastAPI(title="Sample application", docs_url=None, redoc_url=None, openapi_url=None)
    pages = Pages(settings, store, chance)
    for path in HEADINGS:
        app.add_api_route(path, pages.page, methods=["GET", "HEAD"], response_model=None)
    app.add_api_route("/cart", pages.add, methods=["POST"], response_model=None)
    app.add_api_route("/assets/{name}", pages.theme, methods=["GET", "HEAD"], response_model=None)
    app.add_api_route("/api/whoami", pages.whoami, methods=["GET", "HEAD"], response_model=None)
    app.add_api_route("/health", pages.health, methods=["GET", "HEAD"])
    app.mount("/static", StaticFiles(directory=FOLDER / "static"))
    app.add_exception_handler(404, pages.not_found)
    app.add_exception_handler(ForgedFormError, pages.reject_forged)
    app.add_exception_handler(SessionStoreError, pages.report_failure)
    app.add_exception_handler(InjectedFailureError, pages.report_failure)
    app.middleware("http")(pages.label)
    if settings.ORIGIN_SECRET_DIGEST:
        app.middleware("http")(OriginSecret(settings).admit)
    return app
