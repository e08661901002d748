"""functions/canary.js and the build id of a file: the same requests name the same places as in the router."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from tests.functions.deployed import Deployed, line, version
from tests.functions.events import viewer_request, viewer_response
from tests.infra.configs import BUILT
from tests.router.test_skew import BUILDS, REQUESTS

SKEW = {
    "pathPrefix": "/_v",
    "query": "dpl",
    "header": "x-deployment-id",
    "cookie": "__vdpl",
    "paths": ["/assets/*"],
}


@cache
def deploy() -> Deployed:
    site = Deployed(
        "cookie-version", cookieVersion={"caching": "versioned"}, canaryPercent="0", skew=SKEW, origins=BUILT
    )
    assert site.store.pairs.keys() == {"canary", "build:A", "build:B"}
    for build, place in BUILDS.items():
        site.store.put(f"build:{build}", place)
    return site


def event_of(case: dict[str, Any]) -> dict[str, Any]:
    event = viewer_request(**{name: case[name] for name in ("query", "headers", "cookies") if name in case})
    event["request"] |= {"uri": case["path"], "method": case.get("method", "GET")}
    return event


@pytest.mark.parametrize("case", REQUESTS, ids=lambda case: case["what"])
def test_the_function_reads_a_build_as_the_router_does(case: dict[str, Any]) -> None:
    found = deploy().run(event_of(case))
    ids = {place: build for build, place in BUILDS.items()}
    assert version(found) == (f"{case['place']}@{ids[case['place']]}" if "place" in case else "stable")
    assert found.result["uri"] == case["path"]  # the cache key keeps builds apart; the router takes the id out
    assert (line(found)["reason"] == "build") is ("place" in case)
    assert line(found).get("buildReason") == case.get("reason")


def test_what_was_cached_before_a_build_was_known_is_not_its_file() -> None:
    """Ids can be guessed: whoever asks for tomorrow's gets today's file, and nobody gets that tomorrow."""
    event = event_of({"path": "/_v/tomorrow/assets/mark.svg"})
    today = version(deploy().run(event))
    deploy().store.put("build:tomorrow", "stable")
    assert (today, version(deploy().run(event))) == ("stable", "stable@tomorrow")
    deploy().store.delete("build:tomorrow")


def test_a_file_of_a_build_sets_no_cookie_and_a_page_does() -> None:
    for case, sets_cookie in (({"path": "/_v/B/assets/app.js"}, False), ({"path": "/"}, True)):
        found = deploy().run(viewer_response(event_of(case)))
        assert ("app-version" in found.result["cookies"]) is sets_cookie


def test_with_its_store_down_a_file_comes_from_stable() -> None:
    found = deploy().without_store().run(event_of({"path": "/_v/B/assets/app.js"}))
    assert found.error is None
    assert (version(found), line(found)["reason"], line(found)["buildReason"]) == ("stable", "kvs-failed", "unknown")
