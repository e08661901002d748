"""The name of the site reaches applications, whatever a viewer claims: the real package and functions, over HTTP."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from simulator.loopback import LoopbackServer, Request, Response
from tests.e2e.conftest import ON_LAMBDA, Stack
from tests.e2e.echo_origin import echoing

pytestmark = [pytest.mark.anyio, pytest.mark.long]

V1, V2 = "v1.example.com", "v2.example.com"
STRATEGIES = {name: settings for name, settings in ON_LAMBDA.items() if name != "tenant-lookup"}
STRATEGIES["tier"] = ("strategy=tier",)
CLAIMED = {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example", "x-original-host": "evil.example"}


@pytest.mark.parametrize("name", STRATEGIES)
async def test_every_origin_is_told_the_name_of_the_site(stack: Stack, name: str) -> None:
    async with echoing(V1, V2) as (origin, urls):
        for pin in ("stable", "canary"):
            await stack.deploy(*STRATEGIES[name], f"pin={pin}", "publicHost=www.example.com", origins=urls)
            for method in ("GET", "POST"):
                answer = await stack.viewer.request(method, f"/{pin}", headers=CLAIMED)
                assert answer.status_code == 200
                assert origin.seen[-1]["x-forwarded-host"] == "www.example.com"
                assert "evil.example" not in str(origin.seen[-1])


async def test_without_an_alias_it_is_the_distributions_own(stack: Stack) -> None:
    async with echoing(V1, V2) as (origin, urls):
        await stack.deploy("strategy=cookie-version", origins=urls)
        await stack.get("/", x_forwarded_host="evil.example")
        assert origin.seen[-1]["x-forwarded-host"].endswith(".cloudfront.net")
        assert origin.seen[-1]["cloudfront-forwarded-proto"] == "https"


REDIRECTS = ("/redirect-abs", "/redirect-xfh", "/redirect-rel", "/dir", "/foreign")


@asynccontextmanager
async def redirecting(*domains: str) -> AsyncGenerator[dict[str, str]]:
    """An application that builds its redirects and cookies from what it is told, and lets them be kept."""

    async def answer(request: Request) -> Response:
        path, host = request.path.partition("?")[0], request.headers.get("host", "")
        told = request.headers.get("x-forwarded-host") or host
        locations = {
            "redirect-abs": f"https://{host}/login",
            "redirect-xfh": f"https://{told}/login",
            "redirect-rel": "/login",
            "dir": f"{path}/",
            "foreign": "https://accounts.example.org/authorize?redirect_uri=https://v1.example.com/",
        }
        name = path.rpartition("/")[2]
        kept = ("Cache-Control", "public, max-age=60")
        if name in locations:
            return Response(302, b"", [("Location", locations[name]), kept])
        if name == "setcookie":
            later = "Expires=Wed, 21 Oct 2099 07:28:00 GMT"
            cookies = (f"sid=1; Domain={host}; Path={path.removesuffix('/setcookie')}/; {later}", "cart=1; Path=/")
            body = [*(("Set-Cookie", cookie) for cookie in cookies), ("Content-Location", f"//{host}{path}")]
            return Response(200, b"{}", body)
        return Response(200, b"{}")

    server = LoopbackServer(answer)
    await server.listen()
    try:
        yield dict.fromkeys(domains, f"http://{server.address}")
    finally:
        await server.close()


async def locations(stack: Stack, host: str = "") -> list[str]:
    asked = {"host": host} if host else {}
    return [(await stack.get(path, **asked)).headers["location"] for path in REDIRECTS]


FOREIGN = "https://accounts.example.org/authorize?redirect_uri=https://v1.example.com/"


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "tier"])
async def test_what_an_origin_says_of_its_own_host_names_the_site(stack: Stack, name: str) -> None:
    cookies = ("cookieVersion.applicationCookies[0]=sid",) if name == "versioned" else ()  # or none pass at all
    settings = (*STRATEGIES[name], *cookies, "publicHost=www.example.com", "origins.canary.path=/v2")
    async with redirecting(V1, V2) as urls:
        for pin, prefix in {"stable": "", "canary": "/v2"}.items():
            await stack.deploy(*settings, f"pin={pin}", origins=urls)
            for _ in range(2):  # from the origin, and from the cache where there is one
                found = await locations(stack)
                assert found == ["/login", "https://www.example.com/login", "/login", "/dir/", FOREIGN], (name, prefix)
            answer = await stack.get("/setcookie")
            assert [line for line in answer.headers.get_list("set-cookie") if line.startswith(("sid", "cart"))] == [
                "sid=1; Path=/; Expires=Wed, 21 Oct 2099 07:28:00 GMT",
                "cart=1; Path=/",
            ]
            assert answer.headers["content-location"] == "/setcookie"


SHARED = tuple(
    f"{place}.path=/v2" for place in ("origins.stable", "origins.canary", "tier.tiers.premium", "tier.tiers.standard")
)


@pytest.mark.parametrize("pin", ["stable", "canary", "shared path"])
async def test_what_a_back_end_of_tier_says_of_its_own_host_names_the_site(stack: Stack, pin: str) -> None:
    """Without its host a path is removed only where all origins have it: which one answered is unknown."""
    paths = SHARED if pin == "shared path" else ("origins.canary.path=/v2",)
    async with redirecting(V1, V2) as urls:
        settings = ("strategy=tier", f"pin={pin.removesuffix(' path').replace('shared', 'canary')}", *paths)
        await stack.deploy(*settings, "publicHost=www.example.com", origins=urls)
        directory = "/v2/dir/" if pin == "canary" else "/dir/"
        for _ in range(2):  # from the origin, and from the cache
            assert await locations(stack) == ["/login", "https://www.example.com/login", "/login", directory, FOREIGN]
        answer = await stack.get("/setcookie")
        assert answer.headers.get_list("set-cookie") == [
            "sid=1; Path=/; Expires=Wed, 21 Oct 2099 07:28:00 GMT",
            "cart=1; Path=/",
        ]
        assert answer.headers["content-location"] == "/setcookie"


ALIASES = (
    "domain.aliases[0]=www.example.com",
    "domain.aliases[1]=shop.example.net",
    "domain.hostedZoneId=Z0123456789AB",
)
CACHED = STRATEGIES["versioned"]


@pytest.mark.parametrize("caching", [(), CACHED[1:]], ids=["not cached", "cached"])
async def test_one_answer_for_all_aliases_is_right_for_each(stack: Stack, caching: tuple[str, ...]) -> None:
    async with redirecting(V1, V2) as urls:
        await stack.deploy(CACHED[0], *caching, "pin=stable", *ALIASES, origins=urls)
        for host in ("www.example.com", "shop.example.net", "www.example.com"):
            assert await locations(stack, host) == [
                "/login",
                "https://www.example.com/login",
                "/login",
                "/dir/",
                FOREIGN,
            ]
        hit = await stack.get("/redirect-abs", host="shop.example.net")
        assert hit.headers["x-cache"].startswith("Hit") is bool(caching)


@pytest.mark.parametrize("caching", [(), CACHED[1:]], ids=["not cached", "cached"])
async def test_with_the_host_in_the_key_each_alias_has_answers_of_its_own(
    stack: Stack, caching: tuple[str, ...]
) -> None:
    """As soon as one origin receives the viewers' Host: here the canary, and the stable one is told of it."""
    settings = (CACHED[0], *caching, "pin=stable", *ALIASES, "origins.canary.hostHeader=viewer")
    async with redirecting(V1, V2) as urls:
        await stack.deploy(*settings, origins=urls)
        for host in ("www.example.com", "shop.example.net", "www.example.com", "shop.example.net"):
            assert await locations(stack, host) == ["/login", f"https://{host}/login", "/login", "/dir/", FOREIGN]


