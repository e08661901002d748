"""What each check finds at a site, asked by real HTTP."""

from __future__ import annotations

import json
import re

import pytest

from tests.validator.sites import SECRET, Asked, Reply, Shop, result, serve, validate_small, verdicts

OVERRIDE = {"header": "x-qa-origin", "secret": SECRET}


def test_a_sound_site_passes_with_evidence():
    shop = Shop(caches=frozenset({"/style.css"}), has_fresh_cookies=True)
    with serve(shop) as url:
        report = validate_small(
            url,
            visitors=100,
            percent=30,
            override=OVERRIDE,
            objects=["/style.css"],
            expect=["stable:200:version 1.0", "canary:200:version 2.0"],
        )
    assert verdicts(report) == dict.fromkeys(
        ("answers", "split", "stickiness", "override", "cached-cookies", "cached-versions"), "passed"
    )
    assert report.has_passed
    assert report.requests == len(shop.asked) == 100 + 3 * 3 + 2 * 3 + 3 * 5
    split = result(report, "split")
    assert split.summary == (
        "30 of 100 visitors on the canary; 30 % would be 16 to 45 (p = 1, exact binomial test, two-sided,"
        " 99.9 %: 16.37 % to 46.67 %)"
    )
    assert split.figures["believedCounts"] == [16, 45]
    assert [answer.version for answer in split.samples] == ["canary"] * 3
    assert all(answer.request_id.startswith("request-") for answer in split.samples)
    assert result(report, "cached-versions").figures["hits"] == 10  # of 12, all but the first of each version
    assert result(report, "stickiness").figures["withCookie"] == 3
    assert report.summary == "passed: answers, split, stickiness, override, cached-cookies, cached-versions"


@pytest.mark.parametrize("visitors", [5, 20])
def test_a_split_of_visitors_without_any_version_is_not_known(visitors: int):
    with serve(Shop(is_anonymous=True)) as url:
        split = result(validate_small(url, visitors=visitors, percent=50), "split")
    assert (split.verdict, split.summary) == (
        "inconclusive",
        f"{visitors} of {visitors} visitors got no known version: no header x-app-version",
    )


def test_the_page_itself_as_an_object_is_still_the_page():
    with serve(Shop()) as url:
        report = validate_small(url, visitors=50, percent=30, objects=["/"], expect=["canary:200:version 2.0"])
    assert result(report, "answers").verdict == "passed"


def test_a_wrong_split_fails():
    with serve(Shop(percent=30)) as url:
        report = validate_small(url, visitors=100, percent=10)
    split = result(report, "split")
    assert (split.verdict, split.figures["canary"], split.figures["believedCounts"]) == ("failed", 30, [2, 21])
    assert split.figures["pValue"] < 1e-7
    assert [answer.version for answer in split.samples] == ["canary"] * 3
    assert not report.has_passed
    assert report.summary.startswith("failed: split: 30 of 100 visitors on the canary; 10 % would be 2 to 21 (p = ")


@pytest.mark.long
@pytest.mark.parametrize(("percent", "at_site"), [(0, 1), (100, 99)])
def test_nothing_and_all_are_expected_exactly(percent: int, at_site: int):
    with serve(Shop(percent=at_site)) as url:
        assert result(validate_small(url, visitors=100, percent=percent), "split").verdict == "failed"
    with serve(Shop(percent=percent)) as url:
        assert result(validate_small(url, visitors=100, percent=percent), "split").verdict == "passed"


def test_visitors_who_change_versions_fail_with_both_responses():
    with serve(Shop(percent=50, is_forgetful=True)) as url:
        stickiness = result(validate_small(url, percent=50, stickyVisitors=1, requestsPerVisitor=10), "stickiness")
    assert stickiness.verdict == "failed"
    assert stickiness.summary == "1 visitor × 10 requests: 1 visitor did not stay on the first version"
    assert len({answer.version for answer in stickiness.samples}) == len(stickiness.samples) == 2
    assert stickiness.figures["chanceToMissForgetting"] == pytest.approx(2 * 0.5**10, rel=1e-2)


@pytest.mark.long
def test_an_override_that_is_not_obeyed_fails_and_its_secret_is_nowhere():
    with serve(Shop(percent=0)) as url:
        report = validate_small(url, override={"header": "x-qa-origin", "secret": "wrong-" + SECRET})
    override = result(report, "override")
    assert override.verdict == "failed"
    assert override.summary == (
        "header x-qa-origin requested canary and got stable: another secret or place, or no override there"
    )
    assert override.figures["answers"] == {"stable": {"stable": 3}, "canary": {"stable": 3}}
    assert SECRET not in json.dumps(report.as_json())


