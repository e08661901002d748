"""Frameworks behind a canary at 50 %: every visitor signs in, nobody is sent off the site, no file is missing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.e2e.apps.processes import node_folder, python_of_applications, serving
from tests.e2e.apps.visitor import PUBLIC_HOST, Visitor
from tests.e2e.conftest import Stack

pytestmark = [pytest.mark.anyio, pytest.mark.long]

HERE = Path(__file__).parent
VISITORS = int(os.environ.get("APPS_VISITORS", "60"))
AT_ONCE = 6
VERSIONS = {"v1.example.com": "1", "v2.example.com": "2"}
TABLE = "express-sessions"
EXPRESS = {
    "preset": "express",
    "tableName": TABLE,
    "cookieSecrets[0]": "keyboard cat",
    # What the preset says, for the shipped stack says otherwise:
    "cookie": "connect.sid",
    "keyAttribute": "id",
    "expiryAttribute": "expires",
    "versionAttribute": "sess",
}
COMMON = ("canaryPercent=50", f"publicHost={PUBLIC_HOST}")


@contextmanager
def both_versions(command: Sequence[str], knows_public_host: str, **environment: str) -> Iterator[dict[str, str]]:
    """Both versions of an application, by the domain of their origin."""
    with ExitStack() as running:
        yield {
            domain: running.enter_context(
                serving(command, {**environment, "VERSION": version, "KNOWS_PUBLIC_HOST": knows_public_host})
            )
            for domain, version in VERSIONS.items()
        }


async def visit(stack: Stack) -> list[Visitor]:
    """Visits of new visitors, a few at a time."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> Visitor:
        async with limit:
            return await Visitor(stack.local.url, f"visitor-{number}").visit()

    return await asyncio.gather(*(one(number) for number in range(VISITORS)))


def expect_well(visitors: Sequence[Visitor]) -> None:
    """Nothing went wrong for anybody, and both versions were seen."""
    assert [visitor for visitor in visitors if visitor.foreign_redirects] == []
    assert [visitor for visitor in visitors if visitor.missing_files] == []
    assert [visitor for visitor in visitors if not visitor.is_signed_in] == []
    last = [visitor.versions[-1] for visitor in visitors]
    assert set(last) == {"1", "2"}
    print(f"{len(visitors)} visitors, {last.count('2')} of them on version 2: all signed in, none sent off the site")


@pytest.mark.parametrize("knows_public_host", ["yes", "no"])
async def test_a_form_of_django_under_csrf_protection(stack: Stack, knows_public_host: str) -> None:
    with both_versions([python_of_applications(), str(HERE / "django_site.py")], knows_public_host) as origins:
        await stack.deploy("strategy=cookie-version", *COMMON, origins=origins)
        visitors = await visit(stack)
    expect_well(visitors)
    assert [visitor for visitor in visitors if len(set(visitor.versions)) != 1] == []


@pytest.mark.parametrize("knows_public_host", ["yes", "no"])
async def test_sessions_of_express_by_connect_dynamodb(stack: Stack, knows_public_host: str) -> None:
    environment = {
        "AWS_ENDPOINT_URL": stack.local.dynamodb.endpoint_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "TABLE": TABLE,
    }
    command = ["node", str(HERE / "express_site.cjs"), node_folder()]
    with both_versions(command, knows_public_host, **environment) as origins:
        settings = ("strategy=sticky-session", *(f"stickySession.{key}={value}" for key, value in EXPRESS.items()))
        await stack.deploy(*settings, *COMMON, origins=origins)
        visitors = await visit(stack)
    expect_well(visitors)
