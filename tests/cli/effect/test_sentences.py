"""The sentences about a change, and that each is true of a sample of visitors whom the router decides for."""

from __future__ import annotations

from typing import Any

import pytest

from cli.effect.line import Line
from cli.effect.lines import Effect, find_effect
from infra.settings.stack import Stack
from tests.infra.configs import ORIGINS, stack_of

from .visitors import (
    MANY,
    drawn,
    ids,
    moved_percent,
    new_visitors,
    origins,
    origins_of_sessions,
    page,
    share,
    with_cookie,
    with_token,
)

SECRET = "a secret of more than thirty-two bytes"
RELEASED, LATER = "2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z"
IN_NOVEMBER = 1_793_900_000
KEYS = ("first-key-0123456789", "second-key-0123456789")
JWT = {"algorithm": "HS256", "secret": SECRET, "releasedAt": RELEASED, "leewaySeconds": 300}
SECTIONS: dict[str, dict[str, object]] = {
    "cookie-version": {},
    "sticky-session": {"stickySession": {"cookie": "sessiontoken"}},
    "jwt-iat": {"jwtIat": JWT},
}
SECRETS = ("edge-router:jwtIat", "edge-router:cookieVersion")


def stack(strategy: str = "cookie-version", **changes: object) -> Stack:
    given = {"strategy": strategy, "canaryPercent": "5", "release": "r1", "control": "live"}
    return stack_of(**{**given, **SECTIONS.get(strategy, {}), **changes})


def effect(before: Stack, after: Stack) -> Effect:
    return find_effect(before.settings, after.settings)


def about(found: Effect, who: str) -> Line:
    [line] = [one for one in found.lines if one.who == who]
    return line


def texts(found: Effect) -> list[str]:
    return [line.text for line in found.lines]


def near(measured: float, told: float | None, count: int = MANY) -> bool:
    """Within four standard deviations of a sample."""
    assert told is not None
    return abs(measured - told) <= 4 * 100 * (max(told, 0.5) / 100 * (1 - min(told, 99.5) / 100) / count) ** 0.5


HOSTS = {"stable": "v1.example.com", "canary": "v2.example.com"}
HOLDOUT = {"percent": 20, "name": "2026-h2"}


@pytest.mark.long_if(r"holdout|down|all")
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"canaryPercent": "25"}, id="up"),
        pytest.param({"canaryPercent": "0"}, id="down"),
        pytest.param({"canaryPercent": "50", "holdout": HOLDOUT}, id="holdout"),
        pytest.param({"canaryPercent": "100"}, id="all"),
    ],
)
def test_of_new_visitors_as_many_go_to_canary_as_the_sentence_says(changes: dict[str, Any]) -> None:
    before, after = stack(), stack(**changes)
    told = about(effect(before, after), "new")
    assert near(share(origins(before, new_visitors("before"))), told.before)
    assert near(share(origins(after, new_visitors("after"))), told.after)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"canaryPercent": "25"}, "Visitors with a version cookie stay.", id="percentage"),
        pytest.param({"holdout": HOLDOUT}, "Visitors with a version cookie stay.", id="holdout"),
        pytest.param(
            {"canaryPercent": "25", "cookieVersion": {"caching": "versioned"}},
            "Visitors with a version cookie stay.",
            id="caching",
        ),
    ],
)
def test_who_has_a_version_cookie_stays(changes: dict[str, Any], expected: str) -> None:
    before, after = stack(), stack(**changes)
    told = about(effect(before, after), "known")
    assert (told.text, told.moved) == (expected, 0)
    visitors = with_cookie(before)[:500]
    assert moved_percent(origins(before, visitors), origins(after, visitors)) == 0


@pytest.mark.long_if(r"name|holdout|signed")
@pytest.mark.parametrize(
    ("changes", "beginning"),
    [
        pytest.param({"release": "r2", "canaryPercent": "30"}, "The release is a new one: ", id="release"),
        pytest.param({"release": "r2", "holdout": HOLDOUT}, "The release is a new one: ", id="release and holdout"),
        pytest.param(
            {"cookieVersion": {"cookie": "v2"}, "canaryPercent": "30"},
            "The version cookie is v2 from",
            id="name",
        ),
        pytest.param(
            {"cookieVersion": {"signingKeys": KEYS}, "canaryPercent": "30"}, "No signing key is left", id="signed"
        ),
    ],
)
def test_who_is_drawn_again_is_where_the_sentence_says(changes: dict[str, Any], beginning: str) -> None:
    before, after = stack(canaryPercent="10"), stack(**changes)
    told = about(effect(before, after), "known")
    assert told.text.startswith(beginning)
    visitors = with_cookie(before)
    then, now = origins(before, visitors), origins(after, visitors)
    assert near(share(then), 10)
    assert near(share(now), told.after)
    if told.moved is not None:
        assert near(moved_percent(then, now), told.moved)


