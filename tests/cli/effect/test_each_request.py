"""The sentences about what is decided request by request: by tier, tenant, fastest origin, rollout, subrequest, path.

Each is held against the function, the router or the distribution that decides; a few visitors, and many in `long`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

import pytest

from cli.effect.lines import find_effect
from controller.analysis.plan import Plan
from controller.rollout.item import to_routed_item
from controller.rollout.state import ENDED, PAUSED, ROLLED_BACK, RUNNING, SUCCEEDED, Rollout
from infra.cdn.javascript import build_function_code
from infra.data.control_item import config_item, config_revision
from infra.package.baked_config import baked_config, deciding_config
from infra.settings.stack import Stack
from router.baked import build_router
from router.model.decision import Decision
from router.model.request import Body, Request
from simulator.cloudfront import Distribution
from simulator.cloudfront_functions import FunctionRuntime, KeyValueStore
from strategies.fastest_origin import FastestOrigin
from tests.functions.deployed import ARN
from tests.functions.events import viewer_request
from tests.infra.configs import ORIGINS, run_stack

from .test_sentences import HOLDOUT, HOSTS, about, effect, near, stack, texts
from .visitors import REGION, ids, new_visitors, origins, origins_by_table, page, share, with_cookie

SIZES = [10, pytest.param(1_000, marks=pytest.mark.long)]
TIERS = {"premium": {"domainName": "p.example.com"}, "gold": {"domainName": "g.example.com"}}
OTHER_TIERS = {"premium": {"domainName": "q.example.com"}, "new": TIERS["gold"]}
TENANTS = {"tenantLookup": {"allowedDomains": [".tenants.example.com"]}}
WITHOUT_PERCENTAGE = {"fastest-origin": {}, "tenant-lookup": TENANTS, "tier": {"tier": {"tiers": TIERS}}}


def decided_before_the_cache(stack: Stack, events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The log line of the stack's CloudFront Function for each request; with tier, `host` is its destination."""
    function = build_function_code(stack)
    assert function is not None
    runtime = FunctionRuntime(function.code, KeyValueStore(ARN, function.key_values))
    found: list[dict[str, Any]] = []
    for event in events:
        result = runtime.run(event)
        assert result.error is None, result.error_message
        update = cast("dict[str, Any]", result.origin_update.update if result.origin_update else {})
        found.append({**json.loads(result.logs[0]), "host": update.get("domainName", "stable")})
    return found


def hosts(stack: Stack, tier: str, count: int) -> set[str]:
    """Destinations of so many visitors' requests for a tier."""
    events = (viewer_request(query={"CTIER": tier}, cookies={"a": one}, request_id=one) for one in ids(count))
    return {one["host"] for one in decided_before_the_cache(stack, events)}


@pytest.mark.parametrize("count", SIZES)
def test_tiers_are_told_one_by_one(count: int) -> None:
    before, after = stack("tier", tier={"tiers": TIERS}), stack("tier", tier={"tiers": OTHER_TIERS})
    told = texts(effect(before, after))
    assert told == [
        "Requests for the tier gold go to stable; before, to g.example.com.",
        "Requests for the tier new go to g.example.com; before, to stable.",
        "Requests for the tier premium go to q.example.com; before, to p.example.com.",
    ]
    for tier, now, then in re.findall(r"tier (\S+) go to (\S+); before, to (\S+)\.", "\n".join(told)):
        assert (hosts(before, tier, count), hosts(after, tier, count)) == ({then}, {now})


def test_a_tier_at_the_same_host_is_told_as_reached_in_another_way() -> None:
    before = stack("tier", tier={"tiers": TIERS})
    after = stack("tier", tier={"tiers": {**TIERS, "gold": {**TIERS["gold"], "path": "/v2"}}})
    assert texts(effect(before, after)) == ["Requests for the tier gold reach the same host in another way."]
    assert hosts(before, "gold", 3) == hosts(after, "gold", 3) == {"g.example.com"}


