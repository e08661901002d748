"""Nothing that a viewer sends beside the cache key reaches an application whose answers are kept, nor does a cookie
come back to others: the real package and functions, over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import httpx
import pytest

from tests.e2e.conftest import Stack
from tests.e2e.echo_origin import EchoOrigin, echoing
from validator.plan.parse import parse_plan
from validator.validation import validate

pytestmark = [pytest.mark.anyio, pytest.mark.long]

V1, V2 = "v1.example.com", "v2.example.com"
VERSIONED = ("strategy=cookie-version", "cookieVersion.caching=versioned")
SETUPS = {
    "cookie-version": VERSIONED,
    "cookie-version-with-cookies": (*VERSIONED, "cookieVersion.applicationCookies[0]=sid"),
    "sticky-session": (
        "strategy=sticky-session",
        "stickySession.caching=versioned",
        "stickySession.versionCookie=app-version",
    ),
    "fastest-origin": ("strategy=fastest-origin",),
    "tier": ("strategy=tier",),
    "static-paths": ("strategy=sticky-session", "staticPaths[0]=/*.js"),
}
NEXT = ("keyHeaders[0]=next", "keyHeaders[1]=language")
WITH_NEXT = ("cookie-version", "fastest-origin", "tier")
SETUPS |= {f"{name}-next": (*SETUPS[name], *NEXT) for name in WITH_NEXT}
SETUPS["fastest-origin-next"] += ("keyHeaders[2]=x-currency",)  # one more than there is room for
SETUPS["tier-without-cookies"] = ("strategy=tier", "tier.forwardedCookies=listed")
SETUPS["caching-off"] = ("strategy=cookie-version",)
EVIL = "evil.example"
POISON = (
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-forwarded-scheme",
    "x-forwarded-server",
    "x-forwarded-path",
    "x-forwarded",
    "forwarded",
    "x-original-url",
    "x-original-host",
    "x-rewrite-url",
    "x-host",
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "client-ip",
    "accept",
    "accept-language",
    "accept-charset",
    "referer",
    "rsc",
    "next-router-state-tree",
    "next-action",
    "x-middleware-subrequest",
    "x-nextjs-data",
    "hx-request",
    "x-requested-with",
    "x-wp-nonce",
    "save-data",
    "sec-ch-ua-mobile",
    "cloudfront-viewer-country",
    "x-router-trace",
    "x-amzn-trace-id",
    "x-router-key",
    "x-edge-router-invented-tomorrow",
)
SENT_BY_DEFAULT = (
    "cache-control",
    "content-type",
    "date",
    "from",
    "pragma",
    "x-forwarded-for",
    "user-agent",
    "if-match",
)
"""What CloudFront forwards on any behavior, or what every browser sends."""
SHARED_FOR_LONG = {
    "public, max-age=31536000, immutable": False,
    "max-age=86400": False,
    "public, s-maxage=86400": False,
    "s-maxage=31536000": True,
    "public, max-age=86399": True,
    "private, max-age=31536000": True,
    "no-store": True,
}
"""Cache-Control, and whether the router's cookie is added."""
KEPT_KEYED = ("x-http-method-override", "x-http-method", "x-method-override")
"""They reach nobody either, and share no answers, for the key has them where it has the room."""


@dataclass(frozen=True)
class Site:
    """The stack as it is set up, and the origin behind all of its names."""

    name: str
    origin: EchoOrigin


@pytest.fixture(scope="module")
async def site(deployed: Stack, request: pytest.FixtureRequest) -> AsyncGenerator[Site]:
    """Deployed once for all tests of a setup: every test has paths of its own."""
    async with echoing(V1, V2) as (origin, urls):
        await deployed.deploy(*SETUPS[request.param], "canaryPercent=0", origins=urls)
        yield Site(request.param, origin)


def on(*setups: str) -> pytest.MarkDecorator:
    """The test on these setups."""
    return pytest.mark.parametrize("site", setups, indirect=True, scope="module")


def is_hit(answer: httpx.Response) -> bool:
    return answer.headers["x-cache"].startswith("Hit")


def last_headers(origin: EchoOrigin) -> dict[str, str]:
    """What the origin was sent last, without the ids that every request has of its own."""
    return {name: value for name, value in origin.seen[-1].items() if name not in ("x-amz-cf-id", "x-router-trace")}


@on("cookie-version", "cookie-version-with-cookies", "sticky-session", "fastest-origin", "tier", "static-paths")
async def test_no_header_beside_the_key_changes_what_the_origin_is_sent(stack: Stack, site: Site) -> None:
    names = POISON if site.name == "static-paths" else POISON + SENT_BY_DEFAULT
    await stack.get("/plain.js", user_agent="Mozilla/5.0")
    plain = last_headers(site.origin)
    assert (plain["x-forwarded-for"], plain["user-agent"]) == ("127.0.0.1", "Amazon CloudFront")
    for name in names:
        path = f"/{name}.js"
        await stack.get(path, **{"user-agent": "Mozilla/5.0", name: EVIL})
        assert last_headers(site.origin) == plain, name
        second = await stack.get(path, user_agent="curl")
        assert EVIL not in second.text, name
        assert is_hit(second) or name in KEPT_KEYED, name
    await stack.get("/all.js", **dict.fromkeys(names, EVIL))
    assert last_headers(site.origin) == plain


