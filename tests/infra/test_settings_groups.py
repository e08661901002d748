"""The sections `holdout` and `bots`, and `rollout.baseline`: what is read, and what every mistake is answered with."""

from __future__ import annotations

from typing import Any

import pytest

from infra.decision_inputs import decision_inputs
from infra.package.baked_config import baked_config
from router.groups import GROUP_HEADER
from tests.infra.configs import problems_of, stack_of

LIVE = {"control": "live", "rollout": {"baseline": True}}
TABLE = {"strategy": "sticky-session", "stickySession": {"cookie": "s"}}
REMEMBERED = {**TABLE, "stickySession": {"cookie": "s", "rememberInCookie": True, "signingKeys": ["k" * 16]}}
HINTED = {**TABLE, "stickySession": {"cookie": "s", "caching": "versioned", "versionCookie": "v"}}
VERSIONED = {"strategy": "cookie-version", "cookieVersion": {"caching": "versioned"}}
BOTS = {"bots": {"extra": ["Acme-Monitor"]}}
HELD = {"holdout": {"percent": "1.5", "name": "2026-h2"}}
TOKEN_RULE = "a part of a User-Agent has 3 to 64 printable ASCII characters and no |, such as acme-monitor"
MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"bots": {"extra": ["me"]}}, f"bots.extra[0] is 'me': {TOKEN_RULE}"),
    ({"bots": {"extra": ["a|bc"]}}, f"bots.extra[0] is 'a|bc': {TOKEN_RULE}"),
    ({"bots": {"extra": ["Größe"]}}, f"bots.extra[0] is 'Größe': {TOKEN_RULE}"),
    (
        {"bots": {"extra": ["Safari/"]}},
        "bots.extra[0] is 'Safari/': visitors' browsers send that, too, and no visitor would be assigned",
    ),
    ({"bots": {"extra": ["acme", "ACME"]}}, "bots.extra lists 'acme' twice: every part once"),
    ({"bots": {"extra": [f"bot-{n}" for n in range(17)]}}, "bots.extra has 17 entries: at most 16"),
    ({"bots": {"list": []}}, "bots.list is an unknown key: allowed: enabled, extra"),
    ({"holdout": {"percent": 1}}, "holdout.name is missing"),
    ({"holdout": {"percent": 101, "name": "a"}}, "holdout.percent is 101: a percentage from 0 to 100"),
    (
        {
            **LIVE,
            "strategy": "cookie-version",
            "origins": {n: {"domainName": "a.com"} for n in ("stable", "canary", "baseline")},
        },
        "origins.baseline is the name of a group of visitors while rollout.baseline is true: give the origin another",
    ),
]


@pytest.mark.parametrize(("settings", "text"), MISTAKES, ids=[text[:40] for _, text in MISTAKES])
def test_a_mistake_names_its_full_key_and_what_is_allowed(settings: dict[str, Any], text: str) -> None:
    [problem] = problems_of(**settings)
    assert problem.startswith(f"edge-router:{text}")


@pytest.mark.parametrize("settings", [TABLE, REMEMBERED], ids=["table", "remembered in a cookie"])
def test_a_baseline_that_nothing_remembers_is_an_error(settings: dict[str, Any]) -> None:
    assert problems_of(**{**LIVE, **settings}) == [
        "edge-router:rollout.baseline is true, but sticky-session keeps visitors where the application's table says,"
        " and the table does not say who came in the same minutes as the canary: set stickySession.caching to"
        " versioned, whose version cookie says so, or the strategy to cookie-version or jwt-iat"
    ]


@pytest.mark.parametrize(
    "settings", [HINTED, VERSIONED, {"strategy": "cookie-version"}, {"strategy": "fastest-origin"}], ids=str
)
def test_a_baseline_elsewhere_is_not(settings: dict[str, Any]) -> None:
    assert problems_of(**{**LIVE, **settings}) == []


def test_without_them_the_package_has_nothing_of_them() -> None:
    for strategy in ("cookie-version", "fastest-origin"):
        config = baked_config(stack_of(strategy=strategy, control="live", rollout={"interval": "10m"}))
        assert {"groups", "bots"}.isdisjoint(config)
    assert {"groups", "bots"}.isdisjoint(baked_config(stack_of(bots={"enabled": False})))
    assert {"groups", "bots"}.isdisjoint(baked_config(stack_of(strategy="fastest-origin", **BOTS, **HELD, **LIVE)))


def test_the_router_that_assigns_knows_all_of_them() -> None:
    config = baked_config(stack_of(strategy="cookie-version", **LIVE, **BOTS, **HELD))
    assert config["groups"] == {"baseline": True, "holdout": {"percent": 1.5, "name": "2026-h2"}}
    assert config["bots"] == {"extra": ["acme-monitor"]}
    assert baked_config(stack_of(rollout={"baseline": True}, **HELD))["groups"] == {
        "holdout": {"percent": 1.5, "name": "2026-h2"}
    }, "without live control there is no controller to compare"


def test_the_router_behind_a_function_knows_what_the_header_says() -> None:
    config = baked_config(stack_of(**VERSIONED, **LIVE, **BOTS, **HELD))
    assert (config["groups"], "bots" in config) == ({"baseline": True}, False)
    assert config["public"]["headers"][GROUP_HEADER] == ""
    assert GROUP_HEADER in config["kept"]["key_headers"]
    assert "groups" not in baked_config(stack_of(**VERSIONED, **HELD))
    assert baked_config(stack_of(**VERSIONED, **BOTS))["groups"] == {"baseline": False}


def test_the_headers_of_bots_have_to_reach_a_router_that_assigns() -> None:
    wanted = {"user-agent", "sec-purpose", "purpose", "x-moz"}
    assert wanted <= decision_inputs(stack_of(**BOTS)).headers
    assert not wanted & decision_inputs(stack_of()).headers
    assert not wanted & decision_inputs(stack_of(**VERSIONED, **BOTS)).headers


def test_groups_of_a_strategy_without_a_percentage_are_warned_of() -> None:
    stack = stack_of(strategy="fastest-origin", **BOTS, **HELD)
    assert stack.warnings() == [
        f"{key}: has no effect with fastest-origin, which does not assign visitors by a percentage"
        for key in ("holdout", "bots")
    ]
    assert stack_of(**BOTS, **HELD).warnings() == []
    assert stack_of(holdout={"percent": 100, "name": "2026-h2"}).warnings() == [
        "holdout.percent is 100: all new visitors stay on stable, whatever the percentage"
    ]
