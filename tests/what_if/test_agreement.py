"""The SQL judges a request as the product's own strategy does, whatever the format of the log."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.what_if.lines import Entry, json_lines, request, w3c, write
from infra.settings.stack import Stack
from router.model.assignment import Assignment
from router.model.decision import Decision, Origin
from router.model.request import Request
from strategies.base import Edge
from strategies.registry import load
from strategies.signing import sign
from tests.infra.configs import stack_of
from tests.what_if.parquet import write_parquet
from what_if.files import STANDARD_FIELDS
from what_if.local import DuckDb
from what_if.rules import limit, read_rules

NOON = 1_794_916_800
KEY, OTHER_KEY = "a key of over 16 characters", "another one of 16 characters and more"
RELEASE = "2026-12 «ü'"
OWN = Assignment(RELEASE, 0).release_tag
COLUMNS = ("request_id", "reason", "fixed", "number % 10000 AS bucket")
SESSIONS = {"homeRegion": "us-east-1", "cookie": "sid"}


def cookie_values(source: random.Random) -> Iterator[str]:
    """Version cookies, genuine and other: of this release and another, signed and not, bare and broken."""
    yield from ("", "stable", "canary", "green", "canary.", "...", f"canary.{OWN}", "x" * 3_000, "é", "a b", "%20")
    for _ in range(40):
        visitor = "".join(source.choices("abcXYZ019_-", k=source.randint(1, 70)))
        origin = source.choice(("stable", "canary", "green"))
        value = f"{origin}.{source.choice((OWN, '0badc0de'))}.{visitor}"
        yield value
        yield sign((source.choice((KEY, OTHER_KEY, "a key that nobody has, of a stranger")),), value)
    yield f'"canary.{OWN}.quoted"'


def headers(source: random.Random, name: str) -> Iterator[str]:
    """Cookie headers with such a value among others."""
    for value in cookie_values(source):
        pair = f"{name}={value}"
        yield source.choice(
            (
                pair,
                f"a=1; {pair}; b=2",
                f"a=1;{pair}",
                f"x{name}=canary; {pair} ;z",
                f"a={name}; {name} = {value}",
                pair,
            )
        )
    yield from ("", "a=1", name, f"{name}", f"{name}=; {name}=canary")


def requests(source: random.Random, name: str) -> list[Entry]:
    return [
        request(NOON + index, "/shop/cart", cookie, f"Id-{index:04x}_{source.random()}==")
        for index, cookie in enumerate(headers(source, name))
    ]


def choose(stack: Stack, percent: float, entry: Entry) -> Decision:
    """The decision of the strategy itself."""
    settings = stack.settings
    edge = Edge(
        clock=lambda: NOON,
        random_bytes=bytes,
        origins={name: Origin(name, f"{name}.example.com") for name in settings.origins},
    )
    strategy = load(settings.strategy)(settings.options, edge)
    asked = Request(headers={"cookie": entry["cs(Cookie)"]}, request_id=entry["x-edge-request-id"])
    return strategy.choose(asked, Assignment(settings.release, percent))


FORMATS: Mapping[str, Callable[[Path, Sequence[Entry]], Path]] = {
    "w3c": lambda folder, entries: write(folder / "a.gz", w3c(entries)),
    "json": lambda folder, entries: write(folder / "a.json.gz", json_lines(entries)),
    "plain": lambda folder, entries: write(folder / "a.log", list(w3c(entries, STANDARD_FIELDS))[2:], end="\r\n"),
    "parquet": lambda folder, entries: write_parquet(folder / "a.parquet", entries),
}


@pytest.mark.long
@pytest.mark.long_if(r"unsigned")
@pytest.mark.parametrize("keys", [(), (KEY, OTHER_KEY)], ids=["unsigned", "signed"])
def test_cookie_version_is_judged_as_the_router_decides(keys: tuple[str, ...], tmp_path: Path) -> None:
    options = {"signingKeys": list(keys)} if keys else {}
    stack = stack_of(strategy="cookie-version", release=RELEASE, cookieVersion=options)
    entries = requests(random.Random(7), "app-version")
    for form, write_log in FORMATS.items():
        with DuckDb(read_rules(stack, 25)) as database:
            found = judge(database, write_log(tmp_path, entries))
        for entry in entries:
            decision, row = choose(stack, 25, entry), found[entry["x-edge-request-id"]]
            assert (row["reason"], version(row, 25)) == (decision.reason, decision.origin), (form, entry["cs(Cookie)"])
            assert row["fixed"] or row["bucket"] == decision.bucket
    assert {decision.reason for decision in (choose(stack, 25, entry) for entry in entries)} >= {
        *("cookie", "no-cookie", "other-release", "unknown-version"),
        "forged-cookie" if keys else "malformed-cookie",
    }


def judge(database: DuckDb, path: Path) -> dict[str, dict[str, Any]]:
    return {row["request_id"]: row for row in database.judge(path, COLUMNS)}


def version(row: Mapping[str, Any], percent: float) -> str:
    return row["fixed"] or ("canary" if row["bucket"] < limit(percent) else "stable")


@pytest.mark.parametrize("percent", [0, 0.01, 0.005, 12.345, 25, 99.99, 100])
def test_the_number_of_buckets_is_the_assignments(percent: float) -> None:
    buckets = {key: Assignment("r", percent).assign(key) for key in map(str, range(2_000))}
    assert all((bucket < limit(percent)) is (origin == "canary") for origin, bucket in buckets.values())


@pytest.mark.long
def test_a_session_is_judged_as_one_that_the_table_does_not_know(tmp_path: Path) -> None:
    stack = stack_of(strategy="sticky-session", release=RELEASE, stickySession=SESSIONS)
    tokens = ("plain", "s%3Aabc.d%2Be", "100%", "%25", "a[b]~'c", '"quoted"', "t" * 1_024, "t" * 1_025, "")
    entries = [request(NOON, "/", f"a=1; sid={token}" if token else "", f"id{i}") for i, token in enumerate(tokens)]
    for write_log in FORMATS.values():
        with DuckDb(read_rules(stack, 25)) as database:
            found = judge(database, write_log(tmp_path, entries))
        for token, entry in zip(tokens, entries, strict=True):
            is_session = 0 < len(token) <= 1_024
            key = token.strip('"') if is_session else entry["x-edge-request-id"]
            row = found[entry["x-edge-request-id"]]
            expected = "session" if is_session else "malformed-session" if token else "no-session"
            assert (row["reason"], row["bucket"]) == (expected, Assignment(RELEASE, 25).assign(key)[1]), token


def test_a_token_beyond_ascii_is_not_judged(tmp_path: Path) -> None:
    stack = stack_of(strategy="sticky-session", release=RELEASE, stickySession=SESSIONS)
    entry = request(NOON, "/", "sid=é", "id")
    raw = {**entry, "cs(Cookie)": "sid=é", "x-edge-request-id": "raw"}
    path = write(tmp_path / "a.json", [*json_lines([entry]), str(raw).replace("'", '"')])
    with DuckDb(read_rules(stack, 25)) as database:
        assert [(row["reason"], row["bucket"]) for row in database.judge(path, COLUMNS)] == [
            ("unreadable-cookie", None)
        ] * 2


def test_cookies_that_a_log_has_unencoded_are_read_too(tmp_path: Path) -> None:
    stack = stack_of(strategy="sticky-session", release=RELEASE, stickySession=SESSIONS)
    cookies = {"spaces": "a=1; sid=abc%25; b=2", "old": "a=1;%2520sid=abc"}
    lines = [
        str({"cs(Cookie)": cookie, "x-edge-request-id": name}).replace("'", '"') for name, cookie in cookies.items()
    ]
    with DuckDb(read_rules(stack, 25)) as database:
        found = judge(database, write(tmp_path / "a.json", lines))
    assert {name: row["bucket"] for name, row in found.items()} == {
        "spaces": Assignment(RELEASE, 25).assign("abc%25")[1],
        "old": Assignment(RELEASE, 25).assign("abc")[1],
    }


def test_tokens_are_not_in_the_log_and_nobody_is_judged(tmp_path: Path) -> None:
    jwt = {"releasedAt": "2026-12-01T00:00:00Z", "algorithm": "HS256", "secret": "x" * 32}
    stack = stack_of(strategy="jwt-iat", release=RELEASE, jwtIat=jwt)
    with DuckDb(read_rules(stack, 25)) as database:
        found = judge(database, write(tmp_path / "a.log", w3c([request(NOON, "/", "token=x", "id")])))
    assert [(row["reason"], row["bucket"]) for row in found.values()] == [("token-not-logged", None)]
