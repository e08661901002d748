"""A canary that is cached, in the small: the real function, the real package in real workers, and the real cache."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bench.soak.__main__ import check_outcomes
from bench.soak.outcome import MAX_HIT_POINTS, Outcome, Size
from bench.soak.sites import visit_behind_the_cache, visit_versioned, visit_without_canary

SMALL = Size(requests=5_000, visitors=500, warm_up_requests=2_000)
_SITES: dict[str, Callable[[Size], Awaitable[Outcome]]] = {
    "plain": visit_without_canary,
    "versioned": visit_versioned,
    "leaking": visit_behind_the_cache,
}

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def outcomes(anyio_backend: str) -> dict[str, Outcome]:
    """The same visitors on three sites; each takes a few seconds."""
    return {name: await site(SMALL) for name, site in _SITES.items()}


@pytest.mark.long
async def test_a_cached_canary_costs_few_hits(outcomes: dict[str, Outcome]) -> None:
    plain, cached = outcomes["plain"], outcomes["versioned"]
    assert plain.hit_percent == 100
    assert 0 <= plain.hit_percent - cached.hit_percent <= MAX_HIT_POINTS
    assert cached.invocations == 2 * sum(cached.origin_requests.values()) <= 4 * SMALL.objects  # on misses only


@pytest.mark.long
async def test_nobody_gets_another_version_than_his_own(outcomes: dict[str, Outcome]) -> None:
    cached = outcomes["versioned"]
    assert (cached.wrong, cached.flipped, cached.failed, cached.complaints) == (0, 0, 0, 0)


@pytest.mark.long
async def test_no_cookie_is_kept_and_everybody_has_an_identity_of_his_own(outcomes: dict[str, Outcome]) -> None:
    cached = outcomes["versioned"]
    assert (cached.kept_set_cookies, cached.foreign_cookies) == (0, 0)
    assert cached.identities == cached.visitors == SMALL.visitors


@pytest.mark.long
async def test_visitors_are_split_as_the_percentage_says(outcomes: dict[str, Outcome]) -> None:
    low, high = outcomes["versioned"].canary_interval
    assert (low, high) == (34, 68)
    assert low <= outcomes["versioned"].canary_visitors <= high


@pytest.mark.long
async def test_the_same_traffic_leaks_where_the_canary_is_behind_the_cache(outcomes: dict[str, Outcome]) -> None:
    leaking = outcomes["leaking"]
    assert leaking.flipped > leaking.visitors // 4
    assert leaking.kept_set_cookies >= SMALL.objects // 2
    assert leaking.foreign_cookies > 0
    assert leaking.identities < leaking.visitors // 4


@pytest.mark.long
async def test_the_soak_says_what_does_not_hold(outcomes: dict[str, Outcome]) -> None:
    plain, cached, leaking = outcomes.values()
    assert all(check.holds for check in check_outcomes(plain, cached, leaking))
    worse = replace(cached, hit_percent=plain.hit_percent - 2.1, wrong=1, kept_set_cookies=3, canary_visitors=69)
    assert [(check.name, check.found) for check in check_outcomes(plain, worse, leaking) if not check.holds] == [
        ("hit ratio lost to the canary, points", "2.10"),
        ("answers of another version than the visitor's cookie", "1"),
        ("Set-Cookie kept in the cache", "3"),
        ("visitors on the canary, of 500", "69"),
    ]
    blind = replace(leaking, wrong=0, flipped=0)
    assert [check.must_be for check in check_outcomes(plain, cached, blind) if not check.holds] == ["> 0"]