@pytest.mark.long
@pytest.mark.parametrize("place", ["cookie", "query"])
def test_the_override_goes_where_it_is_looked_for(place: str):
    shop = Shop()
    with serve(shop) as url:
        validate_small(f"{url}?page=1", override={place: "qa", "secret": SECRET})
    forced = [asked for asked in shop.asked if SECRET in asked.path + asked.headers.get("cookie", "")]
    assert len(forced) == 3 * 2 + 3 * 2
    if place == "cookie":
        assert {one.headers["cookie"] for one in forced} == {f"qa=stable:{SECRET}", f"qa=canary:{SECRET}"}
    else:
        assert forced[0].path == f"/?page=1&qa=stable%3A{SECRET}"


def test_the_secret_is_redacted_in_responses():
    def echo(asked: Asked) -> Reply:
        return 200, [("x-app-version", asked.headers.get("x-qa-origin", "1"))], b""

    with serve(echo) as url:
        report = validate_small(url, override=OVERRIDE, stickyVisitors=0)
    document = json.dumps(report.as_json())
    assert "unknown (stable:(secret))" in document
    assert SECRET not in document


def test_the_secret_is_not_sent_over_plain_http():
    report = validate_small("http://nowhere.invalid/", override=OVERRIDE)
    assert result(report, "override").summary == "the secret is not sent over plain HTTP: use https://"
    assert result(report, "override").verdict == "inconclusive"


def test_a_pin_holds_for_all_or_fails():
    with serve(Shop(percent=50, pin="stable")) as url:
        report = validate_small(url, percent=50, pin="stable")
    assert verdicts(report) == dict.fromkeys(
        ("answers", "stickiness", "pin", "cached-cookies", "cached-versions"), "passed"
    )
    assert result(report, "pin").summary == "43 visitors, all on stable"
    assert result(report, "split").summary == "all visitors are pinned to stable"
    with serve(Shop(percent=4)) as url:
        pin = result(validate_small(url, pin="stable"), "pin")
    assert (pin.verdict, pin.summary) == (
        "failed",
        "1 of 49 responses are not of stable, to which all visitors are pinned",
    )


def test_a_cookie_out_of_the_cache_fails_even_where_one_visitor_got_it():
    shop = Shop(caches=frozenset({"/"}), cache_key=lambda *_: "/", has_cached_cookies=True)
    with serve(shop) as url:
        cookies = result(validate_small(url, visitors=10, stickyVisitors=0), "cached-cookies")
    assert cookies.verdict == "failed"
    assert "got the same cookie visitor (SHA-256 " in cookies.summary
    assert cookies.figures["shared"][0]["visitors"] > 1
    assert "identity-number" not in str(cookies)[:0] + json.dumps(cookies.as_json())


@pytest.mark.long
def test_a_function_behind_the_cache_may_add_a_cookie_to_every_hit():
    shop = Shop(caches=frozenset({"/"}), has_fresh_cookies=True)
    with serve(shop) as url:
        cookies = result(validate_small(url), "cached-cookies")
    assert cookies.verdict == "passed"
    assert (
        cookies.figures["cached"] == 44
    )  # of 46: 40 visitors, 3 regulars and 3 newcomers, all but the first of each version


def test_short_cookies_that_many_got_are_named_as_left_out():
    def answer(_: Asked) -> Reply:
        return 200, [("x-app-version", "1"), ("set-cookie", "sid=u123456"), ("set-cookie", "lang=en")], b""

    with serve(answer) as url:
        cookies = result(validate_small(url, visitors=5, stickyVisitors=0), "cached-cookies")
    assert cookies.verdict == "passed"
    assert re.fullmatch(
        r"\d+ visitors got \d+ cookies, none of them twice but lang, sid \(left out, for values of under 16 characters"
        r" seldom identify a visitor; --cookie lang --cookie sid counts them\), none replayed by a cache",
        cookies.summary,
    )
    assert cookies.figures["leftOut"] == ["lang", "sid"]