@pytest.mark.parametrize("count", SIZES)
def test_after_a_pin_nothing_is_said_of_where_tiers_were_sent_before_it(count: int) -> None:
    before = stack("tier", tier={"tiers": TIERS}, pin="canary")
    after = stack("tier", tier={"tiers": OTHER_TIERS})
    told = texts(effect(before, after))
    assert told == [
        "The pin on canary ends: the strategy decides for everybody again.",
        "Requests for the tier gold go to stable.",
        "Requests for the tier new go to g.example.com.",
        "Requests for the tier premium go to q.example.com.",
    ]
    for tier, now in {"gold": "stable", "new": "g.example.com", "premium": "q.example.com"}.items():
        assert (hosts(before, tier, count), hosts(after, tier, count)) == ({HOSTS["canary"]}, {now})


def tenants(count: int) -> list[Request]:
    """Requests whose body names a tenant; the last one is of a tenant that nobody knows."""
    bodies = [json.dumps({"tenantId": one, "accountId": "1"}) for one in [*ids(count), "unknown"]]
    return [Request(method="POST", body=Body(data=text, encoding="text"), request_id=text) for text in bodies]


def rows(count: int) -> dict[tuple[str, ...], Any]:
    return {
        (one, "1"): {"defaultBackend": {"S": f"{number % 7}.tenants.example.com"}}
        for number, one in enumerate(ids(count))
    }


def by_the_fastest(stack: Stack, requests: Iterable[Request], *, down: str) -> list[str]:
    """Origins that fastest-origin chooses while one candidate responds with errors."""
    router = build_router(deciding_config(stack), REGION)

    def probe(origin: Any, *_: object) -> int:
        return 503 if origin.name == down else 200

    router._strategy = FastestOrigin(cast("Any", stack.settings.options), router._strategy.edge, probe=probe)
    found = [str(router.decide(request).origin) for request in requests]
    router.close()
    return found


def without_percentage(stack: Stack, count: int) -> list[str]:
    """Destinations of requests with a strategy that draws nobody."""
    if stack.settings.strategy == "tenant-lookup":
        return origins_by_table(stack, tenants(count), rows(count))
    if stack.settings.strategy == "fastest-origin":
        visitors = [page(one) for one in ids(count)]
        return [*by_the_fastest(stack, visitors, down="stable"), *by_the_fastest(stack, visitors, down="canary")]
    return [
        one["host"]
        for tier in (*TIERS, "")
        for one in decided_before_the_cache(
            stack, (viewer_request(query={"CTIER": tier}, request_id=i) for i in ids(count))
        )
    ]


@pytest.mark.long_if(r"fastest")
@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("strategy", WITHOUT_PERCENTAGE)
def test_percentage_and_release_decide_nothing_where_each_request_says_all(strategy: str, count: int) -> None:
    section = WITHOUT_PERCENTAGE[strategy]
    before = stack(strategy, **section)
    after = stack(strategy, **section, canaryPercent="100")
    assert texts(effect(before, after)) == [f"canaryPercent decides nothing with {strategy}."]
    released = stack(strategy, **section, canaryPercent="100", release="r2")
    assert texts(effect(after, released)) == [f"release decides nothing with {strategy}."]
    assert texts(effect(before, released)) == [f"canaryPercent and release decide nothing with {strategy}."]
    then = without_percentage(before, count)
    assert then == without_percentage(after, count) == without_percentage(released, count)
    assert len(set(then)) > 1


@pytest.mark.long_if(r"fastest")
@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("strategy", WITHOUT_PERCENTAGE)
def test_a_pin_is_for_every_request_and_ends_where_they_were(strategy: str, count: int) -> None:
    section = WITHOUT_PERCENTAGE[strategy]
    before, pinned = stack(strategy, **section), stack(strategy, **section, pin="canary")
    assert texts(effect(before, pinned))[0].startswith(f"Everybody goes to canary ({HOSTS['canary']}), whatever ")
    assert set(without_percentage(pinned, count)) == {HOSTS["canary"] if strategy == "tier" else "canary"}
    assert texts(effect(pinned, before))[0] == "The pin on canary ends: the strategy decides for everybody again."


@pytest.mark.long_if(r"fastest")
@pytest.mark.parametrize("strategy", WITHOUT_PERCENTAGE)
def test_nobody_is_remembered_by_a_strategy_that_decides_at_every_request(strategy: str) -> None:
    before, after = stack(canaryPercent="50"), stack(strategy, **WITHOUT_PERCENTAGE[strategy])
    known = about(effect(before, after), "known")
    assert known.text == f"Nobody is remembered: {strategy} decides at every request."
    [visitor] = with_cookie(before)[:1]
    cookie = visitor.header("cookie") or ""
    if strategy == "tier":
        events = [viewer_request(headers={"cookie": cookie}, query={"CTIER": tier}) for tier in (*TIERS, "")]
        assert len({one["host"] for one in decided_before_the_cache(after, events)}) == 3
    elif strategy == "fastest-origin":
        assert by_the_fastest(after, [visitor], down="stable") != by_the_fastest(after, [visitor], down="canary")
    else:
        both = [Request(headers={"cookie": cookie}, body=one.body, method="POST") for one in tenants(2)]
        assert len(set(origins_by_table(after, both, rows(2)))) == 3


