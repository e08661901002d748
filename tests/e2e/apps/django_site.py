"""A Django site: a form under CSRF protection, a redirect after it, hashed files. VERSION and PORT say which."""

from __future__ import annotations

import os

import django
import waitress
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotFound, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import path

VERSION = os.environ["VERSION"]
IS_TOLD = os.environ["KNOWS_PUBLIC_HOST"] == "yes"
"""Whether the site believes X-Forwarded-Host, as docs/settings.md says; else its own name is that of the origin."""

settings.configure(
    SECRET_KEY="of both versions: a session goes with its visitor",
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["www.example.com", ".example.com"],
    USE_X_FORWARDED_HOST=IS_TOLD,
    SECURE_PROXY_SSL_HEADER=("HTTP_CLOUDFRONT_FORWARDED_PROTO", "https"),
    CSRF_TRUSTED_ORIGINS=[] if IS_TOLD else ["https://www.example.com"],
    CSRF_COOKIE_SECURE=True,
    SESSION_COOKIE_SECURE=True,
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
)


def page(request: HttpRequest, text: str, form: str = "") -> HttpResponse:
    script = f'<script src="/assets/app.{VERSION}c0ffee.js"></script>'
    return HttpResponse(f"<!doctype html><title>shop {VERSION}</title>{script}<p>{text}</p>{form}")


def home(request: HttpRequest) -> HttpResponse:
    return page(request, f"version {VERSION}")


def login(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        request.session["user"] = request.POST["user"]
        return HttpResponseRedirect(request.build_absolute_uri("/account"))  # and CommonMiddleware adds the slash
    token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">'
    return page(request, "sign in", f'<form method="post" action="/login/">{token}<input name="user"></form>')


def account(request: HttpRequest) -> HttpResponseBase:
    if "user" not in request.session:
        return HttpResponseRedirect(request.build_absolute_uri("/login/"))
    return page(request, f"signed in as {request.session['user']}")


def asset(_request: HttpRequest, name: str) -> HttpResponse:
    if name != f"app.{VERSION}c0ffee.js":
        return HttpResponseNotFound(f"version {VERSION} has no {name}")
    return HttpResponse(f"// {VERSION}", "text/javascript", headers={"cache-control": "max-age=31536000, immutable"})


urlpatterns = [
    path("", home),
    path("login/", login),
    path("account/", account),
    path("assets/<name>", asset),
]

if __name__ == "__main__":
    django.setup()
    from django.core.handlers.wsgi import WSGIHandler

    listening = {"host": "127.0.0.1", "port": int(os.environ["PORT"]), "threads": 8}
    waitress.serve(WSGIHandler(), **listening, clear_untrusted_proxy_headers=False)
