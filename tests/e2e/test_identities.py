"""Identities as the world writes them, each once through the real package, by real HTTP."""

from __future__ import annotations

import gzip
import json
import time
from urllib.parse import quote

import jwt
import pytest

from strategies.sticky_session.presets import PRESETS, preset_options
from tests.e2e.conftest import HOME, TENANTS, Stack
from tests.e2e.test_other_strategies import JWT_SECRET, RELEASED
from tests.strategies.test_session_identity import REAL, SECRET

pytestmark = [pytest.mark.anyio, pytest.mark.long]
FETCH = {"sec-fetch-mode": "cors", "sec-fetch-dest": "empty", "sec-fetch-site": "same-origin"}
PREFLIGHT = {"origin": "https://www.example.com", "access-control-request-method": "PUT"}
BACK_END = "acme.tenants.example.com"


@pytest.mark.parametrize("caching", ["none", "versioned"])
async def test_subrequests_without_identity_go_to_one_version_and_are_no_new_visitors(stack: Stack, caching: str):
    await stack.deploy("strategy=cookie-version", "canaryPercent=50", f"cookieVersion.caching={caching}")
    for _ in range(12):
        answer = await stack.get("/health", **FETCH)
        assert (answer.headers["x-app-version"], "set-cookie" in answer.headers) == ("1", False)
        preflight = await stack.viewer.options("/health", headers=PREFLIGHT)
        assert (preflight.headers["x-app-version"], "set-cookie" in preflight.headers) == ("1", False)
    reasons = {entry["reason"] for entry in stack.decisions}
    assert reasons == ({"no-identity"} if caching == "none" else {"no-identity", "assigned-version"})
    assert not any("bucket" in entry or "visitor" in entry for entry in stack.decisions)
    assert not any("Requests" in entry for entry in stack.decisions if entry["reason"] == "no-identity")
    pages = [await stack.get("/health", sec_fetch_mode="navigate", sec_fetch_dest="document") for _ in range(24)]
    assert {page.headers["x-app-version"] for page in pages} == {"1", "2"}
    canary = await stack.visitor("2", "app-version")
    assert await stack.versions(3, "/health", cookie=canary, **FETCH) == {"2": 3}


@pytest.mark.parametrize("preset", PRESETS)
async def test_a_session_of_a_framework_stays_on_its_version(stack: Stack, preset: str):
    value, key, written = REAL[preset]
    options = preset_options({"preset": preset})
    if preset == "express":
        options["cookie"] = "connect-sid"  # the sample application takes no period in the name
    table = f"own-{preset}"
    secrets = (f"stickySession.cookieSecrets[0]={SECRET}",) if preset == "express" else ()
    await stack.deploy(
        *("strategy=sticky-session", "canaryPercent=0", f"stickySession.preset={preset}", *secrets),
        *(f"stickySession.tableName={table}", f"stickySession.keyAttribute={options['key_attribute']}"),
        *(f"stickySession.{name}={options[field]}" for name, field in FIELDS.items() if field in options),
    )
    expiry = options.get("expiry_attribute")
    item = {**written, **({expiry: {"N": "4000000000"}} if expiry else {})}
    await stack.local.dynamodb.call(HOME, "PutItem", {"TableName": table, "Item": item})
    await stack.local.dynamodb.replication.settle()
    cookie = f"{options['cookie']}={value}"
    assert await stack.versions(3, "/health", cookie=cookie) == {"2": 3}
    assert {entry["reason"] for entry in stack.decisions} == {"session"}
    assert key not in "\n".join(stack.lines)
    if preset == "express":
        forged = cookie.replace("k%2FMBGA3", "k%2FMBGA4")
        assert (await stack.version("/health", cookie=forged), stack.decisions[-1]["reason"]) == ("1", "forged-session")


FIELDS = {
    "cookie": "cookie",
    "versionAttribute": "version_attribute",
    "versionPath": "version_path",
    "expiryAttribute": "expiry_attribute",
}
"""Those that the shipped local stack sets beside the preset, so that they would win."""


async def test_a_token_in_chunked_and_encoded_cookies_counts_beside_an_opaque_header(stack: Stack):
    await stack.deploy(
        *("strategy=jwt-iat", "canaryPercent=100", RELEASED),
        *("jwtIat.cookie=session", "jwtIat.chunkedCookie=true"),
    )
    now = int(time.time())
    token = jwt.encode({"iat": now - 60, "sub": "ada", "exp": now + 600}, JWT_SECRET, algorithm="HS256")
    half = len(token) // 2
    for cookie in (
        f"session.0={token[:half]}; session.1={token[half:]}",
        f"session={quote(f'Bearer {token}')}",
        f'session="{token}"',
    ):
        assert await stack.version("/health", cookie=cookie, authorization="Bearer opaque-of-another-party") == "2"
    assert {entry["reason"] for entry in stack.decisions} == {"issued-after-release"}
    assert await stack.version("/health", cookie="session.0=ey", authorization="Bearer opaque") == "1"
    assert token[:half] not in "\n".join(stack.lines)


async def test_a_tenant_is_read_from_paths_numbers_forms_and_gzip(stack: Stack):
    accept = [f"tenantLookup.accept[{index}]={kind}" for index, kind in enumerate(("numbers", "form", "gzip", "bom"))]
    await stack.deploy("strategy=tenant-lookup", *accept)
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await stack.viewer.post("/orders", content=b"tenantId=acme&accountId=1001&note=%C3%BC", headers=form)
    assert answer.json()["name"] == BACK_END
    await stack.deploy(
        *("strategy=tenant-lookup", *accept, "tenantLookup.tenantField=variables.tenant"),
        *("tenantLookup.accountField=variables.input.accountId", "tenantLookup.tenantAttribute=tenantId"),
        "tenantLookup.accountAttribute=accountId",
    )
    document = {"query": "{ me }", "variables": {"tenant": "acme", "input": {"accountId": 1001}}}
    text = json.dumps(document).encode()
    for content, headers in (
        (text, {}),
        (b"\xef\xbb\xbf" + text, {}),
        (gzip.compress(text), {"content-encoding": "gzip"}),
    ):
        answer = await stack.viewer.post("/orders", content=content, headers=headers)
        assert (answer.json()["name"], answer.json()["body_bytes"]) == (BACK_END, len(content))
    assert {entry["reason"] for entry in stack.decisions} == {"tenant"}
    bomb = gzip.compress(b" " * 2_000_000 + text)
    await stack.viewer.post("/orders", content=bomb, headers={"content-encoding": "gzip"})
    assert stack.decisions[-1]["reason"] == "oversized-body"


async def test_the_host_is_the_tenant(stack: Stack):
    table = f"{TENANTS}-by-host"
    await stack.deploy(
        *("strategy=tenant-lookup", "tenantLookup.source=host", f"tenantLookup.tableName={table}"),
        *("tenantLookup.tenantField=host", "origins.stable.hostHeader=viewer"),
    )
    item = {"host": {"S": "acme.example.org"}, "defaultBackend": {"S": BACK_END}}
    await stack.local.dynamodb.call(HOME, "PutItem", {"TableName": table, "Item": item})
    await stack.local.dynamodb.replication.settle()
    answer = await stack.viewer.post("/orders", content=b"x", headers={"host": "ACME.example.org:443"})
    assert answer.json()["name"] == BACK_END
    assert stack.decisions[-1]["reason"] == "tenant"
