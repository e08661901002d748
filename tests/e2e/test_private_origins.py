"""Private buckets and function URLs, end to end: the real package, and origins that check signature and policy."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from tests.e2e.conftest import ON_LAMBDA, Stack
from tests.e2e.echo_origin import EchoOrigin, echoing

pytestmark = [pytest.mark.anyio, pytest.mark.long]


def bucket(name: str, bucket: str, region: str, **more: str) -> tuple[str, ...]:
    keys = {"domainName": "", "bucket": bucket, "region": region, **more}
    return tuple(f"origins.{name}.{key}={value}" for key, value in keys.items())


def function(name: str, url: str, region: str) -> tuple[str, ...]:
    arn = f"arn:aws:lambda:{region}:123456789012:function:{url}"
    keys = {"domainName": "", "functionUrl": f"{url}.lambda-url.{region}.on.aws", "functionArn": arn}
    return tuple(f"origins.{name}.{key}={value}" for key, value in keys.items())


V1, V2 = {"path": "/v1"}, {"path": "/v2", "pages": "app"}
ONE_BUCKET = (*bucket("stable", "shop", "eu-west-1", **V1), *bucket("canary", "shop", "eu-west-1", **V2))
TWO_BUCKETS = (*bucket("stable", "shop", "eu-west-1", **V1), *bucket("canary", "exp", "us-east-1", **V2))
TWO_FUNCTIONS = (*function("stable", "one", "eu-west-1"), *function("canary", "two", "us-west-2"))
MIXED = bucket("canary", "exp", "us-east-1", **V2)
KINDS = {"one bucket": ONE_BUCKET, "two buckets": TWO_BUCKETS, "mixed": MIXED, "functions": TWO_FUNCTIONS}


@asynccontextmanager
async def deploying(stack: Stack, *overrides: str) -> AsyncGenerator[EchoOrigin]:
    """Deploy with one echo behind everything that is not a bucket."""
    async with echoing("v1.example.com", "v2.example.com") as (origin, urls):
        await stack.deploy(*overrides, origins=urls, behind=urls["v1.example.com"])
        yield origin


@pytest.mark.parametrize("name", ON_LAMBDA)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pin", ["stable", "canary"])
async def test_every_strategy_reaches_every_kind_of_origin(stack: Stack, pin: str, kind: str, name: str) -> None:
    async with deploying(stack, *ON_LAMBDA[name], *KINDS[kind], f"pin={pin}") as origin:
        answer = await stack.get("/?response-content-type=text/plain&b=%2F&a=x+y")
        assert answer.status_code == 200, (answer.text, stack.local.private and stack.local.private.refused)
        if kind == "functions" or (kind == "mixed" and pin == "stable"):
            posted = await stack.viewer.post("/form/%C3%A9?b=2&a=1", content=b"a=1&b=2")
            assert (posted.status_code, posted.json()["method"]) == (200, "POST")
            assert origin.seen
        else:
            page = f"<h1>{pin}</h1>"
            assert answer.headers["content-type"].startswith("text/html")
            assert page in answer.text
            # An application's path is its page, in the version that has one; nobody lists what is missing.
            path = await stack.get("/cart/item/7")
            assert (path.status_code, page in path.text) == ((200, True) if pin == "canary" else (403, False))
            assert (await stack.get("/assets/lost.js")).status_code == 403


async def test_a_file_that_one_version_lacks_comes_from_the_other(stack: Stack) -> None:
    """A second attempt at a bucket, where 403 is what is missing."""
    failover = ("failover.paths[0]=/*", "failover.statusCodes[0]=403", "failover.to.stable=canary")
    async with deploying(stack, *ON_LAMBDA["cookie-version"], *ONE_BUCKET, *failover, "canaryPercent=0"):
        assert "<h1>stable</h1>" in (await stack.get("/")).text
        assert "<h1>canary</h1>" in (await stack.get("/cart/item/7")).text
        assert [one["reason"] for one in stack.decisions] == ["no-cookie", "no-cookie", "failover"]


async def test_a_visitor_of_a_bucket_is_assigned_and_stays(stack: Stack) -> None:
    async with deploying(stack, *ON_LAMBDA["cookie-version"], *ONE_BUCKET, "canaryPercent=50"):
        for _ in range(3):
            first = await stack.get("/")
            cookie = first.headers["set-cookie"].partition(";")[0]
            assert (await stack.get("/", cookie=cookie)).text == first.text
