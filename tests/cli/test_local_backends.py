"""What is started on this machine behind the tiers."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from cli.up.local_backends import local_backends
from demo.hosts.settings import VERSIONS
from simulator.standin.program import run_program
from tests.infra.configs import shipped_stack

TIER = "strategy=tier"


def tiers(stack: str, *overrides: str, origins: dict[str, str] | None = None, state: Any = None) -> dict[str, str]:
    """The echo back ends by address, without those of tenants."""
    site = local_backends(shipped_stack(stack, *overrides), origins or {}, state)
    return {
        one.name: one.environment["NAME"]
        for one in site.applications
        if one.module == "demo.echo:app" and ".tenants." not in one.name
    }


def test_every_tier_has_a_back_end_that_names_it() -> None:
    assert tiers("local", TIER) == {"standard.example.com:443": "standard", "premium.example.com:443": "premium"}


def test_no_back_end_is_started_where_no_tier_is_routed() -> None:
    assert tiers("local", "strategy=cookie-version") == {}


def test_a_tier_has_the_port_of_its_protocol() -> None:
    found = tiers("local", TIER, "tier.tiers.premium.protocol=http", "tier.tiers.standard.port=8443")
    assert found == {"standard.example.com:8443": "standard", "premium.example.com:80": "premium"}


def test_what_is_served_elsewhere_is_not_started() -> None:
    assert tiers("local", TIER, origins={"premium.example.com": "http://127.0.0.1:9"}) == {
        "standard.example.com:443": "standard"
    }


@pytest.mark.long
def test_the_origins_of_a_stack_know_the_digest_of_its_secret() -> None:
    names = {"stable": "ec2-1.example.com", "canary": "ec2-2.example.com"}
    places = [f"origins.{origin}.{key}" for origin in names for key in (f"domainName={names[origin]}", "protocol=http")]
    overrides = (*places, "origins.stable.port=8080", "origins.canary.port=8080")
    overrides = (*overrides, "security.originSecret=said-by-cloudfront")
    run: Any = run_program("local", overrides=overrides)
    site = local_backends(shipped_stack("local", *overrides), {}, run.state_with_secrets)
    found = {one.name: one.environment for one in site.applications if one.module == "demo.app.main:app"}
    hosts = {f"{name}:8080": VERSIONS[origin] for origin, name in names.items()}
    assert {name: environment["VERSION_CODE"] for name, environment in found.items()} == hosts
    digest = sha256(b"said-by-cloudfront").hexdigest()
    assert {(one["ORIGIN_SECRET_HEADER"], one["ORIGIN_SECRET_DIGEST"]) for one in found.values()} == {
        ("x-origin-verify", digest)
    }


def test_without_a_secret_the_application_checks_none() -> None:
    site = local_backends(shipped_stack("local"), {}, run_program("local").state)
    assert not any("ORIGIN_SECRET_DIGEST" in one.environment for one in site.applications)
