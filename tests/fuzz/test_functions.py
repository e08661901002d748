"""Whatever a viewer sends and whatever the store holds: no function before the cache fails, or breaks a rule."""

from __future__ import annotations

import copy
import json
import os
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.cdn.javascript import MAX_VALUE_BYTES
from router.cache_guard import FORWARDED
from simulator.cloudfront.viewer_functions import validate_function_result
from tests.functions.deployed import SECRET, Deployed, line, version
from tests.functions.events import viewer_request, viewer_response
from tests.functions.strategies import odd

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "40")) // 4
"""Each example is up to six runs in another process."""
MOST_CHARACTERS = 40_000
"""More than CloudFront lets through: 32,768 bytes of headers and a URL of 8,192 ("Quotas")."""
KEY = "k" * 16
ORIGIN = {"domainName": "p.example.com", "port": 443, "protocol": "https", "path": "", "hostHeader": "origin"}
TIER = {"query": "CTIER", "header": "X-Tier", "cookie": "tier", "tiers": {"premium": {"domainName": "p.example.com"}}}
SECTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "tier": ("tier", {"tier": TIER}),
    "canary": ("cookie-version", {"cookieVersion": {"caching": "versioned"}}),
    "signed canary": ("cookie-version", {"cookieVersion": {"caching": "versioned", "signingKeys": [KEY]}}),
    "groups": (
        "cookie-version",
        {
            "cookieVersion": {"caching": "versioned"},
            "control": "live",
            "rollout": {"baseline": True},
            "holdout": {"percent": 30, "name": "2026-h2"},
            "bots": {"enabled": True},
        },
    ),
    "sessions": (
        "sticky-session",
        {"stickySession": {"caching": "versioned", "versionCookie": "app-version", "cookie": "sid"}},
    ),
}
every_function = pytest.mark.parametrize("name", SECTIONS)
fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@cache
def deploy(name: str) -> Deployed:
    strategy, section = SECTIONS[name]
    return Deployed(strategy, **section, override={"header": "x-qa", "secret": SECRET})


words = st.sampled_from(
    [
        "premium",
        "Premium",
        "basic",
        "gold",
        "canary",
        "stable",
        "canary.05e01bd6.visitor",
        "baseline",
        f"canary:{SECRET}",
        "..",
    ]
)
values = st.one_of(words, odd, st.builds("{}.{}.{}.{}".format, words, odd, odd, odd))
cookie_names = ["app-version", "sid", "tier", "x-qa", "$Version", "$tier", "__proto__", "constructor", "other"]
header_names = [
    "x-tier",
    "x-qa",
    "x-router-version",
    "host",
    "constructor",
    "__proto__",
    "accept",
    "user-agent",
    "purpose",
]
query_names = st.one_of(st.sampled_from(["CTIER", "ctier", "x-qa", "$", "__proto__"]), odd)


def value_lists(names: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, list[str]]]:
    """Names with one value or several, as CloudFront hands them over."""
    return st.dictionaries(names, st.lists(values, min_size=1, max_size=3), max_size=4)


json_value = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), odd),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(odd, inner, max_size=3)),
    max_leaves=6,
).filter(lambda value: len(repr(value)) <= 4_000)
events = st.builds(
    viewer_request,
    query=value_lists(query_names),
    headers=value_lists(st.sampled_from(header_names)),
    cookies=value_lists(st.sampled_from(cookie_names)),
    request_id=st.text("abc123_-=", min_size=1, max_size=60),
).filter(lambda event: len(repr(event)) <= MOST_CHARACTERS)
statuses = st.sampled_from([200, 204, 304, 400, 500, 503])