def test_a_key_that_signed_has_to_stay_a_while() -> None:
    old, both, new = (stack(cookieVersion={"signingKeys": keys}) for keys in (KEYS[:1], KEYS[::-1], KEYS[1:]))
    visitors = with_cookie(old)[:500]
    assert about(effect(old, both), "known").text == "Visitors with a version cookie stay."
    assert moved_percent(origins(old, visitors), origins(both, visitors)) == 0
    assert about(effect(both, new), "known").text == (
        "Visitors with a version cookie stay, unless a signing key that is gone signed it: then they count as new."
    )
    assert moved_percent(origins(both, with_cookie(both)[:500]), origins(new, with_cookie(both)[:500])) == 0
    assert {one.who for one in effect(old, new).lines} == {"known"}
    assert about(effect(old, new), "known").text.startswith("No signing key is left")
    assert share(origins(new, visitors)) < 15


@pytest.mark.long_if(r"stable")
@pytest.mark.parametrize("pin", ["stable", "canary"])
def test_a_pin_is_for_everybody_and_ends_where_they_were(pin: str) -> None:
    before, pinned = stack(canaryPercent="50"), stack(canaryPercent="50", pin=pin)
    told = effect(before, pinned)
    assert [line.who for line in told.lines] == ["everybody", "condition"]
    assert texts(told)[0].startswith(f"Everybody goes to {pin} ({HOSTS[pin]}), whatever ")
    visitors = [*with_cookie(before)[:300], *new_visitors("x")[:300]]
    assert set(origins(pinned, visitors)) == {pin}
    ended = effect(pinned, before)
    assert about(ended, "known").text == "Visitors with a version cookie are back on its version."
    assert origins(before, with_cookie(before)[:300]) == [drawn(before, one) for one in ids()[:300]]
    assert near(share(origins(before, new_visitors("y"))), about(ended, "new").after)
    both = effect(pinned, stack(canaryPercent="5", pin=pin))
    assert texts(both)[0] == f"Everybody stays on {pin} ({HOSTS[pin]}): the pin says so, whatever else changes."


@pytest.mark.parametrize(
    "changes", [{"canaryPercent": "40"}, {"release": "r2"}, {"canaryPercent": "40", "holdout": HOLDOUT}]
)
def test_who_has_a_session_stays(changes: dict[str, Any]) -> None:
    before, after = stack("sticky-session"), stack("sticky-session", **changes)
    told = about(effect(before, after), "known")
    assert (told.text, told.moved) == (
        "Visitors with a session stay on the version that the sessions table has for them.",
        0,
    )
    items = {one: "2" if number % 3 else "1" for number, one in enumerate(ids(600))}
    visitors = [page(one, {"sessiontoken": one}) for one in items]
    then, now = (origins_of_sessions(one, visitors, items) for one in (before, after))
    assert then == now
    assert set(now) == {"stable", "canary"}


def test_a_session_by_another_name_counts_as_new() -> None:
    before = stack("sticky-session", canaryPercent="30")
    after = stack("sticky-session", canaryPercent="30", stickySession={"cookie": "sid"})
    told = about(effect(before, after), "known")
    assert told.text == (
        "The session's cookie is sid from now on: who has sessiontoken alone counts as new. 30 % of them go to canary."
    )
    items = dict.fromkeys(ids(), "2")
    visitors = [page(one, {"sessiontoken": one}) for one in items]
    assert near(share(origins_of_sessions(after, visitors, items)), told.after)
    found = effect(
        before,
        stack(
            "sticky-session",
            canaryPercent="30",
            stickySession={"cookie": "sessiontoken", "versions": {"1": "stable", "3": "canary"}},
        ),
    )
    assert about(found, "known").text == (
        "Sessions are found in another way (versions): a session that is found goes where the table says; of the others"
        " 30 % go to canary."
    )


