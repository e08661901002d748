"""cookie-version, jwt-iat, tenant-lookup and fastest-origin through the whole of it."""

import asyncio
import hashlib
import json
import time
from http.cookies import SimpleCookie

import jwt
import pytest

from simulator.loopback import LoopbackServer, Request, Response
from tests.e2e.conftest import HOME, NEAR, TENANTS, Stack
from tests.ports import refusing_url

pytestmark = pytest.mark.anyio
JWT_SECRET = "local-demo-jwt-secret-of-no-value-whatsoever"
BEFORE = 1_600_000_000
RELEASED = "jwtIat.releasedAt=2024-01-01T00:00:00Z"  # in the past, whenever the tests run


@pytest.mark.long
async def test_the_router_sets_the_version_cookie_with_all_its_attributes(stack: Stack):
    await stack.deploy("strategy=cookie-version", "canaryPercent=50")
    answer = await stack.get("/health")
    (line,) = answer.headers.get_list("set-cookie")
    morsel = SimpleCookie(line)["app-version"]
    origin, _, visitor, signature = morsel.value.split(".")
    assert origin == {"1": "stable", "2": "canary"}[answer.headers["x-app-version"]]
    assert visitor
    assert signature
    attributes = {name: value for name, value in morsel.items() if value}
    assert attributes == {"path": "/", "max-age": "604800", "secure": True, "httponly": True, "samesite": "Lax"}


@pytest.mark.long
async def test_the_application_keeps_its_own_cookie_beside_it(stack: Stack):
    await stack.deploy("strategy=cookie-version", "canaryPercent=50")
    answer = await stack.get("/")
    names = [line.partition("=")[0] for line in answer.headers.get_list("set-cookie")]
    assert names == ["sessiontoken", "app-version"]


@pytest.mark.long
async def test_a_version_cookie_keeps_its_visitor_whatever_the_percentage_and_is_set_once(stack: Stack):
    await stack.deploy("strategy=cookie-version", "canaryPercent=50")
    cookies = {version: await stack.visitor(version, "app-version") for version in "12"}
    for percentage in ("0", "100"):
        await stack.deploy("strategy=cookie-version", f"canaryPercent={percentage}")
        for version, cookie in cookies.items():
            assert await stack.versions(5, "/health", cookie=cookie) == {version: 5}
            assert "set-cookie" not in (await stack.get("/health", cookie=cookie)).headers


@pytest.mark.long
async def test_a_forged_version_cookie_is_assigned_anew(stack: Stack):
    await stack.deploy("strategy=cookie-version", "canaryPercent=0")
    for value in ("canary", "canary.0badc0de.someone.c2ln", "x" * 3000):
        answer = await stack.get("/health", cookie=f"app-version={value}")
        assert answer.headers["x-app-version"] == "1"
        assert answer.headers["set-cookie"].startswith("app-version=stable.")
    assert {entry["reason"] for entry in stack.decisions} == {"forged-cookie"}


def bearer(issued_at: int, subject: str, key: str = JWT_SECRET) -> str:
    claims = {"iat": issued_at, "sub": subject, "exp": int(time.time()) + 600}
    return f"Bearer {jwt.encode(claims, key, algorithm='HS256')}"


async def test_a_token_of_somebody_elses_never_reaches_the_canary_and_no_token_is_logged(stack: Stack):
    await stack.deploy("strategy=jwt-iat", "canaryPercent=100", RELEASED)
    now = int(time.time()) - 60
    good, forged = bearer(now, "user-secret"), bearer(now, "user-secret", "k" * 40)
    assert await stack.version("/health", authorization=good) == "2"
    assert await stack.version("/health", authorization=forged) == "1"
    assert await stack.version("/health", authorization="Bearer a.b.c") == "1"
    assert await stack.version("/health") == "1"
    printed = "\n".join(stack.lines)
    assert len(stack.decisions) == 4
    for secret in (JWT_SECRET, "user-secret", *good.split(".")[1:], *forged.split(".")[1:]):
        assert secret not in printed


async def test_a_tenants_body_reaches_its_own_back_end_unchanged(stack: Stack):
    await stack.deploy("strategy=tenant-lookup")
    for tenant in ("acme", "globex"):
        body = json.dumps({"accountId": "1001", "tenantId": tenant, "note": "ünchanged " * 900}).encode()
        answer = await stack.viewer.post("/orders?a=b%20c", content=body, headers={"content-type": "application/json"})
        host = f"{tenant}.tenants.example.com"
        assert answer.json() == {
            "name": host,
            "host": host,
            "method": "POST",
            "path": "/orders",
            "query": "a=b%20c",
            "content_type": "application/json",
            "body_bytes": len(body),
            "body_sha256": hashlib.sha256(body).hexdigest(),
        }
    assert "ünchanged" not in "\n".join(stack.lines)
    assert "acme" not in "\n".join(stack.lines)


