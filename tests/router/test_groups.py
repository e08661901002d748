"""The groups of visitors: who is in which, that nobody leaves one, and what is counted of each."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.package.baked_config import deciding_config
from router.baked import build_router
from router.control.bots import PREFETCH_HEADERS, Bots
from router.groups import Grouped, GroupPrecedence, group_name, is_baseline, is_held_out
from router.model.assignment import BUCKETS, Assignment, Live, bucket, release_tag
from router.model.decision import Decision, Reading
from router.model.request import Request
from router.model.visitor import visitor_id
from router.routing import Router
from simulator.sample_events import origin_request, origin_response
from tests.infra.configs import BUILT, stack_of
from tests.router import group_vectors
from tests.router.emf import metrics_in
from tests.strategies.fakes import FakeTable

if TYPE_CHECKING:
    from router.dynamodb.table import Table

VECTORS = json.loads(group_vectors.FILE.read_text())
RELEASE, HOLDOUT = group_vectors.RELEASE, group_vectors.HOLDOUT
KEY = "0123456789abcdef"
DOMAINS = {"v1.example.com": "stable", "v2.example.com": "canary"}
SECRET = "0123456789abcdef0123456789abcdef"
BOT = {"user_agent": "Googlebot/2.1"}
PREFETCH = {"sec_purpose": "prefetch"}
ATTEMPT = "x-router-attempt"
FAILOVER = {"all": {"to": {"stable": "canary", "canary": "stable"}, "is_cached": True, "to_withdrawn": True}}
percents = st.decimals(0, 100, places=2).map(float)
numbers = st.integers(0, BUCKETS - 1)


def group_by(number: int, percent: float) -> str:
    """The one group of a bucket: the two do not overlap."""
    is_canary = number < round(percent * BUCKETS / 100)
    assert not (is_canary and is_baseline(number, percent))
    return "canary" if is_canary else "baseline" if is_baseline(number, percent) else "stable"


class Site:
    """The edge of a stack whose percentage changes, and visitors who keep its cookie."""

    def __init__(self, capsys: pytest.CaptureFixture[str], **settings: Any) -> None:
        given = {"strategy": "cookie-version", "cookieVersion": {"signingKeys": [KEY]}, "control": "live"}
        stack = stack_of(**{**given, "rollout": {"baseline": True}, "release": RELEASE, **settings})
        self.config = deciding_config(stack) | {"metrics": {"namespace": "EdgeRouter", "stack": "s"}}
        self.capsys = capsys
        self.requests = 0

    def router(self, percent: float, **changes: Any) -> Router:
        return build_router(self.config | {"canary_percent": percent} | changes, "eu-west-1")

    def visit(self, router: Router, cookie: str = "", **headers: str) -> tuple[dict[str, Any], str]:
        """The line of the decision, with `answer`, that of the response; and the cookie that the visitor has then."""
        self.requests += 1
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        event = origin_request(cookies=[cookie] if cookie else [], headers=named, request_id=f"r-{self.requests}")
        router.handle(event)
        domain = event["Records"][0]["cf"]["request"]["origin"]["custom"]["domainName"]
        response: Any = router.handle(origin_response(event, domain=domain))
        decision, *answers = [json.loads(line) for line in self.capsys.readouterr().out.splitlines()]
        assert decision["origin"] == DOMAINS[domain]
        decision["answer"] = answers[0] if answers else {}
        added = response["headers"].get("set-cookie", [])
        return decision, added[0]["value"].partition(";")[0] if added else cookie


def group_in(line: dict[str, Any]) -> str:
    """The group for which a line counts; "stable" for none on that origin."""
    return line.get("Group", line["origin"])


def test_the_groups_are_those_of_the_shared_vectors() -> None:
    """tests/functions reads the same file. `python -m tests.router.group_vectors` writes it anew."""
    for visitor, row in VECTORS.items():
        assert bucket(RELEASE, visitor) == row["bucket"]
        assert {percent: group_by(row["bucket"], float(percent)) for percent in row["groups"]} == row["groups"]
        edge = row["holdoutBucket"]
        assert not is_held_out(HOLDOUT, edge / 100, visitor)
        assert is_held_out(HOLDOUT, (edge + 1) / 100, visitor)


def test_the_shared_vectors_are_those_that_are_generated() -> None:
    assert group_vectors.FILE.read_text() == group_vectors.text()


@given(numbers, percents, percents)
def test_a_ramp_takes_nobody_from_the_canary_and_from_the_baseline_for_the_canary_only(
    number: int, one: float, other: float
) -> None:
    before, after = group_by(number, min(one, other)), group_by(number, max(one, other))
    allowed = {"canary": {"canary"}, "baseline": {"baseline", "canary"}, "stable": {"stable", "baseline", "canary"}}
    assert after in allowed[before]
    if max(one, other) <= 50:
        assert (before, after) != ("baseline", "canary")


@given(percents)
@settings(max_examples=20)
def test_the_baseline_is_as_large_as_the_canary_up_to_50_percent_and_has_all_others_above(percent: float) -> None:
    sizes = Counter(group_by(number, percent) for number in range(BUCKETS))
    assert sizes["canary"] == round(percent * 100)
    assert sizes["baseline"] == min(sizes["canary"], BUCKETS - sizes["canary"])


@given(st.text(max_size=40), percents, percents)
def test_a_higher_percentage_only_adds_to_the_holdout(visitor: str, one: float, other: float) -> None:
    low, high = (is_held_out(HOLDOUT, percent, visitor) for percent in sorted((one, other)))
    assert low <= high


def test_no_release_has_the_holdouts_visitors() -> None:
    held = [number for number in range(20_000) if is_held_out(RELEASE, 10, f"{number}")]
    both = [number for number in held if Assignment(RELEASE, 10).assign(f"{number}")[0] == "canary"]
    assert 140 < len(both) < 260, "10 % of 10 % of 20,000 is 200"


@pytest.mark.long
def test_nobody_who_was_assigned_leaves_the_group_through_the_whole_plan(capsys: pytest.CaptureFixture[str]) -> None:
    """And who was on stable before a step is not in its baseline, though the bucket is one of the baseline's now."""
    site = Site(capsys)
    known: dict[str, str] = {}
    for percent in (1, 5, 25, 50, 100):
        router = site.router(percent)
        assert {cookie: group_in(site.visit(router, cookie)[0]) for cookie in known} == known
        arrived = [site.visit(router) for _ in range(120)]
        for line, cookie in arrived:
            assert group_in(line) == group_by(line["bucket"], percent)
            assert (line["NewVisitors"], cookie.split(".")[0]) == (1, f"app-version={group_in(line)}")
        known |= {cookie: group_in(line) for line, cookie in arrived}
    counts = Counter(known.values())
    assert min(counts.values()) > 60, counts
    late = [one for one in known if is_baseline(bucket(RELEASE, one.split(".")[2]), 50) and known[one] == "stable"]
    assert len(late) > 10