@pytest.mark.long
def test_short_cookies_count_only_where_the_plan_names_them():
    def answer(_: Asked) -> Reply:
        return 200, [("x-app-version", "1"), ("set-cookie", "lang=en; Path=/")], b""

    with serve(answer) as url:
        assert result(validate_small(url), "cached-cookies").verdict == "passed"
        assert result(validate_small(url, cookies=["lang"]), "cached-cookies").summary.startswith(
            "46 visitors got the same cookie lang (SHA-256 "
        )


@pytest.mark.long
def test_the_same_short_cookie_on_every_hit_is_a_replayed_one():
    def answer(_: Asked) -> Reply:
        headers = [("x-app-version", "1"), ("set-cookie", "cart=7"), ("x-cache", "Hit from cloudfront")]
        return 200, headers, b""

    with serve(answer) as url:
        cookies = result(validate_small(url), "cached-cookies")
    assert (cookies.verdict, cookies.summary) == (
        "failed",
        "46 cached responses set the cookie cart, which is the first visitor's",
    )


@pytest.mark.long
def test_the_other_versions_answer_out_of_the_cache_fails():
    shop = Shop(percent=50, caches=frozenset({"/style.css"}), cache_key=lambda path, _: path)
    with serve(shop) as url:
        versions = result(validate_small(url, percent=50, objects=["/style.css"], override=OVERRIDE), "cached-versions")
    assert versions.verdict == "failed"
    assert versions.summary == "a tester of canary got a cached response of stable (Hit from cloudfront)"
    assert versions.figures["wrongHits"] == 6
    assert {(answer.version, answer.age) for answer in versions.samples} == {("stable", "7")}


@pytest.mark.long
def test_versions_are_inconclusive_where_only_one_of_two_responded():
    with serve(Shop(percent=0)) as url:
        unmet = result(validate_small(url, percent=1), "cached-versions")
        alone = result(validate_small(url, percent=0), "cached-versions")
    assert (unmet.verdict, unmet.summary) == (
        "inconclusive",
        "only one version responded: more visitors, or a QA override, would reach the other",
    )
    assert alone.summary.endswith("none of another version; only one version responded, so none could be mixed up")


def test_a_version_that_fails_is_named_with_its_statuses():
    with serve(Shop(broken_version="canary")) as url:
        answers = result(validate_small(url, percent=30, stickyVisitors=0), "answers")
    assert answers.verdict == "failed"
    assert answers.summary.startswith("15 of 49 responses had a wrong status: 500 of canary, not below 500")
    assert answers.figures["statuses"]["canary"] == {"500": 15}


@pytest.mark.long
@pytest.mark.parametrize(
    ("expect", "verdict", "summary"),
    [
        ("canary:500:", "passed", "49 requests, all with the expected response"),
        ("stable:201:", "failed", "34 of 49 responses had a wrong status: 200 of stable, not 201"),
        ("stable:200:Goodbye", "failed", "34 of 34 responses of stable without 'Goodbye'"),
    ],
)
def test_status_and_text_are_expected_of_each_version(expect: str, verdict: str, summary: str):
    with serve(Shop(broken_version="canary" if verdict == "passed" else "")) as url:
        answers = result(validate_small(url, expect=[expect], stickyVisitors=0), "answers")
    assert (answers.verdict, answers.summary) == (verdict, summary)


@pytest.mark.long
def test_a_version_that_never_answers_leaves_its_expectation_open():
    with serve(Shop(percent=0)) as url:
        answers = result(validate_small(url, expect=["canary:200:"]), "answers")
    assert (answers.verdict, answers.summary) == (
        "inconclusive",
        "no response of canary, so its expectation was not checked; a QA override would reach it",
    )


@pytest.mark.long
def test_versions_can_be_read_from_the_body():
    with serve(Shop(is_anonymous=True)) as url:
        by_text = validate_small(url, percent=30, versionPattern=r"version ([0-9])\.0")
        blind = validate_small(url, percent=30)
        elsewhere = validate_small(url, percent=30, versionPattern="edition ([0-9])")
    assert verdicts(by_text) == dict.fromkeys(
        ("answers", "split", "stickiness", "cached-cookies", "cached-versions"), "passed"
    )
    assert verdicts(blind) == {
        "answers": "passed",
        "split": "inconclusive",
        "stickiness": "inconclusive",
        "cached-cookies": "passed",
        "cached-versions": "inconclusive",
    }
    assert result(blind, "split").summary == "40 of 40 visitors got no known version: no header x-app-version"
    assert result(elsewhere, "split").summary.endswith("got no known version: the body does not match the pattern")


