"""Every package starts, in Lambda's Python where this machine has it: from nothing but itself, to a decision."""

from __future__ import annotations

import base64
import itertools
import re
import time
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from infra.package.bundle import build_bundle
from infra.package.process import lambda_python
from simulator.sample_events import origin_request
from tests.packages.started import SECRET, STRATEGIES, stack_with, start_stack
from tests.strategies.samples import is_declared

OVERRIDE = {"header": "x-qa-origin", "secret": "0123456789abcdef"}
REASONS = {
    "cookie-version": "malformed-cookie",
    "cookie-version, versioned": "no-cookie",
    "sticky-session": "table-unreachable",
    "sticky-session, versioned": "table-unreachable",
    "tenant-lookup": "table-unreachable",
    "fastest-origin": "all-down",
    "jwt-iat": "no-token",
}
ANY_DECLARED = "any that is declared"
PARTS: dict[str, dict[str, object]] = {
    "control": {"control": "live"},
    "alarms": {"alarms": {"notify": ["eyes@example.com"]}},
    "override": {"override": OVERRIDE},
}
COMBINATIONS = [parts for size in range(len(PARTS) + 1) for parts in itertools.combinations(PARTS, size)]
FURTHER: dict[str, tuple[str, dict[str, object]]] = {
    "signing keys": ("cookie-version", {"cookieVersion": {"signingKeys": [SECRET]}}),
    "signing keys, versioned": (
        "cookie-version, versioned",
        {"cookieVersion": {"signingKeys": [SECRET], "caching": "versioned"}},
    ),
    "tenants by header": (
        "tenant-lookup",
        {"tenantLookup": {"allowedDomains": [".t.example.com"], "source": "header"}},
    ),
    "tenants by query": ("tenant-lookup", {"tenantLookup": {"allowedDomains": [".t.example.com"], "source": "query"}}),
    "unverified tokens": ("jwt-iat", {"jwtIat": {"releasedAt": "2026-11-01T00:00:00Z", "verify": False}}),
    "a rollout": ("cookie-version", {"control": "live", "rollout": {"steps": [10, 100]}}),
    "a rollout of sessions": ("sticky-session", {"control": "live", "rollout": {"steps": [10, 100]}}),
    "a pin": ("fastest-origin", {"pin": "canary"}),
}
FURTHER_REASONS = {"signing keys": "forged-cookie"}


@pytest.mark.long_if(
    r"fastest|control|-(control|alarms|override|control\+alarms|control\+override|alarms\+override)$|(versioned|tenant-lookup)-plain"
)
@pytest.mark.parametrize("parts", COMBINATIONS, ids=lambda parts: "+".join(parts) or "plain")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_package_starts_and_decides(strategy: str, parts: tuple[str, ...], tmp_path: Path) -> None:
    settings: dict[str, object] = {}
    for part in parts:
        settings |= PARTS[part]
    check_decision(strategy, settings, tmp_path, REASONS.get(strategy, ANY_DECLARED))


@pytest.mark.long
@pytest.mark.long_if(r"tenants|rollout|query|unverified|versioned|^a rollout$")
@pytest.mark.parametrize("further", FURTHER)
def test_what_else_a_config_may_have_starts_too(further: str, tmp_path: Path) -> None:
    strategy, settings = FURTHER[further]
    check_decision(strategy, settings, tmp_path, FURTHER_REASONS.get(further, REASONS[strategy]))


@pytest.mark.long
@pytest.mark.parametrize("parts", COMBINATIONS, ids=lambda parts: "+".join(parts) or "plain")
@pytest.mark.parametrize("further", FURTHER)
def test_all_of_it_starts_with_all_the_rest(further: str, parts: tuple[str, ...], tmp_path: Path) -> None:
    strategy, settings = FURTHER[further]
    for part in parts:
        settings = PARTS[part] | settings
    check_decision(strategy, settings, tmp_path, FURTHER_REASONS.get(further, REASONS[strategy]))


