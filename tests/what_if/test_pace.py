"""A plan's course, quotas and the month, reckoned by hand from a traffic that is known."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.what_if.bill import make_bill
from controller.analysis.plan import Plan
from tests.infra.configs import stack_of
from what_if.findings import Counts, Findings, read_findings
from what_if.pace import Step, predict
from what_if.quotas import quotas
from what_if.rules import read_rules

STEPS = (10.0, 100.0)
STACK = stack_of(strategy="cookie-version", release="r", canaryPercent="0")


def findings(steps: Mapping[tuple[int, int], int], **changes: object) -> Findings:
    """A log of one whole day whose requests at the router are these, by hour and step."""
    total = sum(steps.values())
    counts = Counts(total, bytes=total * 2_048, router_requests=total, judged=total)
    found = Findings(
        rules=read_rules(STACK, 25, STEPS),
        total=counts,
        reasons={"other-release": counts},
        paths={},
        countries={},
        steps=steps,
        minutes=("2026-11-01 00:00", "2026-11-01 23:59"),
        peak_requests=0,
        peak_router_requests=0,
        peak_canary_requests=0,
        problems={},
        without_time=0,
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def even(canary: int, stable: int) -> dict[tuple[int, int], int]:
    """So many requests an hour whose buckets are below the first step, and so many of all others."""
    return {(hour, step): requests for hour in range(24) for step, requests in ((0, canary), (1, stable))}


def test_a_step_has_what_comes_in_the_controllers_own_window() -> None:
    # 10 minutes less 12 s to settle, up to whole minutes, less the last one, which comes late: 8 minutes.
    course = predict(Plan(STEPS, 600, minimum_requests=80), findings(even(600, 5_400)), settle_seconds=12)
    assert course.steps == (Step(10, 80, 80, 24, 600), Step(100, 800, 800, 24, 600))
    assert (course.shortest_seconds, course.longest_seconds) == (1_200, 1_200)


def test_a_step_that_lacks_requests_takes_until_it_has_them() -> None:
    course = predict(Plan(STEPS, 600, minimum_requests=100), findings(even(600, 5_400)), settle_seconds=12)
    assert course.steps[0] == Step(10, 80, 80, 0, 720)
    assert course.longest_seconds == 720 + 600


def test_the_hour_to_begin_makes_a_difference() -> None:
    busy = {(hour, 0): 0 if hour < 12 else 3_600 for hour in range(24)}
    stable = {(hour, 1): 36_000 for hour in range(24)}
    course = predict(Plan((10.0,), 600, minimum_requests=60), findings({**busy, **stable}), settle_seconds=12)
    assert course.steps == (Step(10, 0, 480, 12, 12 * 3_600 + 120),)
    assert (course.shortest_seconds, course.best_hour, course.worst_hour) == (600, 12, 0)


def test_a_step_without_a_canary_never_ends() -> None:
    course = predict(Plan(STEPS, 600, minimum_requests=100), findings(even(0, 10)), settle_seconds=12)
    assert course.steps[0].longest_seconds is None
    assert (course.shortest_seconds, course.longest_seconds) == (None, None)


def test_steps_below_todays_percentage_are_passed_over() -> None:
    rules = read_rules(stack_of(strategy="cookie-version", release="r", canaryPercent="50"), 100, STEPS)
    course = predict(Plan(STEPS, 600), findings(even(600, 5_400), rules=rules), settle_seconds=12)
    assert [step.percent for step in course.steps] == [100]


def test_cookies_of_the_canary_count_at_every_step_and_those_not_judged_at_none() -> None:
    steps = {(hour, step): 450 for hour in range(24) for step in (-2, -1, 0, 1)}
    course = predict(Plan(STEPS, 600, minimum_requests=60), findings(steps), settle_seconds=12)
    assert [step.quietest for step in course.steps] == [60, 180]


def test_hours_that_the_log_does_not_cover_have_its_average() -> None:
    found = findings({(10, 0): 600, (10, 1): 5_400}, minutes=("2026-11-01 10:00", "2026-11-01 10:59"))
    assert found.hours_covered == {10: 1.0}
    assert predict(Plan(STEPS, 600, minimum_requests=80), found, 12).steps[0] == Step(10, 80, 80, 24, 600)


def minute(number: int) -> str:
    return f"{datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=number):%Y-%m-%d %H:%M}"


@given(first=st.integers(0, 3 * 1_440), length=st.integers(1, 5 * 1_440))
def test_hours_covered_are_those_counted_minute_by_minute(first: int, length: int) -> None:
    counted = Counter(number // 60 % 24 for number in range(first, first + length))
    found = findings(even(1, 1), minutes=(minute(first), minute(first + length - 1)))
    assert found.hours_covered == pytest.approx({hour: minutes / 60 for hour, minutes in counted.items()})


def test_a_date_of_the_far_future_takes_no_longer() -> None:
    found = findings(even(1, 1), minutes=("1970-01-01 00:00", "9999-12-31 23:59"))
    begun = time.process_time()
    assert found.hours_covered == dict.fromkeys(range(24), 2_932_897)
    assert time.process_time() - begun < 1


def test_quotas_are_those_of_the_busiest_minute() -> None:
    found = findings(even(1, 1), peak_requests=600_000, peak_router_requests=300_000)
    reached = {one.name: (one.reached, one.percent, one.is_exceeded) for one in quotas(STACK, found, 5)}
    assert reached == {
        "CloudFront: requests a second": (10_000, 4, False),
        "Lambda@Edge: requests a second": (10_000, 100, False),  # 5,000 at two triggers
        "Lambda@Edge: instances, at 5 ms": (1_000, 100, False),
    }
    slow = {one.name: one.is_exceeded for one in quotas(STACK, found, 101)}
    assert slow["Lambda@Edge: instances, at 101 ms"]


def test_the_month_is_the_log_scaled_to_730_hours() -> None:
    bill = make_bill(STACK, findings(even(50, 50)), duration_ms=5, rollout_hours=0, is_offline=True)
    assert bill is not None
    assert (bill.traffic.requests, bill.traffic.response_kb, bill.traffic.hit_percent) == (73_000, 2.0, 0.0)
    assert (bill.difference, list(bill.changes())) == (0, [])


def test_two_versions_in_the_cache_are_fetched_twice_at_most() -> None:
    stack = stack_of(strategy="cookie-version", release="r", canaryPercent="0", cookieVersion={"caching": "versioned"})
    counts = Counts(24_000_000, hits=18_000_000, router_requests=6_000_000, judged=24_000_000)
    found = findings(
        even(500_000, 500_000), rules=read_rules(stack, 25), total=counts, reasons={"other-release": counts}
    )
    bill = make_bill(stack, found, duration_ms=5, rollout_hours=0, is_offline=True)
    assert bill is not None
    assert bill.traffic.hit_percent == 75
    [invocations] = [(before, after) for what, before, after in bill.changes() if what == "Lambda@Edge"]
    assert invocations[1] == pytest.approx(2 * invocations[0])


def test_times_that_do_not_exist_are_no_hours() -> None:
    row = dict.fromkeys(
        ("reason", "path_group", "country", "hour", "step", "minute", *Counts.__dataclass_fields__), None
    )
    rows = [
        {**row, "kind": "63", "requests": "3"},
        {**row, "kind": 31, "reason": "no-cookie", "requests": 3},
        {**row, "kind": 62, "minute": "2026-13-45 99:99", "requests": 1},
        {**row, "kind": 62, "minute": "2026-11-01 10:00", "requests": 2},
        {**row, "kind": 57, "hour": "99", "step": 0, "router_requests": 1},
    ]
    found = read_findings(rows, read_rules(STACK, 25))
    assert (found.minutes, found.without_time, found.steps) == (("2026-11-01 10:00",) * 2, 1, {})