@pytest.mark.long
def test_a_code_that_means_no_version_is_shown():
    with serve(Shop()) as url:
        split = result(validate_small(url, percent=30, versions={"stable": "1", "canary": "9"}), "split")
    assert split.verdict == "inconclusive"
    assert split.summary == "12 of 40 visitors got no known version: the code '2' belongs to none of stable, canary"


def test_a_cache_that_is_not_keyed_on_what_vary_names_is_found():
    shop = Shop(caches=frozenset({"/style.css"}), vary="Accept-Encoding, RSC, X-Theme", key_headers=frozenset({"rsc"}))
    with serve(shop) as url:
        varied = result(validate_small(url, percent=30, objects=["/style.css"]), "varied-headers")
    assert (varied.verdict, varied.summary) == (
        "failed",
        "Vary names x-theme, and a new value got a cached response: put x-theme into keyHeaders",
    )
    assert varied.figures == {"named": ["rsc", "x-theme"], "notInTheKey": ["x-theme"]}
    assert {sample.x_cache for sample in varied.samples} == {"Hit from cloudfront"}


@pytest.mark.long
def test_a_cache_that_is_keyed_on_what_vary_names_passes():
    shop = Shop(caches=frozenset({"/style.css"}), vary="RSC, X-Theme", key_headers=frozenset({"rsc", "x-theme"}))
    with serve(shop) as url:
        varied = result(validate_small(url, percent=30, objects=["/style.css"]), "varied-headers")
    assert (varied.verdict, varied.summary) == (
        "passed",
        "2 headers named in Vary, and a new value never got a cached response",
    )


@pytest.mark.long
@pytest.mark.parametrize("vary", ["RSC", "Cookie, Accept-Encoding, *", ""])
def test_no_unusual_request_is_sent_for_an_object_that_is_not_cached(vary: str):
    """Where the object is not in the cache, the unusual value would be what everybody gets."""
    shop = Shop(vary=vary)
    with serve(shop) as url:
        varied = result(validate_small(url, percent=30), "varied-headers")
    assert (varied.verdict, varied.summary) == ("skipped", "no cached response names a header in Vary")
    assert not [asked for asked in shop.asked if "rsc" in asked.headers]


PAGE = b"""<!doctype html><base href=/><title>Shop</title>
<meta http-equiv="refresh" content="5; url=https://V1.example.com/later?token=secret">
<link rel=canonical href="https://shop.example.com/"><a href="/a">a</a> <a href='https://other.example.com/'>b</a>
<a href="HTTPS:\\\\v2.example.com:8443/login#top">log in</a><a href="https://[broken/">c</a>
<img srcset="/small.png 1x, //v1.example.com/large.png 2x"> <p>https://v1.example.com/ in a text</p>"""


@pytest.mark.long
def test_links_and_redirects_to_an_origins_host_are_named():
    def answer(asked: Asked) -> Reply:
        if asked.path == "/moved":
            return 302, [("Location", "https://user@v1.example.com/login?next=secret"), ("x-app-version", "1")], b""
        return 200, [("Content-Type", "text/html; charset=utf-8"), ("x-app-version", "1")], PAGE

    hosts = {"originHosts": ["v1.example.com", "V2.example.com"]}
    with serve(answer) as url:
        found = result(validate_small(url, visitors=3, **hosts), "origin-hosts")
        moved = result(validate_small(f"{url}moved", visitors=3, **hosts), "origin-hosts")
        sound = result(validate_small(url, visitors=3, originHosts=["v3.example.com", "127.0.0.1"]), "origin-hosts")
        unasked = result(validate_small(url, visitors=3), "origin-hosts")
    assert (found.verdict, found.summary) == (
        "failed",
        "3 references to the host of an origin: <meta content> of / names https://V1.example.com/later",
    )
    assert found.figures["found"][1:] == [
        "<a href> of / names https://v2.example.com:8443/login",
        "<img srcset> of / names http://v1.example.com/large.png",
    ]
    assert moved.summary == (
        "1 reference to the host of an origin: header location of /moved names https://v1.example.com/login"
    )
    assert sound.verdict == "passed"
    assert sound.figures["hosts"] == ["v3.example.com"]
    assert (unasked.verdict, unasked.summary) == ("skipped", "no hosts of origins are given")
