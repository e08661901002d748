"""Baseline, holdout and bots through the local edge: real workers and functions, and the metrics of their log lines."""

from __future__ import annotations

import time
from collections import Counter
from itertools import count

import pytest

from router.groups import is_baseline, is_held_out
from router.model.assignment import bucket

from .conftest import HOME, Stack

pytestmark = [pytest.mark.anyio, pytest.mark.long]
HOLDOUT, RELEASE = "2026-h2", "groups"
GROUPS = (
    "strategy=cookie-version",
    f"release={RELEASE}",
    "canaryPercent=50",
    "rollout.baseline=true",
    "holdout.percent=20",
    f"holdout.name={HOLDOUT}",
    "bots.enabled=true",
)
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36"
visits = count()


def metric_sums(stack: Stack) -> Counter[tuple[str, str]]:
    """The sums of the local CloudWatch until now, by group or version and metric."""
    sums: Counter[tuple[str, str]] = Counter()
    now = int(time.time())
    for dimension, value in (("Group", "baseline"), ("Group", "canary"), ("Version", "stable")):
        for metric in ("Requests", "NewVisitors"):
            name = ("EdgeRouter", tuple(sorted((("Stack", "edge-router-local"), (dimension, value)))), metric)
            found = stack.local.cloudwatch.statistics(HOME, name, now - 1_000, now + 2)
            sums[value, metric] = round(found.total) if found else 0
    return sums


@pytest.mark.parametrize("caching", ["none", "versioned"])
async def test_each_group_gets_its_version_again_and_is_counted_by_itself(caching: str, stack: Stack) -> None:
    await stack.deploy(*GROUPS, f"cookieVersion.caching={caching}")
    before = metric_sums(stack)
    versions = {"canary": "2", "baseline": "1", "holdout": "1"}
    seen: Counter[str] = Counter()
    for _ in range(16):
        response = await stack.get("/", user_agent=CHROME, x_visit=str(next(visits)))
        [cookie] = [line.partition(";")[0] for line in response.headers.get_list("set-cookie") if "app-version" in line]
        _, _, visitor = cookie.partition("=")[2].split(".")[:3]
        is_held = is_held_out(HOLDOUT, 20, visitor)
        group = "holdout" if is_held else "baseline" if is_baseline(bucket(RELEASE, visitor), 50) else "canary"
        assert response.headers["x-app-version"] == versions[group]
        assert cookie.startswith(f"app-version={'stable' if is_held else group}.")
        assert await stack.version("/", user_agent=CHROME, cookie=cookie) == versions[group]
        seen[group] += 1
    assert min(seen.values()) > 0, seen
    for agent in ("Googlebot/2.1", "GPTBot/1.3"):
        response = await stack.get("/", user_agent=agent)
        assert response.headers["x-app-version"] == "1"
        assert "app-version" not in str(response.headers.get_list("set-cookie"))
        assert stack.decisions[-1]["reason"] in ("bot", "assigned-version")
    if caching == "none":
        sums = metric_sums(stack)
        sums.subtract(before)
        fresh = {name: seen[name] for name in ("baseline", "canary")}
        stable = seen["baseline"] + seen["holdout"]
        assert sums == {
            **{(name, "NewVisitors"): number for name, number in fresh.items()},
            **{(name, "Requests"): 2 * number for name, number in fresh.items()},
            ("stable", "NewVisitors"): seen["baseline"],
            ("stable", "Requests"): 2 * stable,
        }


async def test_a_page_that_was_prefetched_is_of_its_visitors_version(stack: Stack) -> None:
    await stack.deploy(*GROUPS, "cookieVersion.caching=none")
    cookie = await stack.visitor("2", "app-version")
    for _ in range(3):
        assert await stack.version("/", cookie=cookie, sec_purpose="prefetch") == "2"
        assert stack.decisions[-1]["group"] == "bot"
    assert await stack.version("/", sec_purpose="prefetch") == "1"