def test_an_earlier_version_sends_the_baseline_to_stable_again(capsys: pytest.CaptureFixture[str]) -> None:
    site = Site(capsys)
    earlier = build_router({**site.config, "groups": {}, "canary_percent": 50}, "eu-west-1")
    members = 0
    for _ in range(40):
        line, cookie = site.visit(site.router(50))
        if group_in(line) == "baseline":
            members += 1
            again, renewed = site.visit(earlier, cookie)
            assert (again["origin"], again["reason"]) == ("stable", "unknown-version")
            assert renewed.startswith("app-version=stable.")
    assert members > 5


def test_pin_withdrawal_and_override_hold_for_the_baseline_too(capsys: pytest.CaptureFixture[str]) -> None:
    site = Site(capsys, override={"header": "x-qa", "secret": KEY})
    cookie = next(cookie for line, cookie in (site.visit(site.router(50)) for _ in range(99)) if "group" in line)
    pinned, _ = site.visit(site.router(50, pin="canary"), cookie)
    assert (pinned["origin"], pinned["reason"], "Group" in pinned) == ("canary", "pinned", False)
    qa, _ = site.visit(site.router(50), cookie, X_QA=f"canary:{KEY}")
    assert (qa["origin"], "_aws" in qa) == ("canary", False)
    unknown, _ = site.visit(site.router(0), X_QA=f"baseline:{KEY}")
    assert unknown["reason"] == "no-cookie", "the baseline is not an origin that anybody can ask for"
    back, _ = site.visit(site.router(50), cookie)
    assert (back["origin"], back["group"], back["reason"]) == ("stable", "baseline", "cookie")
    precedence = site.router(0)._precedence
    live = Live(0, "none", RELEASE, is_withdrawn=True)
    for origin in ("baseline", "canary"):
        assert precedence.forced_decision(Request(), live)[0] is None
        assert precedence.enforce_limits(Decision(origin, "cookie"), live).origin == "stable"


