"""The chapters of the tour: one for each strategy, and what holds for all of them."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import jwt

from cli.stacks.workspace import Workspace
from demo.guide import Guide, shown, versions, visit, visitor_of
from demo.rollouts import rollouts

VISITS = 20
ASSET = "/static/style.css"
QA_SECRET = "tour-override-secret-0123"  # noqa: S105  made up for the tour; the local stack has no override
DAY_SECONDS = 86_400


async def sticky_session(guide: Guide) -> None:
    """New visitors split, a session stays, everywhere; and the kill switch."""
    checks = guide.checks
    checks.chapter("sticky-session: the session's version is in DynamoDB")
    await guide.deploy("strategy=sticky-session", "canaryPercent=50")
    async with guide.viewer() as viewer:
        split = await versions(viewer, VISITS)
        checks.expect(set(split) == {"1", "2"}, f"{VISITS} requests without a cookie: {shown(split)}")
        session = await visitor_of(viewer, "2", "sessiontoken")
        stayed = await versions(viewer, VISITS, session)
        checks.expect(stayed == {"2": VISITS}, f"one visitor, {VISITS} requests with his session: {shown(stayed)}")
        await _is_global(guide, viewer, session)
        await guide.deploy("strategy=sticky-session", "canaryPercent=0")
        stayed = await versions(viewer, 5, session)
        checks.expect(stayed == {"2": 5}, f"canaryPercent 0: who has a session keeps it: {shown(stayed)}")
        await guide.deploy("strategy=sticky-session", "canaryPercent=50", "pin=stable")
        pinned = await versions(viewer, 5, session)
        checks.expect(pinned == {"1": 5}, f"pin stable, the kill switch: {shown(pinned)}")


async def _is_global(guide: Guide, viewer: httpx.AsyncClient, session: dict[str, str]) -> None:
    dynamodb = guide.deployment.dynamodb
    await dynamodb.replication.settle()
    for region in ("eu-west-1", "ap-southeast-1"):
        dynamodb.call_counters.reset()
        response = await visit(viewer, session, region)
        reads = {
            name: sum(calls["GetItem"] for calls in tables.values() if "GetItem" in calls)
            for name, tables in dynamodb.counters().get("requests", {}).items()
        }
        reads = {name: count for name, count in reads.items() if count}
        is_right = response.headers.get("x-app-version") == "2" and set(reads) == {region}
        guide.checks.expect(
            is_right, f"the same visitor in {region}: read from the replica in {', '.join(reads) or 'none'}"
        )


async def cookie_version(guide: Guide) -> None:
    """The router's own cookie, and one that was forged."""
    checks = guide.checks
    checks.chapter("cookie-version: the router sets the cookie itself")
    await guide.deploy("strategy=cookie-version", "canaryPercent=50")
    cookie = _options(guide, "cookie-version").cookie
    async with guide.viewer() as viewer:
        split = await versions(viewer, VISITS)
        checks.expect(set(split) == {"1", "2"}, f"{VISITS} requests without a cookie: {shown(split)}")
        visitor = await visitor_of(viewer, "2", cookie)
        stayed = await versions(viewer, VISITS, visitor)
        checks.expect(stayed == {"2": VISITS}, f"one visitor, {VISITS} requests with that cookie: {shown(stayed)}")
        await guide.deploy("strategy=cookie-version", "canaryPercent=0")
        forged = await versions(viewer, 5, {cookie: "canary.0badc0de.someone"})
        checks.expect(forged == {"1": 5}, f"a cookie of our own making at 0 %: {shown(forged)}")


async def jwt_iat(guide: Guide) -> None:
    """Tokens from before and after the release."""
    checks = guide.checks
    checks.chapter("jwt-iat: when the token was issued")
    await guide.deploy("strategy=jwt-iat", "canaryPercent=50")
    options = _options(guide, "jwt-iat")

    def token(issued_at: float, subject: str, key: str = options.secret) -> dict[str, str]:
        claims = {"iat": int(issued_at), "sub": subject, "exp": int(time.time()) + 600}
        claims |= {"iss": options.issuer} if options.issuer else {}
        claims |= {"aud": options.audience} if options.audience else {}
        return {"authorization": f"Bearer {jwt.encode(claims, key, algorithm='HS256')}"}

    async with guide.viewer() as viewer:

        async def version(headers: dict[str, str]) -> str:
            return (await viewer.get("/", headers=headers)).headers.get("x-app-version", "none")

        before = Counter([await version(token(1_600_000_000, f"user-{number}")) for number in range(5)])
        checks.expect(before == {"1": 5}, f"tokens from before the release: {shown(before)}")
        after = Counter([await version(token(time.time() - 60, f"user-{number}")) for number in range(VISITS)])
        checks.expect(set(after) == {"1", "2"}, f"{VISITS} users with new tokens: {shown(after)}")
        same = Counter([await version(token(time.time() - 60, "user-7")) for _ in range(5)])
        checks.expect(len(same) == 1, f"one of them, 5 requests: {shown(same)}")
        forged = Counter([await version(token(time.time() - 60, f"user-{n}", "x" * 32)) for n in range(5)])
        checks.expect(forged == {"1": 5}, f"tokens signed by somebody else: {shown(forged)}")