@on("cookie-version", "cookie-version-with-cookies", "sticky-session", "fastest-origin", "tier")
async def test_methods_that_are_never_kept_keep_their_headers(stack: Stack, site: Site) -> None:
    sent = {"content-type": "application/json", "x-csrf-token": "t", "x-http-method-override": "GET", "if-match": "e"}
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = await stack.viewer.request(method, "/form", headers=sent, content=b"{}")
        assert answer.status_code == 200
        assert {name: site.origin.seen[-1].get(name) for name in sent} == sent
        assert answer.json()["method"] == method
    first = await stack.get("/form")  # what they were told is nobody's
    assert (is_hit(first), first.json()["method"]) == (False, "GET")


@on("cookie-version")
async def test_answers_are_as_if_nobody_had_come_before(stack: Stack, site: Site) -> None:
    await stack.get("/p", x_forwarded_host=EVIL)
    second = await stack.get("/p")
    assert (is_hit(second), EVIL in second.text) == (True, False)
    assert (await stack.get("/next", rsc="1")).headers["content-type"] == "text/html"
    assert (await stack.get("/next")).headers["content-type"] == "text/html"
    german, french = await stack.get("/r", accept_language="de"), await stack.get("/r", accept_language="fr")
    assert "accept-language" not in german.json()["headers"]
    assert german.text == french.text


@on("fastest-origin-next", "cookie-version-next", "tier-next")
async def test_key_headers_reach_the_origin_and_tell_its_answers_apart(stack: Stack, site: Site) -> None:
    """With the override's header there is no room for all of them in the policy where a function runs: a hash it is."""
    component, page = await stack.get("/next", rsc="1"), await stack.get("/next")
    assert component.headers["content-type"] == "text/x-component"
    assert page.headers["content-type"] == "text/html"
    for language in ("de", "fr"):
        for turn in (False, True):
            answer = await stack.get("/r", accept_language=language)
            assert answer.json()["headers"]["accept-language"] == language
            assert is_hit(answer) is turn
    count = len(site.origin.seen)
    forged = await stack.get("/r", accept_language="de", x_router_key="0" * 64, x_forwarded_host=EVIL)
    assert (is_hit(forged), len(site.origin.seen)) == (True, count)
    assert EVIL not in json.dumps(site.origin.seen)


@on("cookie-version", "cookie-version-next", "tier-next")
async def test_the_console_says_which_vary_is_not_in_the_key(stack: Stack, site: Site) -> None:
    for path in ("/vary-1", "/vary-2"):
        await stack.get(f"{path}?vary=RSC, X-Theme, Accept-Encoding")
    said = [line.partition(" names ")[2].partition(",")[0] for line in stack.console]
    stack.console.clear()
    assert said == (["x-theme"] if "next" in site.name else ["rsc", "x-theme"])


@on("cookie-version", "fastest-origin-next", "tier", "cookie-version-next")
async def test_the_validator_finds_from_outside_what_vary_names_and_the_key_lacks(stack: Stack, site: Site) -> None:
    path = "/varied?vary=RSC, Accept-Language".replace(" ", "%20")
    visitors = {"visitors": 2, "stickyVisitors": 1, "requestsPerVisitor": 2, "rate": 500}
    report = await validate(parse_plan({"url": f"{stack.local.url}/", "objects": [path], **visitors}))
    [varied] = [result for result in report.results if result.check == "varied-headers"]
    missing = [] if "next" in site.name else ["accept-language", "rsc"]
    assert varied.figures == {"named": ["accept-language", "rsc"], "notInTheKey": missing}
    assert varied.verdict == ("failed" if missing else "passed")
    stack.console.clear()


@on("cookie-version-with-cookies", "sticky-session", "fastest-origin")
async def test_a_cookie_reaches_its_visitor_and_nobody_else(stack: Stack, site: Site) -> None:
    for cache_control in ("public, max-age=60", "s-maxage=60", "public, max-age=31536000, immutable"):
        for status in ("200", "302", "404", "500"):
            path = f"/setcookie?s={status}&cc={cache_control}"
            cookies = [await _application_cookie(stack, path) for _ in range(3)]
            given = [cookie for cookie in cookies if cookie]
            assert len(set(given)) == len(given), path
            assert len(given) == 3 or int(status) >= 400, path


async def _application_cookie(stack: Stack, path: str) -> str:
    answer = await stack.get(path)
    lines = [line for line in answer.headers.get_list("set-cookie") if line.startswith("sid=")]
    assert len(lines) <= 1
    assert not lines or "public" not in answer.headers["cache-control"]
    return lines[0] if lines else ""


@on("cookie-version", "tier-without-cookies")
async def test_where_no_cookie_reaches_the_application_answers_are_kept_without_its_own(
    stack: Stack, site: Site
) -> None:
    answers = [await stack.get("/setcookie") for _ in range(2)]
    assert [is_hit(answer) for answer in answers] == [False, True]
    assert "sid=" not in str([answer.headers.get_list("set-cookie") for answer in answers])


@on("cookie-version", "caching-off")
async def test_files_that_everybody_shares_for_long_get_no_cookie_of_the_router(stack: Stack, site: Site) -> None:
    for cache_control, is_set in SHARED_FOR_LONG.items():
        answer = await stack.get(f"/cached?cc={cache_control}")
        names = [line.partition("=")[0] for line in answer.headers.get_list("set-cookie")]
        assert names == (["app-version"] if is_set else []), cache_control
