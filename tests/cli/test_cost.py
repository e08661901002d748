"""`edge-router cost`: items reckoned by hand, what they are reckoned from, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from cli.cost.items import GROUPS, Item, estimate
from cli.cost.log_volume import FUNCTION_LINES, LAMBDA_LINES, REQUEST_ID, log_volume
from cli.cost.prices import bundled_prices
from cli.cost.traffic import Traffic
from infra.config.base_model import section_name
from infra.settings.stack import Stack
from simulator.lambda_edge.function import FunctionCode
from simulator.lambda_edge.invocation import Report, start_line
from simulator.standin.program import run_program
from strategies.registry import STRATEGIES
from tests.cli.conftest import Result
from tests.functions.deployed import Deployed, line
from tests.functions.events import viewer_request
from tests.infra.configs import ROOT, SET_UP, choosing, shipped_stack, stack_of

Run = Callable[..., Result]
SESSIONS = {
    "cookie": "sid",
    "keyAttribute": "token",
    "versionAttribute": "version",
    "expiryAttribute": "expiration",
    "versions": {"1": "stable", "2": "canary"},
    "homeRegion": "us-east-1",
    "replicas": ["eu-west-1", "ap-southeast-1"],
}
TIER = {"tiers": {"premium": {"domainName": "premium.example.com"}}}
MILLION = 1_000_000


def month(stack: Stack, traffic: Traffic, *, has_free_tier: bool = False) -> tuple[Item, ...]:
    [one] = estimate([stack], traffic, has_free_tier=has_free_tier, is_offline=True)
    return one.items


def bill(stack: Stack, traffic: Traffic, *, has_free_tier: bool = False) -> dict[str, str]:
    return {item.what: str(item.dollars) for item in month(stack, traffic, has_free_tier=has_free_tier)}


def test_a_function_before_the_cache_is_paid_for_at_every_request():
    found = bill(stack_of(strategy="tier", tier=TIER), Traffic(10 * MILLION, response_kb=100))
    assert float(found.pop("logs")) > 0
    assert found == {
        "requests": "10.00",  # 1,000 × 0.0100
        "data to viewers": "81.06",  # 10,000,000 × 100 / 1,048,576 = 953.674 GB × 0.085
        "CloudFront Function": "2.00",  # before the cache and for the answer: 20 × 0.10
        "key-value store": "0.30",  # 10 × 0.03
    }


def test_lambda_and_tables_are_paid_for_by_what_reaches_them():
    stack = stack_of(strategy="sticky-session", stickySession=SESSIONS, rewriteRedirects=False)
    around = sum(len(text) + 1 for text in LAMBDA_LINES)
    traffic = Traffic(
        *(10 * MILLION, 0),
        duration_ms=4.2,
        session_percent=80,
        remembered_percent=50,
        session_writes_percent=25,
        log_bytes=1_000 - around,
    )
    assert bill(stack, traffic) == {
        "requests": "10.00",
        "data to viewers": "0.00",
        "Lambda@Edge": "6.00",  # nothing may be kept: 10 × 0.60
        "Lambda@Edge, time": "0.31",  # 10,000,000 × 5 ms × 128 MB = 6,250 GB-seconds × 0.00005001
        "reads of sessions": "0.25",  # 10,000,000 × 0.8 × 0.5 × 0.5 units = 2 × 0.125
        "writes of sessions, every copy": "4.69",  # 2,500,000 × 3 = 7.5 × 0.625
        "logs": "4.66",  # 10,000,000 × 1,000 / 2^30 = 9.313 GB × 0.50
    }
    rewriting = stack_of(strategy="sticky-session", stickySession=SESSIONS)
    assert bill(rewriting, traffic)["Lambda@Edge"] == "12.00"  # at origin-response as well


def test_where_answers_are_kept_only_misses_reach_lambda():
    stack = stack_of(strategy="fastest-origin", fastestOrigin={"candidates": ["stable", "canary"]})
    assert bill(stack, Traffic(10 * MILLION, hit_percent=90))["Lambda@Edge"] == "1.20"  # on its way there, and back
    assert bill(stack, Traffic(10 * MILLION, hit_percent=0))["Lambda@Edge"] == "12.00"
    assert "Lambda@Edge" not in bill(stack, Traffic(10 * MILLION, hit_percent=100))


def test_the_control_table_is_read_once_per_refresh_and_instance():
    stack = stack_of(control="live")
    read = "reads of the control table"
    # 100 instances × 2,628,000 s / 10 s = 26,280,000 reads of half a unit: 13.14 × 0.125
    assert bill(stack, Traffic(1_000 * MILLION, instances=100))[read] == "1.64"
    # Never more than one for each request: 1,000,000 × 0.5 × 0.125 / 1,000,000
    assert bill(stack, Traffic(MILLION, instances=100))[read] == "0.06"
    # 26,280 million a month are 10,000 a second, which takes 1,000 instances.
    assert bill(stack, Traffic(26_280 * MILLION))[read] == "16.43"


def test_a_rollout_costs_metrics_and_a_controller():
    stack = shipped_stack("local", "strategy=cookie-version")
    found = bill(stack, Traffic(0, regions=2, rollout_hours=10))
    assert {what: dollars for what, dollars in found.items() if dollars != "0.00"} == {
        "metrics": "7.20",  # 6 metrics × 2 versions × 2 Regions × 0.30
        "metrics read by the controller": "9.36",  # 600 looks × 13 Regions × 120 = 936,000 × 0.00001
        "controller": "0.01",  # 43,800 × 0.20 / 1,000,000
        "controller, time": "0.03",  # 43,800 × 0.2 s × 256 MB = 2,190 GB-seconds × 0.0000133334
    }


def test_the_free_tier_is_taken_off_where_it_is_asked_for():
    stack = stack_of(strategy="tier", tier=TIER)
    traffic = Traffic(10 * MILLION, response_kb=100)
    found = bill(stack, traffic, has_free_tier=True)
    found.pop("logs")
    assert found == {
        "requests": "0.00",
        "data to viewers": "0.00",
        "CloudFront Function": "1.80",
        "key-value store": "0.24",
    }


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_sum_is_that_of_the_items(strategy: str, run: Run):
    given = [word for setting in choosing(strategy)[1:] for word in ("--set", setting)]
    document = run("cost", "--requests", "123456789", "--strategy", strategy, *given, "--json").document
    [one] = document["strategies"]
    assert one["strategy"] == strategy
    assert one["usd"] == round(sum(item["usd"] for item in one["items"]), 2) > 0
    assert {item["group"] for item in one["items"]} <= set(GROUPS)
    assert {item["price"] for item in one["items"]} <= bundled_prices().keys()


@pytest.mark.long
@pytest.mark.long_if(r"sticky|cookie|fastest|jwt|tenant")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_invocations_are_reckoned_for_the_triggers_that_are_deployed(strategy: str):
    state = run_program("local", overrides=choosing(strategy)).state
    [distribution] = [
        one for one in state["deployment"]["resources"] if one["type"] == "aws:cloudfront/distribution:Distribution"
    ]
    behavior = distribution["inputs"]["defaultCacheBehavior"]
    quantities = {
        item.key: item.quantity
        for item in month(shipped_stack("local", *choosing(strategy)), Traffic(1_000, hit_percent=0))
    }
    assert quantities.get("edge-invocations", 0) == 1_000 * len(behavior.get("lambdaFunctionAssociations", []))
    assert quantities.get("function-invocations", 0) == 1_000 * len(behavior.get("functionAssociations", []))


def test_every_strategy_is_compared_with_and_without_versions_in_the_cache(run: Run):
    result = run("cost", "--requests", "1000000")
    rows = [text.split("\t") for text in result.out.splitlines()]
    assert rows[0] == ["USD a month", *GROUPS, "total"]
    assert [row[0] for row in rows[1:9]] == [
        "sticky-session",
        "sticky-session, versioned",
        "cookie-version",
        "cookie-version, versioned",
        *("jwt-iat", "tenant-lookup", "fastest-origin", "tier"),
    ]
    for row in rows[1:9]:
        assert Decimal(row[-1]) == sum(map(Decimal, row[1:-1]))
    assert rows[9][0].startswith("Assumed: requests 1,000,000, response-kb 50.0, hit-percent 80.0,")
    assert rows[10][0].startswith("List prices for us-east-1, ")
    assert rows[11] == ["Bundled as of 2026-08-01 to 2026-11-28: this shell has no AWS credentials"]
    missing = [section_name(name) for name in STRATEGIES if name not in SET_UP]
    warning = f"warning: {', '.join(missing)}: not in the config of local, so not compared\n"
    assert (result.exit_code, result.err) == (0, warning if missing else "")


def test_one_strategy_is_shown_item_by_item_with_the_total(run: Run):
    result = run("cost", "--requests", "1000000", "--strategy", "fastest-origin")
    rows = [text.split("\t") for text in result.out.splitlines()]
    assert rows[:2] == [
        ["for", "item", "a month", "USD"],
        ["CloudFront", "requests", "1,000,000.00 HTTPS requests", "1.00"],
    ]
    [total] = [index for index, row in enumerate(rows) if row[0] == "total"]
    assert Decimal(rows[total][3]) == sum(Decimal(row[3]) for row in rows[1:total])


def test_a_section_that_is_not_configured_is_not_compared(run: Run, project: Path):
    file = project / "Pulumi.local.yaml"
    before, _, after = file.read_text().partition("  edge-router:tier:\n")
    kept = after.partition("  edge-router:")
    file.write_text(before + kept[1] + kept[2])
    result = run("cost", "--requests", "1")
    assert re.search(r"^warning: tier\b.*: not in the config of local, so not compared$", result.err, re.MULTILINE)
    assert "\ntier\t" not in result.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--strategy", "sticky-sesion"),
            "--strategy is 'sticky-sesion': did you mean sticky-session? Allowed: " + ", ".join(sorted(STRATEGIES)),
        ),
        (("--requests", "-1"), "--requests is -1: allowed is a whole number from 0 to 1,000,000,000,000,000"),
        (("--hit-percent", "120"), "--hit-percent is 120: allowed is a number from 0 to 100"),
        (("--hit-percent", "abc"), "--hit-percent is 'abc': allowed is a number from 0 to 100"),
        (("--response-kb", "nan"), "--response-kb is nan: allowed is a number from 0 to 52,428,800"),
        (("--duration-ms", "inf"), "--duration-ms is inf: allowed is a number from 0 to 30000"),
        (("--regions", "0"), "--regions is 0: allowed is a whole number from 1 to 40"),
        (("--rollout-hours", "731"), "--rollout-hours is 731: allowed is a number from 0 to 730"),
    ],
)
def test_what_cannot_be_is_refused_with_what_is_allowed(arguments: tuple[str, ...], message: str, run: Run):
    result = run("cost", "--requests", "1", *arguments)
    assert (result.exit_code, result.out, result.err) == (2, "", f"error: {message}\n")


def test_every_price_is_somebodys():
    stacks = [shipped_stack("local", *choosing(strategy)) for strategy in STRATEGIES]
    months = [month(stack, Traffic(1, replicas=replicas)) for stack in stacks for replicas in (None, 0)]
    assert {item.key for items in months for item in items} == bundled_prices().keys()


def test_a_table_without_a_replica_is_written_to_in_units_of_its_own():
    stack = stack_of(strategy="sticky-session", stickySession=SESSIONS)
    keys = [{item.key for item in month(stack, Traffic(1, replicas=replicas))} for replicas in (0, 1)]
    assert keys[0] - keys[1] == {"table-writes"}
    assert keys[1] - keys[0] == {"replicated-writes"}


def test_a_line_of_the_log_is_as_long_as_one_that_is_written():
    plain = log_volume(stack_of(strategy="fastest-origin", fastestOrigin={"candidates": ["stable", "canary"]}))
    counted = log_volume(shipped_stack("local", "strategy=sticky-session"))
    assert (plain.answer, plain.function) == (0, 0)
    assert 200 < plain.decision < 300 < 500 < counted.decision < 600
    assert 400 < counted.answer < 600


def test_lines_around_an_invocation_are_as_long_as_lambdas():
    function = FunctionCode("arn:…:12", "router", "12", Path("router.zip"), "router.handler.handler", 5, 128)
    request_id = "00000000-0000-0000-0000-000000000000"
    end, report = Report(request_id, 4.18, 128, 48).lines()
    assert (start_line(request_id, function), end, report) == LAMBDA_LINES


def test_a_functions_line_is_as_long_as_one_that_it_writes():
    event = viewer_request()
    event["context"]["requestId"] = REQUEST_ID
    found = Deployed("tier", tier=TIER).run(event)
    volume = log_volume(stack_of(strategy="tier", tier=TIER))
    written = len(f"{REQUEST_ID} {found.logs[0]}\n")
    assert line(found)["reason"] == "no-tier"
    assert volume.function == written - len("no-tier") + len("cookie")
    assert all(text.startswith(REQUEST_ID) for text in FUNCTION_LINES)


@pytest.mark.long
def test_the_page_on_scale_has_the_figures_of_the_command(run: Run):
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    shown = [line.strip("| ").split(" | ") for line in page.partition("| total |")[2].splitlines()[2:10]]
    rows = [text.split("\t") for text in run("cost", "--requests", "100000000").out.splitlines()[1:9]]
    assert shown == [[name, *(f"{Decimal(figure):.0f}" for figure in figures)] for name, *figures in rows]
