"""Who gets an answer where the application knows the digest of a secret."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import httpx
import pytest

from demo.app.config import Settings
from demo.app.pages import create_app
from demo.app.sessions import SessionStore

MakeVisitor = Callable[..., httpx.Client]
SECRET = "what-cloudfront-says"
DIGEST = sha256(SECRET.encode()).hexdigest()
PATHS = ["/", "/cart", "/api/whoami", "/static/style.css", "/nowhere"]


@pytest.fixture
def visitor_with(visitor: MakeVisitor) -> Callable[..., httpx.Client]:
    return lambda **environment: visitor(ORIGIN_SECRET_DIGEST=DIGEST, **environment)


@pytest.mark.parametrize("path", PATHS)
def test_nobody_gets_in_without_it(visitor_with: MakeVisitor, path: str):
    response = visitor_with().get(path)
    assert (response.status_code, response.json()) == (403, {"error": "This is not the way in."})
    assert response.headers["cache-control"] == "no-store"
    assert "set-cookie" not in response.headers
    assert "x-app-version" not in response.headers


@pytest.mark.parametrize("value", ["", "wrong", SECRET[:-1], f"{SECRET}x", SECRET.upper(), DIGEST, "ÿ"])
def test_no_other_value_will_do(visitor_with: MakeVisitor, value: str):
    assert visitor_with().get("/", headers={"x-origin-verify": value.encode("latin-1")}).status_code == 403


@pytest.mark.parametrize("path", PATHS[:-1])
def test_with_it_everything_is_as_it_is_without_a_check(visitor_with: MakeVisitor, path: str):
    response = visitor_with().get(path, headers={"X-Origin-Verify": SECRET})
    assert response.status_code == 200
    assert response.headers["x-app-version"] == "1"


def test_the_header_can_have_another_name(visitor_with: MakeVisitor):
    visitor = visitor_with(ORIGIN_SECRET_HEADER="x-from-cloudfront")
    assert visitor.get("/", headers={"x-from-cloudfront": SECRET}).status_code == 200
    assert visitor.get("/", headers={"x-origin-verify": SECRET}).status_code == 403


def test_without_a_digest_everybody_gets_in(visitor: MakeVisitor):
    assert visitor().get("/").status_code == 200
    assert visitor(ORIGIN_SECRET_DIGEST="").get("/").status_code == 200


@pytest.mark.parametrize(
    ("path", "address", "status"),
    [
        ("/health", "127.0.0.1", 200),
        ("/health", "172.17.0.1", 403),
        ("/", "127.0.0.1", 403),
        ("/health/", "127.0.0.1", 403),
    ],
)
def test_the_image_may_ask_for_its_own_health_and_for_nothing_else(path: str, address: str, status: int):
    settings = Settings.from_environment({"VERSION_CODE": "1", "ORIGIN_SECRET_DIGEST": DIGEST})
    app: Any = create_app(settings, SessionStore(None, settings))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(address, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://host.example.com") as client:
            return await client.get(path)

    assert asyncio.run(ask()).status_code == status