async def test_a_tenant_of_another_region_is_read_there(stack: Stack):
    await stack.deploy("strategy=tenant-lookup")
    body = {"tenantId": "acme", "accountId": "1001"}
    answer = await stack.viewer.post("/", json=body, headers={"x-simulate-region": "eu-central-1"})
    assert answer.json()["name"] == "acme.tenants.example.com"
    assert stack.reads() == {NEAR: 1}


@pytest.mark.long_if(r"^(?!.*(unknown-tenant|truncated-body|not-json))")
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"tenantId": "nobody", "accountId": "1001"}', "unknown-tenant"),
        (b'{"tenantId": "evil", "accountId": "1001"}', "domain-not-allowed"),
        (b'{"tenantId": 5', "not-json"),
        (b"\xff\x00", "not-json"),
        (b"[]", "not-an-object"),
        (b"", "no-body"),
        (b'{"tenantId": "acme"}', "missing-account"),
        (b'{"tenantId": "acme", "accountId": "1001", "pad": "%s"}' % (b"x" * 1_100_000), "truncated-body"),
    ],
)
async def test_a_body_that_names_no_tenant_of_ours_goes_to_stable(stack: Stack, content: bytes, reason: str):
    await stack.deploy("strategy=tenant-lookup")
    evil = {"tenantId": {"S": "evil"}, "accountId": {"S": "1001"}, "defaultBackend": {"S": "evil.example.net"}}
    await stack.local.dynamodb.call(HOME, "PutItem", {"TableName": TENANTS, "Item": evil})
    answer = await stack.viewer.post("/health", content=content)
    assert answer.headers["x-app-version"] == "1"
    assert answer.status_code == 405  # the sample application's own: it takes no POST
    assert stack.decisions[-1]["reason"] == reason


async def test_the_fastest_origin_is_probed_once_and_remembered(stack: Stack):
    await stack.deploy("strategy=fastest-origin")
    (winner,) = await stack.versions(6, "/health", region=NEAR)
    reasons = [entry["reason"] for entry in stack.decisions]
    assert reasons == ["probed"] + ["remembered"] * 5
    assert {entry["origin"] for entry in stack.decisions} == {{"1": "stable", "2": "canary"}[winner]}


@pytest.mark.long
async def test_an_origin_that_answers_500_at_once_does_not_win(stack: Stack):
    asked: list[str] = []

    async def broken(request: Request) -> Response:
        asked.append(f"{request.method} {request.path} {request.headers['host']}")
        return Response(500)

    async def slower(_: Request) -> Response:
        await asyncio.sleep(0.1)
        return Response(200, headers=[("x-app-version", "slower")])

    servers = [LoopbackServer(broken), LoopbackServer(slower)]
    for server in servers:
        await server.listen()
    try:
        await stack.deploy(
            *("strategy=fastest-origin", "fastestOrigin.path=/health"),
            *("origins.broken.domainName=v9.example.com", "origins.slower.domainName=v8.example.com"),
            *("fastestOrigin.candidates[0]=broken", "fastestOrigin.candidates[1]=slower"),
            origins={
                domain: f"http://{server.address}"
                for domain, server in zip(("v9.example.com", "v8.example.com"), servers, strict=True)
            },
        )
        assert await stack.versions(3, "/health") == {"slower": 3}
    finally:
        for server in servers:
            await server.close()
    assert asked == ["HEAD /health v9.example.com"]


@pytest.mark.long
async def test_with_every_candidate_down_the_default_origin_is_asked(stack: Stack):
    with refusing_url() as url:
        await stack.deploy(
            *("strategy=fastest-origin", "origins.a.domainName=v8.example.com", "origins.b.domainName=v9.example.com"),
            *("fastestOrigin.candidates[0]=a", "fastestOrigin.candidates[1]=b"),
            origins={"v8.example.com": url, "v9.example.com": url},
        )
        assert await stack.version("/health") == "1"
    assert (stack.decisions[-1]["reason"], stack.decisions[-1]["fallback"]) == ("all-down", True)


@pytest.mark.long
@pytest.mark.parametrize("strategy", ["cookie-version", "fastest-origin", "tier"])
async def test_static_paths_go_to_stable_whatever_holds_for_all_others(stack: Stack, strategy: str):
    """As `edge-router effect` says of them."""
    await stack.deploy(f"strategy={strategy}", "pin=canary", "staticPaths[0]=/health")
    assert await stack.versions(5, "/health", cookie="app-version=canary") == {"1": 5}
    assert await stack.versions(5, "/") == {"2": 5}
