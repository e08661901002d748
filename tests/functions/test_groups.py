"""functions/canary.js and the groups of visitors: the same ones as in the router, by one file of vectors."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.explain.edge_decision import decide
from infra.cdn.javascript import MAX_CODE_BYTES
from infra.package.baked_config import baked_config, deciding_config
from router.baked import build_router
from router.control.bots import PREFETCH_HEADERS
from router.groups import BASELINE, group_name
from router.model.assignment import release_tag
from router.model.request import Request
from simulator.sample_events import origin_request
from tests.functions.deployed import SECRET, Deployed, line, version
from tests.functions.events import Values, request_of, viewer_request, viewer_response
from tests.functions.test_builds import SKEW
from tests.infra.configs import BUILT, stack_of
from tests.router.test_groups import AGENTS, HOLDOUT, RELEASE, VECTORS

SECTIONS: dict[str, dict[str, Any]] = {
    "cookie-version": {"cookieVersion": {"caching": "versioned"}},
    "sticky-session": {"stickySession": {"caching": "versioned", "versionCookie": "app-version", "cookie": "sid"}},
}
GROUPS: dict[str, Any] = {"control": "live", "rollout": {"baseline": True}, "release": RELEASE}
BOTS = {"bots": {"extra": ["acme-client"]}}
OLD = "stable.00000000."
"""Before a visitor's id: the cookie of another release, so that the percentage decides by that id."""


@cache
def deploy(strategy: str = "cookie-version", held: str = "0", has_bots: bool = False) -> Deployed:
    more = BOTS if has_bots else {}
    return Deployed(strategy, **SECTIONS[strategy], **GROUPS, holdout={"percent": held, "name": HOLDOUT}, **more)


def at(percent: str, function: Deployed | None = None) -> Deployed:
    """The function while this percentage holds."""
    function = function or deploy()
    live = json.loads(function.store.pairs["canary"])
    function.store.put("canary", json.dumps({**live, "percent": percent}))
    return function


def group_for(visitor: str, percent: str) -> str:
    found = at(percent).run(viewer_request(cookies={"app-version": OLD + visitor}))
    said = line(found)
    assert said["bucket"] == VECTORS[visitor]["bucket"]
    assert said["origin"] == {BASELINE: "stable"}.get(version(found), version(found))
    assert said.get("group") == (BASELINE if version(found) == BASELINE else None)
    return version(found)


def test_the_groups_are_those_of_the_shared_vectors_which_a_ramp_only_leads_to_the_canary() -> None:
    order = ["stable", "baseline", "canary"]
    for visitor, row in VECTORS.items():
        found = {percent: group_for(visitor, percent) for percent in row["groups"]}
        assert found == row["groups"]
        ranks = [order.index(group) for group in found.values()]
        assert all(before <= after for before, after in pairwise(ranks))


def test_the_holdout_is_that_of_the_shared_vectors_also_at_100_percent() -> None:
    edge = next(iter(VECTORS.values()))["holdoutBucket"]
    for held in (f"{edge / 100:.2f}", f"{(edge + 1) / 100:.2f}"):
        function = at("100", deploy(held=held))
        for visitor, row in VECTORS.items():
            event = viewer_request(cookies={"app-version": OLD + visitor})
            is_held = row["holdoutBucket"] < float(held) * 100
            found = function.run(event)
            assert (line(found)["reason"] == "holdout") is is_held
            assert ("bucket" in line(found), version(found)) == ((False, "stable") if is_held else (True, "canary"))
            cookie = function.run(viewer_response(event)).result["cookies"]["app-version"]["value"]
            assert cookie == f"{version(found)}.{release_tag(RELEASE)}.{visitor}"


def test_the_holdout_moves_nobody_who_has_the_cookie_of_the_canary() -> None:
    cookie = f"canary.{release_tag(RELEASE)}.anybody"
    function = at("0", deploy(held="100"))
    assert version(function.run(viewer_request(cookies={"app-version": cookie}))) == "canary"


@pytest.mark.parametrize("strategy", SECTIONS)
def test_the_baseline_is_in_the_cookie_and_stays_whatever_the_percentage(strategy: str) -> None:
    function = at("50", deploy(strategy))
    members = 0
    for number in range(40):
        event = viewer_request(request_id=f"r-{number}")
        group = version(function.run(event))
        cookie = function.run(viewer_response(event)).result["cookies"]["app-version"]["value"]
        assert cookie.startswith(f"{group}.{release_tag(RELEASE)}.")
        members += group == BASELINE
        for percent in ("0", "100"):
            later = at(percent, function).run(viewer_request(cookies={"app-version": cookie}))
            assert (version(later), line(later)["reason"]) == (group, "cookie")
        at("50", function)
    assert members > 8


def test_a_session_without_the_hint_asks_the_table_with_its_group() -> None:
    function = at("50", deploy("sticky-session"))
    versions = {version(function.run(viewer_request(cookies={"sid": f"token-{n}"}))) for n in range(20)}
    assert {text.partition("?")[0] for text in versions} == {"canary", BASELINE}
    assert all("?" in text for text in versions)


def test_the_router_behind_it_knows_the_baseline_and_counts_it() -> None:
    router = build_router(baked_config(stack_of(strategy="cookie-version", **SECTIONS["cookie-version"], **GROUPS)), "")
    event = origin_request(headers={"x-router-version": BASELINE})
    decision = router.decide(Request(headers={"x-router-version": BASELINE}))
    assert (decision.origin, decision.reason, group_name(decision)) == ("stable", "assigned-version", BASELINE)
    result: Any = router.handle(event)
    assert result["headers"]["x-router-trace"][0]["value"].startswith("stable;")
    assert result["headers"]["x-router-trace"][0]["value"].endswith(f";{BASELINE}")


