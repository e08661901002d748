"""Tier: options that can work, and a choice that is the function's (tests/functions compares the two)."""

from __future__ import annotations

from typing import Any

import pytest

from router.model import names, origin_rules
from router.model.decision import Origin
from router.model.request import Request
from strategies.tier import Options, Tier, TierOrigin
from tests.strategies.fakes import Assigned, errors_of, make_edge

PREMIUM = {"premium": {"domain_name": "premium.example.com", "protocol": "http", "path": "/p"}}


def strategy(**options: Any) -> Assigned:
    return Assigned(Tier(Options(**{"tiers": PREMIUM, **options}), make_edge()), 100)


def test_a_tier_is_an_origin_of_its_own_whatever_the_percentage_is() -> None:
    decision = strategy().choose(Request(query_string="CTIER=Premium"))
    expected = Origin("premium", "premium.example.com", protocol="http", port=80, path="/p", host_header="origin")
    assert (decision.origin, decision.reason, decision.bucket) == (expected, "tier", None)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        *(("", "no-tier"), ("CTIER=", "no-tier"), ("CTIER=basic", "default-tier"), ("CTIER=BASIC", "default-tier")),
        *(("CTIER=gold", "unknown-tier"), ("CTIER=a%20b", "malformed-tier"), (f"CTIER={'x' * 33}", "malformed-tier")),
    ],
)
def test_everything_else_stays_on_the_stable_origin(query: str, reason: str) -> None:
    decision = strategy().choose(Request(query_string=query))
    assert (decision.origin, decision.reason, decision.is_fallback) == ("stable", reason, False)


def test_steps_say_where_it_looked_and_never_what_it_found() -> None:
    request = Request(query_string="CTIER=", headers={"x-tier": "s3cret!"})
    strategy(header="X-Tier").choose(request)
    assert request.steps == [("query CTIER", "none"), ("header x-tier", "malformed-tier")]


def test_needs_are_a_function_and_its_keys_but_no_lambda() -> None:
    needs = Tier.needs(Options(header="X-Tier", cookie="tier", tiers=PREMIUM))
    assert (needs.query, needs.headers, needs.cookies) == ({"CTIER"}, {"x-tier"}, {"tier"})
    assert (needs.origin_request, needs.origin_response, needs.table) == (False, False, None)
    assert (needs.viewer_function, needs.function_triggers) == ("tier", ("viewer-request",))
    assert (needs.version_header, needs.is_cacheable) == ("x-router-version", True)
    assert needs.key_values == {
        "tier:premium": '{"domainName":"premium.example.com","port":80,"protocol":"http","path":"/p",'
        '"hostHeader":"origin"}'
    }


def test_tiers_are_in_the_keys_and_nowhere_else() -> None:
    other = {"gold": {"domain_name": "gold.example.com"}}
    assert Tier.needs(Options(tiers=other)).function_config == Tier.needs(Options(tiers=PREMIUM)).function_config


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"tiers": {}}, ("tiers", "is empty: it maps tiers to origins, such as premium: {domainName: p.example.com}")),
        (
            {"default": "premium"},
            ("tiers", "has 'premium', the default: that tier stays on the stable origin"),
        ),
        (
            {"tiers": {"Premium": {"domain_name": "p.example.com"}}},
            (
                "tiers",
                "has a tier that is 'Premium': a tier's name has 1 to 32 of a-z, 0-9 and -; requests may use capitals",
            ),
        ),
        ({"query": ""}, ("query", 'is "", and so are header and cookie: a tier has to be looked for somewhere')),
        ({"query": "C TIER"}, ("query", names.query_name("C TIER"))),
        ({"header": "Host"}, ("header", names.header_name("Host"))),
        ({"cookie": "$tier"}, ("cookie", names.cookie_name("$tier"))),
        (
            {"order": ("query", "query", "cookie")},
            ("order", "is ['query', 'query', 'cookie']: it has query, header and cookie, each once"),
        ),
        (
            {"tiers": {"gold": {"domain_name": "https://g.example.com"}}},
            ("tiers.gold.domainName", origin_rules.domain_name("https://g.example.com")),
        ),
        (
            {"tiers": {"gold": {"domain_name": "g.example.com", "port": 22}}},
            ("tiers.gold.port", origin_rules.port(22)),
        ),
        (
            {"tiers": {"gold": {"domain_name": "g.example.com", "host_header": "a b"}}},
            ("tiers.gold.hostHeader", origin_rules.host_header("a b")),
        ),
    ],
)
def test_mistakes_are_named(options: dict[str, Any], problem: tuple[str, str]) -> None:
    assert errors_of(Options, **{"tiers": PREMIUM, **options}) == [problem]


def test_the_longest_value_that_the_rules_allow_fits_the_store() -> None:
    label = "a" * 63
    longest = ".".join([label, label, label, "b" * 61])
    origin = TierOrigin(longest, protocol="https", port=65_535, path="/" + "p" * 254, host_header=longest)
    assert len(origin.as_json("x" * 32)) <= 1_024
