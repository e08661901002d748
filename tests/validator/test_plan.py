"""Reading plans: every mistake is named by its key."""

from __future__ import annotations

from typing import Any

import pytest

from tests.validator.sites import SECRET
from validator.plan.model import Expectation
from validator.plan.parse import PlanError, limit_seconds, parse_plan

URL = "https://d111111abcdef8.cloudfront.net/"


def test_a_url_is_enough():
    plan = parse_plan({"url": URL, "percent": None})
    assert (plan.visitors, plan.max_requests, plan.rate, plan.percent, plan.pin) == (400, 2_000, 50, None, "none")
    assert plan.versions == {"stable": "1", "canary": "2"}
    assert plan.planned_requests == 400 + 10 * 10 + 3 * 3


def test_every_key_of_a_plan_is_read():
    plan = parse_plan(
        {
            "url": f"{URL}shop?x=1#top",
            "percent": 12.5,
            "pin": "blue",
            "versions": {"blue": "b", "canary": "c"},
            "versionPattern": "Version ([a-z])",
            "expect": ["blue:200:Welcome: all", "canary::", "canary:503:"],
            "override": {"cookie": "qa", "secret": SECRET},
            "objects": ["/a.css", "/b.js?v=1"],
            "cookies": ["id"],
        }
    )
    assert str(plan.url) == f"{URL}shop?x=1"
    assert plan.expect == (
        Expectation("blue", 200, "Welcome: all"),
        Expectation("canary", 0, ""),
        Expectation("canary", 503, ""),
    )
    assert plan.planned_requests == 400 + 100 + 3 * 2 + 3 * 2 * 5
    assert SECRET not in repr(plan)
    assert SECRET not in str(plan.as_json())
    assert plan.as_json()["url"] == f"{URL}shop"  # a query may be a secret too


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("url", "", "is empty"),
        ("url", 5, "must be text"),
        ("url", "ftp://example.com/", "must begin with https:// or http:// and a host"),
        ("url", "https:///x", "must begin with https:// or http:// and a host"),
        ("url", "https://a:b@example.com/", "has a user name or password: remove it, because reports show the URL"),
        ("url", "https://example.com:65536/", "has the port 65536: from 1 to 65535"),
        ("visitors", 0, "is 0: a whole number from 1 to 10000"),
        ("visitors", True, "is True: a whole number from 1 to 10000"),
        ("visitors", "400", "is '400': a whole number from 1 to 10000"),
        ("percent", 100.1, "is 100.1: a number from 0 to 100"),
        ("percent", float("nan"), "is nan: a number from 0 to 100"),
        ("rate", 0, "is 0: a number from 0.1 to 1000"),
        ("pin", "canari", "is 'canari': none, or one of the versions, which are stable, canary"),
        ("versions", {}, 'must map names to codes, such as {"stable": "1", "canary": "2"}'),
        ("versions", {"stable": "1", "canary": "1"}, "has one code for two versions: they could not be told apart"),
        ("versionHeader", "x y", "has the name 'x y': up to 256 letters, digits and !#$%&'*+.^_`|~-"),
        ("versionPattern", "(", "is not a regular expression: missing ), unterminated subpattern at position 0"),
        ("versionPattern", "v", "has 0 groups: exactly one, around the version's code, such as 'Version ([0-9])'"),
        ("expect", "stable", "must be a list"),
        (
            "expect",
            ["stable:20x:"],
            "is 'stable:20x:': write VERSION:STATUS:TEXT, such as stable:200:Welcome or canary::Welcome",
        ),
        ("expect", ["beta:200:"], "names 'beta'; the versions are stable, canary"),
        ("override", {"secret": SECRET}, "needs the secret, and the name of exactly one of header, cookie, query"),
        ("override", {"header": "x-qa-origin"}, "has no secret: set EDGE_ROUTER_OVERRIDE_SECRET"),
        (
            "override",
            {"header": "x-qa-origin", "secret": f"{SECRET}\n"},
            "has a secret that no header can carry: printable ASCII without spaces",
        ),
        (
            "objects",
            ["//other.example/"],
            "must begin with one / and be ASCII as in a URL, such as /static/style.css",
        ),
        ("maxRequests", 400, "is 400, but 509 requests are planned: use fewer visitors or a higher limit"),
        ("visitor", 1, "unknown key: did you mean visitors?"),
    ],
)  # fmt: skip
def test_an_error_names_its_key(key: str, value: Any, problem: str):
    with pytest.raises(PlanError) as error:
        parse_plan({"url": URL, key: value})
    assert error.value.errors == [(key, problem)]
    assert SECRET not in str(error.value)


def test_all_errors_are_reported_together():
    with pytest.raises(PlanError) as error:
        parse_plan({"rate": -1, "percent": 101})
    assert [key for key, _ in error.value.errors] == ["rate", "percent", "url"]


def test_an_invalid_url_is_an_error():
    with pytest.raises(PlanError, match=r"^url: is not a URL: "):
        parse_plan({"url": "https://[::1/"})


def test_a_percentage_needs_a_canary():
    with pytest.raises(PlanError, match=r"^percent: is of the version canary, and the versions are blue$"):
        parse_plan({"url": URL, "percent": 1, "versions": {"blue": "b"}})


def test_a_plan_can_be_made_to_end_earlier_but_not_later():
    plan = parse_plan({"url": URL})
    assert [limit_seconds(plan, seconds).deadline_seconds for seconds in (30, 500, -3)] == [30, 120, 1]