def test_group_and_version_are_dimensions_of_decision_and_answer(capsys: pytest.CaptureFixture[str]) -> None:
    site = Site(capsys)
    router = site.router(50)
    for line, cookie in [site.visit(router) for _ in range(6)]:
        group = group_in(line)
        assert line.get("group") == ("baseline" if group == "baseline" else None)
        version = ("EdgeRouter", (("Stack", "s"), ("Version", line["origin"])))
        of_group = ("EdgeRouter", (("Stack", "s"), ("Group", group)))
        assert metrics_in(line) == {key: {"Requests": 1, "NewVisitors": 1} for key in (version, of_group)}
        assert metrics_in(line["answer"]).keys() == {version, of_group}
        again, _ = site.visit(router, cookie)
        assert metrics_in(again) == {key: {"Requests": 1} for key in (version, of_group)}


def test_a_table_has_no_groups() -> None:
    """Who is on the canary by a session that the application wrote may have been there for as long as a session is."""
    precedence = GroupPrecedence(build_router_precedence(), lambda _: False, baseline=True)
    live = Live(50, "none", RELEASE)
    precedence.forced_decision(Request(), live)
    reading = Reading(None, "eu-west-1", 1.0)
    assert group_name(precedence.enforce_limits(Decision("canary", "session", reading=reading), live)) == ""
    assert group_name(precedence.enforce_limits(Decision("canary", "cookie"), live)) == "canary"


def build_router_precedence() -> Any:
    stack = stack_of(strategy="cookie-version")
    return build_router(deciding_config(stack), "eu-west-1")._precedence