def check_decision(strategy: str, settings: dict[str, object], directory: Path, reason: str) -> None:
    stack = stack_with(strategy, **settings)
    asks_for_canary = origin_request(headers={"x-qa-origin": f"canary:{OVERRIDE['secret']}"})
    start = start_stack(stack, directory, [asks_for_canary])
    assert start.error == ""
    decisions = [line for line in start.lines if "origin" in line]
    # With live control the pin is in the table, which nobody reaches here.
    is_pinned = stack.settings.pin != "none" and not stack.settings.reads_control_table
    reason = "pinned" if is_pinned else reason
    if reason == ANY_DECLARED:
        reason = decisions[0]["reason"]
        assert is_declared(reason, strategy)
    assert (decisions[0]["strategy"], decisions[0]["reason"]) == (strategy.partition(",")[0], reason)
    assert decisions[0].get("controlReason") == ("table-unreachable" if stack.settings.reads_control_table else None)
    first, *answers, last = start.responses
    assert first["origin"]["custom"]["domainName"] == f"v{2 if is_pinned else 1}.example.com"
    assert [answer["status"] for answer in answers] == ["302"] * stack.settings.has_origin_response
    # With versioned caching the override is obeyed before the cache, by the function.
    is_obeying = stack.settings.override is not None and not stack.settings.needs.version_header
    assert (decisions[1]["reason"] == "override") == is_obeying
    assert last["origin"]["custom"]["domainName"] == f"v{2 if is_obeying or is_pinned else 1}.example.com"


@pytest.mark.long_if(r"RS256|ES256")
@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256"])
def test_a_package_that_verifies_tokens_verifies_one(algorithm: str, tmp_path: Path) -> None:
    if algorithm != "HS256" and not lambda_python().loads_native:
        pytest.skip("the machine code in this package is Lambda's: it needs Python 3.13 on Linux x86_64")
    signing, options = key_of(algorithm)
    section = {"releasedAt": "2026-11-01T00:00:00Z", "algorithm": algorithm, **options}
    token = jwt.encode({"iat": time.time(), "sub": "somebody"}, signing, algorithm)
    forged = f"{token[:-8]}AAAAAAAA"
    requests = [origin_request(headers={"authorization": f"Bearer {text}"}) for text in (token, forged)]
    start = start_stack(stack_with("jwt-iat", jwtIat=section), tmp_path, requests)
    assert start.error == ""
    assert [line["reason"] for line in start.lines] == ["no-token", "issued-after-release", "bad-signature"]


def key_of(algorithm: str) -> tuple[Any, dict[str, object]]:
    """A key that signs, and the options with the one that verifies."""
    if algorithm == "HS256":
        encoded = base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("=")
        return SECRET, {"jwks": {"keys": [{"kty": "oct", "k": encoded}]}}
    private = (
        rsa.generate_private_key(65_537, 2_048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())
    )
    pem = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, {"publicKey": pem.decode()}


@pytest.mark.long_if(r"fastest|sticky")
@pytest.mark.parametrize(
    ("strategy", "file", "problem"),
    [
        (
            "fastest-origin",
            "strategies/fastest_origin/race.py",
            "ModuleNotFoundError: No module named 'strategies.fastest_origin.race'",
        ),
        ("sticky-session", "router/dynamodb/table.py", "ModuleNotFoundError: No module named 'router.dynamodb.table'"),
        (
            "jwt-iat",
            "strategies/jwt_iat/keys.py",
            "ModuleNotFoundError: No module named 'strategies.jwt_iat.keys'",
        ),
        ("cookie-version", "config.json", "FileNotFoundError: [Errno 2] No such file or directory: "),
    ],
)
def test_what_is_missing_at_the_start_is_named(strategy: str, file: str, problem: str, tmp_path: Path) -> None:
    start = start_stack(stack_with(strategy), tmp_path, without=[file])
    assert start.error.startswith(problem)


def test_what_is_missing_at_the_first_request_is_named(tmp_path: Path) -> None:
    """An import that a request runs, not the start: the router falls back, which a test of the start refuses."""
    stack = stack_with("cookie-version")
    start = start_stack(stack, tmp_path, without=["router/cache_control.py"])
    assert re.fullmatch(r"error:ModuleNotFoundError@routing\.py:\d+; missing: router\.cache_control", start.error)


def test_nothing_outside_of_the_package_and_the_standard_library_helps_it(tmp_path: Path) -> None:
    section = {"releasedAt": "2026-11-01T00:00:00Z", "algorithm": "ES256", **key_of("ES256")[1]}
    stack = stack_with("jwt-iat", jwtIat=section)
    with ZipFile(build_bundle(stack, tmp_path).path) as archive:
        files = [name for name in archive.namelist() if name.startswith("cryptography/")]
    assert start_stack(stack, tmp_path, without=files).error == "ModuleNotFoundError: No module named 'cryptography'"
