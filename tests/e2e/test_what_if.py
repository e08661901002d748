"""The same requests through the local edge and through its access log: the same versions, request by request."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.what_if.lines import request, w3c, write
from cli.stacks.workspace import Workspace
from router.model.assignment import release_tag
from strategies.signing import sign
from tests.e2e.conftest import Stack
from what_if.files import LocalFiles
from what_if.findings import read_findings
from what_if.local import DuckDb
from what_if.rules import limit, read_rules

pytestmark = pytest.mark.anyio
PERCENT = 25
RELEASE = "what-if-1"
NOON = 1_794_916_800
COLUMNS = ("request_id", "reason", "fixed", "number % 10000 AS bucket")
KEY = "local-demo-signing-key-of-no-value"
VERSIONS = {"1": "stable", "2": "canary"}


def cookies(count: int, key: str, *, name: str = "app-version", session: str = "") -> list[str]:
    """Cookie headers of visitors: without one, of this release and of another, forged, and sessions of nobody."""
    source = random.Random(PERCENT)
    found: list[str] = []
    for index in range(count):
        value = f"{source.choice(tuple(VERSIONS.values()))}.{release_tag(source.choice((RELEASE, 'old')))}.v{index}"
        signed = sign((source.choice((key, key, "nobody's key, as long")),), value) if key else value
        kinds = [f"a=1; {name}={signed}; b=2", f"{name}={signed}"] * 2 + ["", "a=1", f"{name}=x"]
        sessions = [f"{session}=token-{index}", f"b=2; {session}=token%20{index}; {name}={signed}"]
        found.append(source.choice(kinds + sessions * 2 if session else kinds))
    return found


async def send(stack: Stack, sent: list[str]) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Send one request for each header; the decision about each by its id, and the version that answered."""
    stack.lines.clear()
    answered = [VERSIONS[await stack.version("/health", **({"cookie": one} if one else {}))] for one in sent]
    by_id = {str(decision["requestId"]): decision for decision in reversed(stack.decisions)}
    return [by_id[name] for name in reversed(by_id)], answered


async def compare(stack: Stack, sent: list[str], folder: Path, *overrides: str) -> list[tuple[str, str]]:
    """Compare versions, buckets and counts, request by request; the reasons that are said of each."""
    given = (*overrides, f"canaryPercent={PERCENT}", f"release={RELEASE}")
    await stack.deploy(*given)
    decisions, answered = await send(stack, sent)
    ids = [str(decision["requestId"]) for decision in decisions]
    entries = [request(NOON + i, "/health", header, id_) for i, (header, id_) in enumerate(zip(sent, ids, strict=True))]
    path = write(folder / "edge.gz", w3c(entries))
    rules = read_rules(Workspace().open_stack("local", given), PERCENT)
    with DuckDb(rules) as database:
        judged = {row["request_id"]: row for row in database.judge(path, COLUMNS)}
        database.read(LocalFiles(str(path)))
        total = read_findings(database.rows(), rules).total
    rows = [judged[id_] for id_ in ids]
    versions = [row["fixed"] or ("canary" if row["bucket"] < limit(PERCENT) else "stable") for row in rows]
    assert versions == answered
    # With a function before the cache the router's own line has no bucket.
    buckets = [(row["bucket"], decision.get("bucket")) for row, decision in zip(rows, decisions, strict=True)]
    assert all(ours == edges for ours, edges in buckets if edges is not None)
    sessions = sum(row["reason"] == "session" and row["bucket"] < limit(PERCENT) for row in rows)
    assert (total.requests, total.canary + sessions) == (len(sent), answered.count("canary"))
    assert 0 < answered.count("canary") < len(sent)
    return [(row["reason"], decision["reason"]) for row, decision in zip(rows, decisions, strict=True)]


@pytest.mark.long
async def test_a_log_of_version_cookies_is_judged_as_the_edge_decided(stack: Stack, tmp_path: Path) -> None:
    said = await compare(stack, cookies(80, KEY), tmp_path, "strategy=cookie-version")
    assert {ours for ours, _ in said} == {"cookie", "no-cookie", "other-release", "forged-cookie"}
    assert [ours for ours, _ in said] == [edges for _, edges in said]


@pytest.mark.long
async def test_a_log_of_a_cached_canary_is_judged_as_the_function_decided(stack: Stack, tmp_path: Path) -> None:
    versioned = ("strategy=cookie-version", "cookieVersion.caching=versioned")
    said = await compare(stack, cookies(300, KEY), tmp_path, *versioned)
    assert {ours for ours, _ in said} == {"cookie", "no-cookie", "other-release", "forged-cookie"}
    assert {edges for _, edges in said} == {"assigned-version"}  # the router obeys the function


@pytest.mark.long
async def test_a_log_of_sessions_is_judged_as_if_the_table_knew_none(stack: Stack, tmp_path: Path) -> None:
    said = await compare(stack, cookies(300, "", session="sessiontoken"), tmp_path, "strategy=sticky-session")
    assert set(said) == {("session", "unknown-session"), ("no-session", "no-session")}


@pytest.mark.long
async def test_a_log_of_sessions_with_a_version_cookie_is_too(stack: Stack, tmp_path: Path) -> None:
    hinted = ("stickySession.caching=versioned", "stickySession.versionCookie=app-version")
    said = await compare(stack, cookies(300, "", session="sessiontoken"), tmp_path, "strategy=sticky-session", *hinted)
    assert {ours for ours, _ in said} >= {"session", "cookie", "other-release", "malformed-cookie", "no-cookie"}