def test_an_earlier_router_behind_it_sends_the_baseline_to_stable() -> None:
    earlier = stack_of(strategy="cookie-version", **SECTIONS["cookie-version"], **{**GROUPS, "rollout": {}})
    decision = build_router(baked_config(earlier), "").decide(Request(headers={"x-router-version": BASELINE}))
    assert (decision.origin, decision.reason) == ("stable", "no-version")


def test_the_router_behind_it_does_not_count_a_bot_and_the_origin_does_not_see_why() -> None:
    stack = stack_of(strategy="cookie-version", **SECTIONS["cookie-version"], **GROUPS, **BOTS)
    router = build_router(baked_config(stack), "")
    for version_ in ("stable", "canary"):
        event = origin_request(headers={"x-router-version": version_, "x-router-group": "bot"})
        result: Any = router.handle(event)
        assert result["headers"]["x-router-trace"][0]["value"].startswith(";")
        assert "x-router-group" not in result["headers"]


@pytest.mark.parametrize(("percent", "origin"), [("50", "stable"), ("100", "canary")])
def test_a_prefetch_gets_the_version_that_its_files_will_be_of(percent: str, origin: str) -> None:
    """They are loaded once somebody looks at the page, and then without identity."""
    function = at(percent, deploy(has_bots=True))
    prefetch, script = ({"sec-fetch-mode": "navigate", "sec-purpose": "prefetch"}, {"sec-fetch-mode": "no-cors"})
    found = [function.run(viewer_request(headers=headers)) for headers in (prefetch, script)]
    assert [(version(one), line(one)["reason"]) for one in found] == [(origin, "bot"), (origin, "no-identity")]


@pytest.mark.parametrize(("agent", "is_bot"), AGENTS.items())
def test_a_bot_is_the_same_as_for_the_router(agent: str, is_bot: bool) -> None:
    event = viewer_request(headers={"user-agent": agent})
    function = at("100", deploy(has_bots=True))
    found = function.run(event)
    assert (version(found), line(found)["reason"]) == (("stable", "bot") if is_bot else ("canary", "no-cookie"))
    assert ("x-router-group" in found.result["headers"]) is is_bot
    assert bool(function.run(viewer_response(event)).result["cookies"]) is not is_bot


@cache
def deciding() -> dict[str, Any]:
    held = {"percent": 30, "name": HOLDOUT}
    return deciding_config(
        stack_of(strategy="cookie-version", **SECTIONS["cookie-version"], **GROUPS, **BOTS, holdout=held)
    )


def test_a_cookie_of_a_bot_is_obeyed_and_not_renewed() -> None:
    function = at("100", deploy(has_bots=True))
    for agent in ("Googlebot/2.1", "Mozilla/5.0"):
        event = viewer_request(cookies={"app-version": f"{OLD}someone"}, headers={"user-agent": agent})
        assert version(function.run(event)) == "canary"
        renewed = function.run(viewer_response(event)).result["cookies"]
        assert bool(renewed) is (agent == "Mozilla/5.0")


cookies = st.dictionaries(
    st.sampled_from(["app-version", "app-version", "sid"]),
    st.sampled_from(
        [*(f"{one}.{release_tag(RELEASE)}.v" for one in ("stable", "canary", "baseline", "beta")), "baseline"]
        + [f"{OLD}{number}" for number in range(6)]
    ),
    max_size=2,
)
agents = st.sampled_from([*AGENTS, "CuBot İ", "\u212aBOT", "BOT\u0130"])
prefetches = st.sampled_from(["prefetch", "PREFETCH;prerender", "preview", ""])
headers = st.fixed_dictionaries(
    {},
    optional={
        "user-agent": agents,
        **dict.fromkeys(PREFETCH_HEADERS, prefetches),
        "sec-fetch-mode": st.sampled_from(["navigate", "cors"]),
    },
)


@given(cookies, headers, st.integers().map("r-{}".format), st.sampled_from(["0", "12.5", "50", "75", "100"]))
def test_the_strategy_in_python_decides_the_same(
    given_cookies: dict[str, Values], given_headers: dict[str, Values], request_id: str, percent: str
) -> None:
    function = at(percent, deploy(held="30", has_bots=True))
    request = request_of(cookies=given_cookies, headers=given_headers, request_id=request_id)
    decision = decide({**deciding(), "canary_percent": float(percent)}, request, "us-east-1")
    said = line(function.run(viewer_request(cookies=given_cookies, headers=given_headers, request_id=request_id)))
    group = group_name(decision) if group_name(decision) != "canary" else ""
    assert (said["origin"], said["reason"]) == (decision.origin, decision.reason)
    assert (said.get("bucket"), said.get("group", "")) == (decision.bucket, group)


def test_all_options_at_once_stay_below_the_limit_of_the_code() -> None:
    section = {"caching": "versioned", "signingKeys": ["a" * 32, "b" * 32], "path": "/app"}
    everything = Deployed(
        "cookie-version",
        cookieVersion=section,
        override={"header": "x-qa", "secret": SECRET},
        keyHeaders=["next", "language", "x-a", "x-b", "x-c"],
        skew=SKEW,
        origins=BUILT,
        holdout={"percent": 1, "name": HOLDOUT},
        **GROUPS,
        **BOTS,
    )
    assert len(everything.code.encode()) <= MAX_CODE_BYTES - 64