SUBREQUESTS = {
    "cookie-version": {},
    "sticky-session": {"stickySession": {"cookie": "sessiontoken"}},
    "versioned": {"cookieVersion": {"caching": "versioned"}},
}


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("kind", SUBREQUESTS)
def test_subrequests_without_an_identity_go_together(kind: str, count: int) -> None:
    """The holdout, which leaves most new visitors on stable, changes nothing of it."""
    strategy = "cookie-version" if kind == "versioned" else kind
    settings = {**SUBREQUESTS[kind], "holdout": HOLDOUT}
    before, after = (stack(strategy, **settings, canaryPercent=percent) for percent in ("50", "60"))
    assert about(effect(before, after), "requests").text == (
        "Subrequests without an identity go to canary, for canaryPercent is above 50; before, to stable."
    )
    assert about(effect(after, before), "requests").text == (
        "Subrequests without an identity go to stable, for canaryPercent is 50 or less; before, to canary."
    )
    for one, expected in ((before, "stable"), (after, "canary")):
        if kind == "versioned":
            headers = {"sec-fetch-mode": "cors"}
            events = (viewer_request(headers=headers, request_id=number) for number in ids(count))
            assert {found["origin"] for found in decided_before_the_cache(one, events)} == {expected}
        else:
            requests = [page(number, headers={"Sec-Fetch-Mode": "cors"}) for number in ids(count)]
            found = origins_by_table(one, requests, {}) if kind == "sticky-session" else origins(one, requests)
            assert set(found) == {expected}


def test_of_subrequests_that_were_drawn_it_is_not_said_where_they_went() -> None:
    drawn = stack(canaryPercent="50", cookieVersion={"assignSubrequests": True})
    found = effect(drawn, stack(canaryPercent="60"))
    assert "requests" not in [line.who for line in found.lines]
    assert found.not_judged == ("cookieVersion.assignSubrequests",)


