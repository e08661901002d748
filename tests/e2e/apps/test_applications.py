"""Frameworks behind a canary at 50 %: every visitor signs in, nobody is sent off the site, no file is missing."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.e2e.apps.processes import node_folder, python_of_applications, serving
from tests.e2e.apps.visitor import PUBLIC_HOST, Visitor
from tests.e2e.conftest import Stack
from tests.e2e.tabs import FALLBACK, IDS

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
SITES = Path(__file__).parents[1] / "skew_site"
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
        # When a session is touched, connect-dynamodb reads Attributes, which moto leaves out where nothing has changed;
        # Express would log that.
        "NODE_ENV": "test",
        "NODE_NO_WARNINGS": "1",
    }
    command = ["node", str(HERE / "express_site.cjs"), node_folder()]
    with both_versions(command, knows_public_host, **environment) as origins:
        # Without a session, a page's files may be asked at the other version.
        settings = (
            "strategy=sticky-session",
            *FALLBACK,
            *(f"stickySession.{key}={value}" for key, value in EXPRESS.items()),
        )
        await stack.deploy(*settings, *COMMON, origins=origins)
        visitors = await visit(stack)
    expect_well(visitors)


def built_by_vite(directory: Path) -> dict[str, Path]:
    """Builds of a site by Vite, by the domain of their origin; each has its version in the path of its files."""
    shutil.copytree(SITES, directory, ignore=shutil.ignore_patterns("node_modules"))
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=directory, check=True)
    command = ["node", "build.mjs", str(directory / "built"), "/_v", *VERSIONS.values()]
    subprocess.run(command, cwd=directory, check=True)
    return {domain: directory / "built" / version for domain, version in VERSIONS.items()}


async def test_open_tabs_of_a_vite_site_keep_their_files_through_a_rollback(stack: Stack, tmp_path: Path) -> None:
    node_folder()
    builds = [f"origins.{origin}.build={version}" for origin, version in (("stable", "1"), ("canary", "2"))]
    settings = ("strategy=cookie-version", "cookieVersion.caching=versioned", *IDS, *builds, *COMMON)
    with ExitStack() as running:
        vite = str(tmp_path / "site" / "node_modules" / ".bin" / "vite")
        origins = {
            domain: running.enter_context(
                serving(
                    [vite, "preview", "--outDir", str(built), "--base", "/", "--host", "127.0.0.1", "--port", "{port}"],
                    {"__VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS": domain},
                )
            )
            for domain, built in built_by_vite(tmp_path / "site").items()
        }
        await stack.deploy(*settings, origins=origins)
        rolled_back = asyncio.Event()
        tabs = [Visitor(stack.local.url, f"tab-{n}") for n in range(VISITORS)]
        waiting = [asyncio.create_task(tab.open_tab(rolled_back)) for tab in tabs]
        while not all(tab.versions for tab in tabs):
            await asyncio.sleep(0.1)
        await stack.deploy(*settings, "pin=stable", origins=origins)
        rolled_back.set()
        await asyncio.gather(*waiting)
    expect_files(tabs)
    assert {tab.versions[0] for tab in tabs} == {"1", "2"}


def expect_files(tabs: Sequence[Visitor]) -> None:
    """No file is missing, all are of the page's version, and there are those that the first ones import."""
    assert [tab for tab in tabs if tab.missing_files] == []
    assert [tab for tab in tabs if any(f"/_v/{tab.versions[0]}/" not in file for file in tab.files)] == []
    assert min(len(tab.files) for tab in tabs) >= 4