@pytest.mark.long_if(r"^(?!canary|tier)")
@every_function
@given(event=events, status=statuses)
@fuzzed
def test_whatever_a_viewer_sends_cloudfront_accepts_what_comes_back(
    name: str, event: dict[str, Any], status: int
) -> None:
    function = deploy(name)
    request = function.run(copy.deepcopy(event))
    assert validate_function_result(event, request.result) == []
    assert set(line(request)) <= {"strategy", "origin", "reason", "requestId", "bucket", "fallback", "group"}
    assert line(request)["requestId"] == event["context"]["requestId"]
    assert line(request)["reason"] != "error"
    without_version = {key: value for key, value in request.result["headers"].items() if key != "x-router-version"}
    sent = {key: value for key, value in event["request"]["headers"].items() if key != "x-router-version"}
    if line(request).get("group") == "bot":
        sent["x-router-group"] = {"value": "bot"}
    if name == "tier":  # no router stands behind it that could take them away
        domain = event["context"]["distributionDomainName"]
        own = {"user-agent": {"value": "Amazon CloudFront"}, "x-forwarded-host": {"value": domain}}
        sent = {key: value for key, value in sent.items() if key in (*FORWARDED, "x-tier", "x-qa")} | own
    assert (without_version, {**request.result, "headers": 0}) == (sent, {**event["request"], "headers": 0})
    if name != "tier":
        answer = viewer_response(event, status=status)
        found = function.run(copy.deepcopy(answer))
        assert validate_function_result(answer, found.result) == []
        assert (found.logs, {**found.result, "cookies": 0}) == ((), {**answer["response"], "cookies": 0})
        assert set(found.result["cookies"]) <= ({"app-version"} if status < 500 else set())


@pytest.mark.long_if(r"canary|^(?!canary|tier)")
@every_function
@given(event=events, part=st.sampled_from(["headers", "cookies", "querystring"]), odd_part=json_value)
@fuzzed
def test_parts_of_a_shape_that_cloudfront_never_sends_are_no_error(
    name: str, event: dict[str, Any], part: str, odd_part: object
) -> None:
    """Arrays, numbers, nothing at all: where the names or the values are expected."""
    function = deploy(name)
    names = ("CTIER", "x-tier", "tier", "app-version", "sid", "x-qa")
    fields = {"value": odd_part, "multiValue": odd_part}
    for given_part in (odd_part, dict.fromkeys(names, odd_part), dict.fromkeys(names, fields)):
        event["request"][part] = given_part
        assert function.run(event).result is not None
        if name != "tier":
            assert function.run(viewer_response(event)).result is not None


stored = st.one_of(
    json_value.map(json.dumps),
    odd,
    st.fixed_dictionaries(
        {},
        optional={
            **{key: st.one_of(st.just(value), json_value) for key, value in ORIGIN.items()},
            "percent": st.one_of(st.sampled_from(["10", "0", "100", 50, "", "x", -1, 101]), json_value),
            "pin": st.one_of(st.sampled_from(["none", "stable", "canary"]), json_value),
            "release": st.one_of(st.just("r"), json_value),
            "tag": st.one_of(st.just("05e01bd6"), json_value),
        },
    ).map(json.dumps),
).filter(lambda text: len(text.encode()) <= MAX_VALUE_BYTES)


@pytest.mark.long_if(r"^(?!canary|tier)")
@every_function
@given(text=stored, tier=st.sampled_from(["premium", "gold", ""]), is_forced=st.booleans())
@fuzzed
def test_whatever_the_store_holds_the_request_goes_somewhere(name: str, text: str, tier: str, is_forced: bool) -> None:
    function = deploy(name)
    before = dict(function.store.pairs)
    try:
        function.store.replace(dict.fromkeys(before, text))
        headers = {"x-qa": f"canary:{SECRET}"} if is_forced else {}
        event = viewer_request(query={"CTIER": tier}, headers=headers)
        found = function.run(event)
        assert version(found).partition("?")[0] in {"stable", "canary", "baseline", "tier:premium", "tier:premium@"}
        assert line(found)["reason"] != "error"
        if name != "tier":
            assert function.run(viewer_response(event)).result is not None
    finally:
        function.store.replace(before)
