"""What is started on this machine behind the tiers."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from cli.up.local_backends import local_backends
from demo.hosts.sample_application import VERSIONS
from simulator.standin import run_program
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


def test_mock_back_ends_in_api_gateway_are_stood_for_here() -> None:
    """The default tier's as well: the stable origin may be sent there."""
    overrides = (TIER, "demo.tiers=true")
    found = tiers("local", *overrides, state=run_program("local", overrides=overrides).state)
    assert sorted(found.values()) == ["basic", "premium", "standard"]
    assert all(address.endswith(".execute-api.us-east-1.amazonaws.com:443") for address in found)


def test_hosts_are_stood_for_at_the_names_that_they_got_and_know_the_secrets_digest() -> None:
    overrides = ("demo.hosts=true", "security.originSecret=said-by-cloudfront")
    run: Any = run_program("local", overrides=overrides)
    site = local_backends(shipped_stack("local", *overrides), {}, run.state_with_secrets)
    found = {one.name: one.environment for one in site.applications if one.module == "demo.app.main:app"}
    hosts = {f"{name}:8080": VERSIONS[origin] for origin, name in run.outputs["hosts"].items()}
    assert {name: environment["VERSION_CODE"] for name, environment in found.items()} == hosts
    digest = sha256(b"said-by-cloudfront").hexdigest()
    assert {(one["ORIGIN_SECRET_HEADER"], one["ORIGIN_SECRET_DIGEST"]) for one in found.values()} == {
        ("x-origin-verify", digest)
    }


def test_without_a_secret_the_application_checks_none() -> None:
    site = local_backends(shipped_stack("local"), {}, run_program("local").state)
    assert not any("ORIGIN_SECRET_DIGEST" in one.environment for one in site.applications)