@pytest.mark.long_if(r"release|down|holdout")
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"canaryPercent": "40"}, id="up"),
        pytest.param({"canaryPercent": "2"}, id="down"),
        pytest.param({"release": "r2", "canaryPercent": "40"}, id="release"),
        pytest.param({"canaryPercent": "40", "holdout": HOLDOUT}, id="holdout"),
    ],
)
def test_of_users_with_a_token_as_many_change_sides_as_the_sentence_says(changes: dict[str, Any]) -> None:
    before, after = stack("jwt-iat", canaryPercent="20"), stack("jwt-iat", **{"canaryPercent": "20", **changes})
    told = about(effect(before, after), "known")
    users = with_token(before, IN_NOVEMBER)
    then, now = origins(before, users), origins(after, users)
    assert near(share(then), told.before, len(users))
    assert near(share(now), told.after, len(users))
    assert near(moved_percent(then, now), told.moved, len(users))
    assert set(origins(after, with_token(before, IN_NOVEMBER - 30 * 86_400)[:50])) == {"stable"}


@pytest.mark.long
def test_a_later_release_time_takes_the_tokens_from_between_back() -> None:
    before = stack("jwt-iat", canaryPercent="50")
    after = stack("jwt-iat", canaryPercent="50", jwtIat={**JWT, "releasedAt": LATER})
    assert texts(effect(before, after)) == [
        f"The release is of {LATER}, before of {RELEASED}: who has a token from between goes to stable from then on."
    ]
    assert set(origins(after, with_token(before, IN_NOVEMBER)[:200])) == {"stable"}
    assert texts(effect(after, before)) == [
        f"The release is of {RELEASED}, before of {LATER}: who has a token from between goes to canary at 50 % from"
        " then on."
    ]
    assert near(share(origins(before, with_token(before, IN_NOVEMBER))), 50, 1_000)


@pytest.mark.long
def test_another_strategy_decides_for_everybody() -> None:
    before, after = stack("sticky-session"), stack(canaryPercent="30")
    told = effect(before, after)
    assert texts(told)[0] == (
        "The strategy is cookie-version, before it was sticky-session: it decides for everybody from then on."
    )
    assert near(share(origins(after, [page(one, {"sessiontoken": one}) for one in ids()])), about(told, "new").after)
    kept = with_cookie(stack())[:300]
    assert origins(after, kept) == [drawn(stack(), one) for one in ids()[:300]]
    assert about(told, "known").text.startswith(
        "Visitors with a cookie app-version of this release, from an earlier time"
    )
    to_tokens = effect(before, stack("jwt-iat", canaryPercent="30"))
    assert about(to_tokens, "known").text == (
        f"Of users with a token since {RELEASED}, 30 % are on canary; everybody else is on stable."
    )
    assert near(
        share(origins(stack("jwt-iat", canaryPercent="30"), with_token(stack("jwt-iat"), IN_NOVEMBER))), 30, 1_000
    )


def test_another_host_is_for_everybody_who_is_there() -> None:
    other = {**ORIGINS, "canary": {"domainName": "v3.example.com"}}
    assert texts(effect(stack(), stack(origins=other))) == [
        "The origin canary is another origin: v2.example.com becomes v3.example.com. It is so for everybody who is on"
        " canary."
    ]


def test_what_has_no_effect_and_what_is_not_judged_is_named() -> None:
    found = effect(stack(), stack(priceClass="PriceClass_100", cookieVersion={"path": "/shop"}, bots={"enabled": True}))
    assert found.without_effect == ("priceClass",)
    assert found.not_judged == ("cookieVersion.path", "bots")
    idle = effect(stack(), stack(priceClass="PriceClass_100", jwtIat=JWT))
    assert texts(idle) == ["Nobody moves: nothing changes that decides about a visitor."]
    assert idle.without_effect == ("jwtIat", "priceClass")


def test_nobody_is_said_to_stay_where_something_is_not_judged() -> None:
    builds = {**ORIGINS, "canary": {**ORIGINS["canary"], "build": "b2"}}
    bots = stack(bots={"enabled": True})
    for after, told in ((bots, "bots"), (stack(origins=builds), "origins.canary.build")):
        found = effect(stack(), after)
        assert (texts(found), found.not_judged) == ([], (told,))
    pages = {**ORIGINS, "canary": {"bucket": "shop", "region": "eu-west-1"}}
    app = {**pages, "canary": {**pages["canary"], "pages": "app"}}
    assert effect(stack(origins=pages), stack(origins=app)).without_effect == ("origins.canary.pages",)


def test_a_new_stack_has_no_visitors_yet() -> None:
    assert texts(find_effect(None, stack().settings)) == [
        "The stack is new: it has no visitors yet.",
        "5 % of new visitors go to canary (v2.example.com).",
    ]
