"""The name of the site: from the setting, the aliases, or the distribution."""

from __future__ import annotations

import pytest

from infra.cdn.javascript import build_key_values, build_rewriting_code
from infra.decision_inputs import required_associations
from infra.leak_gate import find_stack_leaks
from infra.naming.resource_names import Name
from infra.package.baked_config import baked_config
from infra.package.start import sample_events
from tests.infra.configs import stack_of

ZONE = {"hostedZoneId": "Z0123456789ABC"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [""]),
        ({"domain": {"aliases": ["www.example.com"], **ZONE}}, ["www.example.com", "www.example.com"]),
        ({"domain": {"aliases": ["*.example.com"], **ZONE}}, ["", "*.example.com"]),
        (
            {"domain": {"aliases": ["*.example.com", "example.com"], **ZONE}},
            ["example.com", "*.example.com", "example.com"],
        ),
        (
            {"domain": {"aliases": ["a.example.com", "b.example.com"], **ZONE}, "publicHost": "b.example.com"},
            ["b.example.com"],
        ),
    ],
)
def test_the_canonical_name_comes_first(settings: dict[str, object], expected: list[str]) -> None:
    assert baked_config(stack_of(**settings))["public"]["hosts"] == expected


JWT = {"releasedAt": "2026-11-01T00:00:00Z", "algorithm": "HS256", "secret": "s" * 32}
VIEWERS = {
    "stable": {"domainName": "v1.example.com", "hostHeader": "viewer"},
    "canary": {"domainName": "v2.example.com", "hostHeader": "viewer"},
}


def with_canary(**changes: object) -> dict[str, object]:
    return {"origins": {**VIEWERS, "canary": {**VIEWERS["canary"], **changes}}}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, True),
        ({"origins": VIEWERS}, False),
        ({"origins": VIEWERS, "rewriteRedirects": True}, False),
        (with_canary(path="/v2"), True),
        (with_canary(hostHeader="www.example.com"), True),
        ({"rewriteRedirects": False}, False),
    ],
)
def test_the_router_runs_at_origin_response_where_an_answer_can_name_an_origin(
    settings: dict[str, object], expected: bool
) -> None:
    stack = stack_of(strategy="jwt-iat", jwtIat=JWT, **settings)
    assert ("rewrites" in baked_config(stack)) is expected
    assert [one.event_type for one in required_associations(stack)][1:] == ["origin-response"] * expected
    assert len(sample_events(stack)) == 1 + expected
    assert stack.settings.warnings() == []


@pytest.mark.parametrize(
    ("canary", "aliases", "expected"),
    [
        ({"port": 8443}, ["www.example.com"], {"v1.example.com": [443], "v2.example.com": [8443]}),
        ({"domainName": "V1.example.com", "port": 8443}, ["www.example.com"], {"v1.example.com": [443, 8443]}),
        (
            {"hostHeader": "App.example.org"},
            ["www.example.com"],
            {"app.example.org": [443], "v1.example.com": [443], "v2.example.com": [443]},
        ),
        # A name of the site is no origin's, however it is sent on: a redirect to it may be meant.
        ({"hostHeader": "www.example.com"}, ["www.example.com"], {"v1.example.com": [443], "v2.example.com": [443]}),
        ({"hostHeader": "a.example.com"}, ["*.example.com"], {"v1.example.com": [443], "v2.example.com": [443]}),
    ],
)
def test_hosts_of_origins_are_those_that_are_no_names_of_the_site(
    canary: dict[str, object], aliases: list[str], expected: dict[str, list[int]]
) -> None:
    origins = {"stable": {"domainName": "v1.example.com"}, "canary": {"domainName": "v2.example.com", **canary}}
    stack = stack_of(origins=origins, domain={"aliases": aliases, **ZONE})
    assert baked_config(stack)["rewrites"] == {"names": stack.settings.public_hosts, "ports": expected}


@pytest.mark.parametrize(("host", "expected"), [("origin", True), ("viewer", False)])
def test_tier_has_a_function_for_the_answers_where_one_can_name_an_origin(host: str, expected: bool) -> None:
    tier = {"forwardedCookies": "listed", "tiers": {"premium": {"domainName": "p.example.com", "hostHeader": host}}}
    stack = stack_of(strategy="tier", tier=tier, origins=VIEWERS)
    assert [one.event_type for one in required_associations(stack)][1:] == ["viewer-response"] * expected
    assert (build_rewriting_code(stack) is not None) is expected
    assert ("host:p.example.com" in build_key_values(stack)) is expected
    assert (Name("CloudFront function", "edge-router-test-site") in [*stack.short_names()]) is expected
    assert find_stack_leaks(stack) == []
    assert stack.warnings() == []
    off = stack_of(strategy="tier", tier=tier, rewriteRedirects=False)
    assert build_rewriting_code(off) is None
    assert [one.event_type for one in required_associations(off)] == ["viewer-request"]
    assert [key for key in build_key_values(off) if key.startswith("host:")] == []


def test_what_the_answers_function_reads_of_each_host() -> None:
    origins = {
        "stable": {"domainName": "v1.example.net", "hostHeader": "App.example.org", "path": "/v1"},
        "canary": {"domainName": "api.tenants.example.com", "protocol": "http"},
    }
    tiers = {"premium": {"domainName": "v1.example.net", "port": 8443}, "basic-2": {"domainName": "d1.cloudfront.net"}}
    aliases = ["www.example.com", "*.tenants.example.com"]
    stack = stack_of(strategy="tier", tier={"tiers": tiers}, origins=origins, domain={"aliases": aliases, **ZONE})
    assert {key: value for key, value in build_key_values(stack).items() if key.startswith("host:")} == {
        "host:api.tenants.example.com": '{"http":[80]}',
        "host:app.example.org": '{"isForeign":true,"https":[443],"paths":["/v1"]}',
        "host:d1.cloudfront.net": '{"isForeign":true,"https":[443]}',
        "host:example.net": '{"isForeign":true}',
        "host:example.org": '{"isForeign":true}',
        "host:v1.example.net": '{"isForeign":true,"https":[443,8443],"paths":["","/v1"]}',
    }
