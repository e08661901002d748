"""The name of the site reaches applications, whatever a viewer claims: the real package and functions, over HTTP."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Stack
from tests.e2e.echo_origin import echoing

pytestmark = pytest.mark.anyio

V1, V2 = "v1.example.com", "v2.example.com"
STRATEGIES = {
    "cookie-version": ("strategy=cookie-version",),
    "versioned": ("strategy=cookie-version", "cookieVersion.caching=versioned"),
    "sticky-session": ("strategy=sticky-session",),
    "fastest-origin": ("strategy=fastest-origin",),
    "jwt-iat": ("strategy=jwt-iat",),
    "tier": ("strategy=tier",),
}
CLAIMED = {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example", "x-original-host": "evil.example"}


@pytest.mark.long_if(r"^(?!tier)")
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