async def tenant_lookup(guide: Guide) -> None:
    """A back end for each tenant, by the request body."""
    checks = guide.checks
    checks.chapter("tenant-lookup: the request body names the tenant")
    await guide.deploy("strategy=tenant-lookup")
    async with guide.viewer() as viewer:
        for tenant in ("acme", "globex"):
            body = json.dumps({"tenantId": tenant, "accountId": "1001", "note": "ünchanged"}).encode()
            answer = (await viewer.post("/orders", content=body)).json()
            is_same = answer["body_sha256"] == hashlib.sha256(body).hexdigest()
            checks.expect(
                answer["name"].startswith(tenant), f"{tenant}: answered by {answer['name']}, Host {answer['host']}"
            )
            checks.expect(is_same, "the body went on unchanged")
        unknown = await viewer.post("/", json={"tenantId": "nobody", "accountId": "1001"})
        checks.expect(unknown.headers.get("x-app-version") == "1", "an unknown tenant: the stable origin answered")


async def fastest_origin(guide: Guide) -> None:
    """The first origin that answers well."""
    checks = guide.checks
    checks.chapter("fastest-origin: the first that answers a probe")
    await guide.deploy("strategy=fastest-origin")
    async with guide.viewer() as viewer:
        answered = await versions(viewer, 5)
        checks.expect(len(answered) == 1 and "none" not in answered, f"one winner for all requests: {shown(answered)}")


async def tier(guide: Guide) -> None:
    """A CloudFront Function and a KeyValueStore instead of Lambda."""
    checks = guide.checks
    checks.chapter("tier: a CloudFront Function asks a KeyValueStore, before the cache")
    await guide.deploy("strategy=tier")
    async with guide.viewer() as viewer:
        for name in ("premium", "STANDARD"):
            back_end = (await viewer.get("/", params={"CTIER": name})).headers.get("x-backend", "none")
            checks.expect(name.lower() in back_end, f"CTIER={name}: answered by {back_end}")
        for name in ("basic", "platinum"):
            version = (await viewer.get("/", params={"CTIER": name})).headers.get("x-app-version")
            checks.expect(version == "1", f"CTIER={name}: the stable origin answered")


async def cached_canary(guide: Guide) -> None:
    """The version is assigned before the cache, so that both versions can be cached."""
    checks = guide.checks
    checks.chapter("cookie-version with caching: versioned, a canary that is cached")
    await guide.deploy("strategy=cookie-version", "cookieVersion.caching=versioned", "canaryPercent=50")
    cookie = _options(guide, "cookie-version").cookie
    async with guide.viewer() as viewer:
        for version in ("1", "2"):
            visitor = await visitor_of(viewer, version, cookie, ASSET)
            await visit(viewer, visitor, path=ASSET)
            answer = await visit(viewer, visitor, path=ASSET)
            seen = f"version {answer.headers.get('x-app-version')}, {answer.headers.get('x-cache')}"
            is_right = answer.headers.get("x-app-version") == version and "Hit" in answer.headers.get("x-cache", "")
            checks.expect(is_right, f"a visitor of version {version}: {seen}")


async def override(guide: Guide) -> None:
    """The QA override at 0 %."""
    checks = guide.checks
    checks.chapter("the QA override reaches the canary at 0 %, with any strategy")
    await guide.deploy("canaryPercent=0", "override.header=x-qa-origin", f"override.secret={QA_SECRET}")
    async with guide.viewer() as viewer:
        for secret, expected in ((QA_SECRET, "2"), ("wrong", "1")):
            response = await viewer.get("/", headers={"x-qa-origin": f"canary:{secret}"})
            version = response.headers.get("x-app-version")
            checks.expect(
                version == expected, f"{'the right' if secret == QA_SECRET else 'a wrong'} secret: version {version}"
            )


def _options(guide: Guide, strategy: str) -> Any:
    return Workspace().open_stack(guide.stack).settings.options_of(strategy)


ALL: tuple[Callable[[Guide], Awaitable[None]], ...] = (
    sticky_session,
    cookie_version,
    jwt_iat,
    tenant_lookup,
    fastest_origin,
    tier,
    cached_canary,
    override,
    rollouts,
)