@pytest.mark.parametrize(
    ("decision", "is_new"),
    [
        (Decision("canary", "no-cookie", bucket=1, visitor="r"), True),
        (Decision("canary", "cookie", visitor="r"), False),
        (Decision("canary", "unknown-session", bucket=1, visitor="token"), False),
        (Decision("canary", "other-release", bucket=1, visitor="v"), False),
        (Decision("canary", "issued-after-release", bucket=1, visitor="subject"), False),
    ],
    ids=lambda value: value.reason if isinstance(value, Decision) else "",
)
def test_a_new_visitor_is_who_is_assigned_by_the_requests_own_id(
    decision: Decision, is_new: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that each is a draw of its own: the same session, asked for twice, would be two visitors in one bucket."""
    metrics = Site(capsys).router(50)._metrics
    assert metrics is not None
    assert ("NewVisitors" in metrics.of_request(decision, "r")) is is_new
    own = Grouped(decision, "canary", visitor=visitor_id("r")) if is_new else decision
    assert ("NewVisitors" in metrics.of_request(own, "r")) is is_new


def jwt_of(subject: str, issued_at: float) -> str:
    return jwt.encode({"sub": subject, "iat": issued_at}, SECRET, "HS256")


def test_a_token_has_its_group_by_hash_and_age_and_is_nobody_new(capsys: pytest.CaptureFixture[str]) -> None:
    """So a step moves users of stable into both groups alike."""
    options = {"algorithm": "HS256", "secret": SECRET, "releasedAt": "2026-01-01T00:00:00Z"}
    site = Site(capsys, strategy="jwt-iat", jwtIat=options, bots={"enabled": True})
    released, old = 1_767_225_600, 1_700_000_000
    for percent in (5, 50, 75):
        router = site.router(percent)
        for number in range(12):
            group = group_by(bucket(RELEASE, f"user-{number}"), percent)
            token = jwt_of(f"user-{number}", released)
            line, _ = site.visit(router, Authorization=f"Bearer {token}")
            assert (group_in(line), line["reason"], "NewVisitors" in line) == (group, "issued-after-release", False)
            prefetched, _ = site.visit(router, Authorization=f"Bearer {token}", **PREFETCH)
            assert (prefetched["origin"], prefetched["group"]) == (line["origin"], "bot")
            earlier, _ = site.visit(router, Authorization=f"Bearer {jwt_of(f'user-{number}', old)}")
            assert (earlier["origin"], "Group" in earlier) == ("stable", False)


def test_sessions_can_be_held_out_and_bots_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    """A bot with a session of the table, or with a token that the table does not know, is known."""
    given = {"strategy": "sticky-session", "stickySession": {"cookie": "s"}, "rollout": {"interval": "10m"}}
    site = Site(capsys, **given, bots={"enabled": True}, holdout={"percent": 30, "name": HOLDOUT})
    table = FakeTable({("kept",): {"version": {"S": "2"}}})
    router = site.router(100)
    router._strategy.edge = replace(router._strategy.edge, table=cast("Table", table))
    held = [f"token-{number}" for number in range(30) if is_held_out(HOLDOUT, 30, f"token-{number}")]
    for token, origin, reason in (("kept", "canary", "session"), (held[0], "stable", "holdout")):
        for headers, group in (({}, None), (BOT, "bot")):
            line, _ = site.visit(router, f"s={token}", **headers)
            assert (line["origin"], line["reason"], line.get("group")) == (origin, reason, group)
            assert ("_aws" in line) is (group is None)
    assert site.visit(router, **BOT)[0]["reason"] == "bot"
    reasons = {site.visit(router)[0]["reason"] for _ in range(30)}
    assert reasons == {"no-session", "holdout"}


def test_builds_and_second_attempts_have_no_part_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"skew": {"pathPrefix": "/_v", "paths": ["/assets/*"]}, "failover": {"paths": ["/*"]}, "origins": BUILT}
    site = Site(capsys, **settings)
    router = build_router({**site.config, "failover": FAILOVER, "canary_percent": 50.0}, "eu-west-1")
    members = 0
    for number in range(16):
        event = origin_request(request_id=f"r-{number}")
        router.handle(event)
        again = origin_request(request_id=f"r-{number}", custom_headers={ATTEMPT: [{"key": ATTEMPT, "value": "all"}]})
        router.handle(again)
        first, second = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        members += first.get("group") == "baseline"
        assert (second["origin"], second["reason"]) == (
            {"stable": "canary", "canary": "stable"}[first["origin"]],
            "failover",
        )
        assert {"_aws", "group"}.isdisjoint(second)
    assert members > 2
    router.handle(origin_request(uri="/_v/B/assets/app.js", cookies=["app-version=baseline"]))
    line = json.loads(capsys.readouterr().out)
    assert (line["origin"], line["reason"]) == ("canary", "build")


def test_who_is_held_out_stays_on_stable_through_releases_at_whatever_percentage(
    capsys: pytest.CaptureFixture[str],
) -> None:
    site = Site(capsys, holdout={"percent": 30, "name": HOLDOUT})
    held: list[str] = []
    for _ in range(60):
        line, cookie = site.visit(site.router(100))
        visitor = cookie.split(".")[2]
        assert (line["reason"] == "holdout") is is_held_out(HOLDOUT, 30, visitor)
        assert ("bucket" in line) is ("NewVisitors" in line) is (line["reason"] != "holdout")
        if line["reason"] == "holdout":
            assert (line["origin"], line["Version"], "Group" in line) == ("stable", "stable", False)
            held.append(cookie)
    assert 8 <= len(held) <= 30
    for release in ("2026-12", "2027-01"):
        router = site.router(100, release=release)
        for cookie in held:
            line, renewed = site.visit(router, cookie)
            assert (line["origin"], line["reason"]) == ("stable", "holdout")
            assert renewed.startswith(f"app-version=stable.{release_tag(release)}.{cookie.split('.')[2]}.")


def test_a_holdout_moves_nobody_who_is_on_the_canary_already(capsys: pytest.CaptureFixture[str]) -> None:
    site = Site(capsys)
    cookies = [cookie for _, cookie in (site.visit(site.router(100)) for _ in range(20))]
    later = Site(capsys, holdout={"percent": 100, "name": HOLDOUT}).router(100)
    assert {(line["origin"], line["reason"]) for line, _ in (site.visit(later, one) for one in cookies)} == {
        ("canary", "cookie")
    }


AGENTS = {
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": True,
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.3; +https://openai.com/gptbot)": True,
    "facebookexternalhit/1.1": True,
    "WhatsApp/2.24.1 A": True,
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/146.0.0.0": True,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0": False,
    "Mozilla/5.0 (Linux; Android 9; CUBOT NOTE S) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120": False,
    "curl/8.5.0": False,
    "Amazon CloudFront": False,
    "": False,
    "Mozilla/5.0 acme-Monitoring-Probe": True,
    "Acme-Client/1": True,
}


@pytest.mark.parametrize(("agent", "is_bot"), AGENTS.items())
def test_a_bot_is_known_by_a_part_of_its_user_agent(agent: str, is_bot: bool) -> None:
    assert Bots(["acme-client"]).is_bot(Request(headers={"user-agent": agent})) is is_bot


@pytest.mark.parametrize("value", ["prefetch", "prefetch;prerender", "Prefetch;anonymous-client-ip", "preview", ""])
@pytest.mark.parametrize("name", PREFETCH_HEADERS)
def test_a_prefetch_is_no_visit_yet(name: str, value: str) -> None:
    assert Bots().is_bot(Request(headers={name: value})) is value.lower().startswith("prefetch")


@pytest.mark.parametrize(
    ("headers", "percent", "origin"),
    [
        (BOT, 100, "stable"),
        (PREFETCH, 50, "stable"),
        (PREFETCH, 100, "canary"),
        ({**PREFETCH, "sec_fetch_mode": "no-cors"}, 100, "canary"),
    ],
    ids=str,
)
def test_an_unknown_bot_gets_no_cookie_and_is_not_counted_and_a_prefetch_has_the_version_of_its_files(
    headers: dict[str, str], percent: int, origin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    site = Site(capsys, bots={"enabled": True})
    line, cookie = site.visit(site.router(percent), **headers)
    assert (line["origin"], line["reason"], line["group"], cookie) == (origin, "bot", "bot", "")
    assert {"_aws", "bucket"}.isdisjoint(line)
    assert line["answer"] == {}


@pytest.mark.parametrize("headers", [BOT, PREFETCH], ids=str)
def test_one_that_is_known_gets_its_version_because_a_prefetched_page_is_shown(
    headers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    site = Site(capsys, bots={"enabled": True})
    _, canary = site.visit(site.router(100))
    line, cookie = site.visit(site.router(0), canary, **headers)
    assert (line["origin"], line["reason"], line["group"], cookie) == ("canary", "cookie", "bot", canary)
    assert ("_aws" in line, line["answer"]) == (False, {})
    next_release = site.router(100, release="2026-12")
    line, cookie = site.visit(next_release, canary, **headers)
    assert (line["origin"], line["reason"], cookie) == ("canary", "other-release", canary)


def test_bots_that_are_not_told_apart_are_visitors(capsys: pytest.CaptureFixture[str]) -> None:
    for off in ({}, {"bots": {"enabled": False}}):
        site = Site(capsys, **off)
        line, _ = site.visit(site.router(100), **BOT)
        assert (line["origin"], line["reason"], line["NewVisitors"]) == ("canary", "no-cookie", 1)
