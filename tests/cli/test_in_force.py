"""What the store of a function before the cache says is in force, and what it is when that makes no sense."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest

from cli.stacks.in_force import STORE_NOT_FOUND, InForce, read_key_values, read_store_in_force
from cli.stacks.running import LocalStack
from cli.stacks.view import overrides_control, view_local
from cli.stacks.workspace import Workspace
from controller.sources.key_values import KEY, store_text
from infra.cdn.javascript import build_key_values
from infra.package.baked_config import deciding_config
from infra.settings.stack import Stack
from router.control.live import Live
from tests.cli.conftest import Result
from tests.cli.fake_cloudfront import FakeCloudFront, deny

VERSIONED = Workspace().open_stack("local", ["strategy=cookie-version", "cookieVersion.caching=versioned"])
TIERS = Workspace().open_stack("local", ["strategy=tier"])


def test_percentage_pin_release_and_withdrawal_are_those_of_the_store() -> None:
    live = Live(12.5, "none", "2026-12", is_withdrawn=True)
    found = read_store_in_force(VERSIONED, {KEY: store_text(live)})
    assert (found.live, found.unread) == (live, ())
    assert found.step == ("key-value store", "12.5 %, pin none, canary withdrawn")
    config = found.apply_to(deciding_config(VERSIONED))
    assert (config["canary_percent"], config["pin"], config["release"]) == (12.5, "none", "2026-12")


def test_tiers_are_where_the_store_says() -> None:
    values = build_key_values(TIERS)
    moved = {**values, "tier:premium": values["tier:premium"].replace("premium.example.com", "p9.example.com")}
    found = read_store_in_force(TIERS, moved)
    assert found.tiers is not None
    assert (found.tiers["premium"]["domain_name"], sorted(found.tiers)) == ("p9.example.com", ["premium", "standard"])


def test_a_pin_stands_in_the_place_of_every_tier() -> None:
    pinned = Workspace().open_stack("local", ["strategy=tier", "pin=canary"])
    found = read_store_in_force(TIERS, build_key_values(pinned))
    assert found.apply_to(deciding_config(TIERS))["pin"] == "canary"
    assert found.tiers is None


@pytest.mark.parametrize("text", [None, "{", "[]", "{}", '{"percent": "5", "pin": "both", "release": "r"}'])
@pytest.mark.parametrize("stack", [VERSIONED, TIERS], ids=["canary", "tier"])
def test_a_store_that_makes_no_sense_says_nothing(stack: Stack, text: str | None) -> None:
    values: Mapping[str, str] = {} if text is None else {KEY: text, "pin": text}
    found = read_store_in_force(stack, values)
    assert found.live is None
    assert [one.partition(":")[0] for one in found.unread] == ["the key-value store (malformed"]


@pytest.mark.parametrize("deployed", [None, VERSIONED, TIERS], ids=["no function", "canary", "tier"])
@pytest.mark.parametrize("stack", [VERSIONED, TIERS], ids=["canary", "tier"])
def test_a_function_that_is_tried_where_another_strategy_runs_goes_by_the_settings(
    stack: Stack, deployed: Stack | None
) -> None:
    stores = {} if deployed is None else {"arn": build_key_values(deployed)}
    status = {"url": "http://127.0.0.1:8080", "dynamodb": {"endpointUrl": "http://127.0.0.1:1"}, "keyValues": stores}
    view = view_local(stack, LocalStack("local", status, {}), "us-east-1", ["strategy=…"])
    assert view.in_force.unread == ()
    assert (view.in_force == InForce()) is (deployed is not stack)
    assert ("the key-value store" in ", ".join(view.read)) is (deployed is stack)


@pytest.mark.parametrize(
    ("setting", "asks"),
    [
        ("canaryPercent=5", True),
        ("edge-router:pin=stable", True),
        ("control.refreshSeconds=5", True),
        ("tier.tiers.gold.domainName=gold.example.com", True),
        ("tier.query=T", False),
        ("pins=stable", False),
    ],
)
def test_another_value_in_the_place_of_what_is_in_force_is_what_is_asked_about(setting: str, asks: bool) -> None:
    assert overrides_control([setting]) is asks


def test_without_anything_read_the_settings_hold() -> None:
    config = deciding_config(VERSIONED)
    assert InForce().apply_to(config) == config
    assert json.dumps(config)


def test_a_store_that_may_not_be_read_in_aws_is_named(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is not there is no fault only where another strategy than the deployed one is tried."""
    fake = FakeCloudFront()
    missing = (STORE_NOT_FOUND, "The key value store was not found.")
    fake.refusals["DescribeKeyValueStore"] = [deny("cloudfront:DescribeKeyValueStore"), missing, missing]
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_ENDPOINT_URL": fake.url,
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    try:
        values, problem = read_key_values(VERSIONED)
        _, not_found = read_key_values(VERSIONED)
        assert read_key_values(VERSIONED, may_be_missing=True) == ({}, "")
    finally:
        fake.close()
    assert (values, problem.partition(" (")[0]) == ({}, "the key-value store edge-router-local-canary")
    assert "cloudfront:DescribeKeyValueStore" in problem
    assert not_found.partition(" (")[0] == "the key-value store edge-router-local-canary"
    assert read_key_values(Workspace().open_stack("local")) == ({}, "")