class ControlTable:
    """The control table as every replica has it."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self._items = items

    def at(self, _region: str) -> ControlTable:
        return self

    def query(self, *_: object) -> list[dict[str, Any]]:
        return self._items

    def close(self) -> None:
        """Nothing is open."""


def decided_live(stack: Stack, rollout: Rollout, requests: Iterable[Request]) -> list[Decision]:
    """Decisions of a router that reads percentage, pin and release in the control table."""
    router = build_router(baked_config(stack), REGION)
    control: Any = router._precedence._control
    control._clients = ControlTable([config_item(stack.settings), to_routed_item(rollout)])
    found = [router.decide(request) for request in requests]
    router.close()
    return found


def live_share(stack: Stack, rollout: Rollout, requests: list[Request]) -> float:
    return share([str(one.origin) for one in decided_live(stack, rollout, requests)])


@pytest.mark.parametrize("count", [400, pytest.param(3_000, marks=pytest.mark.long)])
def test_a_rollout_that_runs_stands_and_one_that_is_over_ends(count: int) -> None:
    before, after = stack(), stack(canaryPercent="25")
    assert texts(effect(before, after))[-2:] == [
        "If a rollout of this release is running or paused, its percentage stands, and the config's counts after it."
        " If a finished rollout left a percentage or a withdrawn canary in effect, this change ends it.",
        "It takes effect within 12 s of `pulumi up`, without a new function.",
    ]
    revision = config_revision(before.settings)
    rollout = Rollout(Plan((60, 100)), "r1", RUNNING, 60, 1, 0, 0, 0, "started", revision, revision=3)
    new, known = new_visitors("rollout")[:count], with_cookie(stack(canaryPercent="50"))[:50]
    for state in (RUNNING, PAUSED):
        assert near(live_share(after, replace(rollout, state=state), new), 60, count)
    assert near(live_share(after, replace(rollout, state=ENDED), new), 25, count)
    over = replace(rollout, state=SUCCEEDED, canary_percent=100)
    assert live_share(before, over, new) == 100
    assert near(live_share(after, over, new), 25, count)
    withdrawn = replace(rollout, state=ROLLED_BACK, canary_percent=0)
    assert live_share(before, withdrawn, [*new, *known]) == 0
    assert near(live_share(after, withdrawn, new), 25, count)
    assert live_share(after, withdrawn, known) == share(origins(after, known)) > 0


def test_a_rollout_of_the_former_release_no_longer_counts() -> None:
    before, after = stack(), stack(release="r2")
    assert texts(effect(before, after))[-2] == "A rollout of the former release no longer counts."
    rollout = Rollout(Plan((100,)), "r1", RUNNING, 100, 1, 0, 0, 0, "started", revision=3)
    new = new_visitors("release")[:300]
    assert live_share(before, rollout, new) == 100
    assert near(live_share(after, rollout, new), 5, 300)


def test_of_rollouts_nothing_is_said_where_there_were_none() -> None:
    baked = effect(stack(control="baked"), stack(control="baked", canaryPercent="25"))
    assert [line.who for line in baked.lines] == ["new", "known"]
    first = effect(stack(control="baked"), stack(release="r2"))
    assert not any("rollout" in text for text in texts(first))


@pytest.mark.parametrize("changes", [{"canaryPercent": "25"}, {"pin": "stable"}, {"release": "r2"}])
@pytest.mark.parametrize("strategy", ["cookie-version", "sticky-session", "jwt-iat", "fastest-origin", "tenant-lookup"])
def test_what_is_in_force_within_seconds_changes_no_package(strategy: str, changes: dict[str, str]) -> None:
    section = WITHOUT_PERCENTAGE.get(strategy, {})
    before, after = stack(strategy, **section), stack(strategy, **section, **changes)
    is_told = any("takes effect within 12 s" in text for text in texts(effect(before, after)))
    assert is_told is (strategy not in WITHOUT_PERCENTAGE or "pin" in changes)
    assert baked_config(before) == baked_config(after)


def test_files_without_the_router_are_told() -> None:
    before, after = (stack(staticPaths=paths) for paths in ([], ["/static/*", "/*.css"]))
    assert texts(effect(before, after)) == [
        "Requests for /*.css, /static/* go to stable from then on, without the router."
    ]
    assert texts(effect(after, before)) == [
        "Requests for /*.css, /static/* are routed from then on; before, all went to stable."
    ]


@pytest.mark.long
@pytest.mark.parametrize("strategy", ["tier", "cookie-version", "fastest-origin", "jwt-iat"])
def test_no_function_sees_the_files_that_go_to_stable(strategy: str) -> None:
    """tests/e2e/test_other_strategies.py asks for some at the local edge."""
    overrides = (f"strategy={strategy}", "staticPaths[0]=/static/*", "staticPaths[1]=/*.css", "pin=canary")
    distribution = Distribution.from_state(dict(run_stack("prod", *overrides).state_with_secrets))
    for path in ("/static/a/b.js", "/shop/site.css"):
        behavior = distribution.behavior_for(path)
        assert behavior.origin_id == "stable"
        assert not behavior.triggers
        assert "viewer-request" not in behavior.viewer_functions
    routed = distribution.behavior_for("/static.html")
    assert routed.triggers or routed.viewer_functions


def test_an_origin_that_is_gone_has_its_visitors_drawn_again() -> None:
    before = stack(canaryPercent="50", origins={**ORIGINS, "beta": {"domainName": "v3.example.com"}})
    after = stack(canaryPercent="50")
    assert texts(effect(before, after)) == ["The origin beta is gone: who has a version cookie for it is drawn again."]
    cookies = [one.header("cookie") or "" for one in with_cookie(after)[:300]]
    known = [page(one, headers={"Cookie": re.sub(r"=\w+\.", "=beta.", one)}) for one in cookies]
    assert set(origins(before, known)) == {"beta"}
    assert near(share(origins(after, known)), 50, 300)


def test_a_new_stack_is_told_by_its_own_settings() -> None:
    pinned = find_effect(None, stack("tier", tier={"tiers": TIERS}, pin="canary").settings)
    assert texts(pinned)[1] == f"Everybody goes to canary ({HOSTS['canary']}): the pin says so."