async def test_it_can_be_left_to_the_application_and_forwarded_can_be_sent(stack: Stack) -> None:
    off = ("rewriteRedirects=false", "pin=stable", "publicHost=www.example.com", "forwardedHeader=true")
    async with redirecting(V1, V2) as urls:
        for strategy in ("cookie-version", "tier"):
            await stack.deploy(f"strategy={strategy}", *off, origins=urls)
            assert (await locations(stack))[0] == "https://v1.example.com/login"
    async with echoing(V1, V2) as (origin, echoes):
        for strategy in ("cookie-version", "tier"):
            await stack.deploy(f"strategy={strategy}", *off, origins=echoes)
            await stack.get("/", forwarded="host=evil.example;for=192.0.2.1")
            assert origin.seen[-1]["forwarded"] == 'host="www.example.com";proto=https'


async def test_the_sample_applications_form_and_file_come_through_a_canary(stack: Stack) -> None:
    """It redirects to the name in Host, which is its origin's, and checks Origin against the site's."""
    await stack.deploy("strategy=sticky-session", "canaryPercent=50", "publicHost=www.example.com")
    seen: set[str] = set()
    for _ in range(40):
        page = await stack.get("/cart")
        version, cookie = page.headers["x-app-version"], page.headers["set-cookie"].partition(";")[0]
        token, theme = (re.findall(text, page.text)[0] for text in (r'name="token" value="(\w+)"', r"/assets/[\w.]+"))
        headers = {"cookie": cookie, "origin": "https://www.example.com"}
        answer = await stack.viewer.post("/cart", data={"token": token}, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, "/cart")
        assert answer.headers["x-app-version"] == version
        assert (await stack.get(theme, cookie=cookie)).status_code == 200
        seen.add(version)
    assert seen == {"1", "2"}
