"""`make rollouts`, with few runs: each is a rollout from its start to its end."""

from __future__ import annotations

import json

import pytest

from bench.rollouts import __main__ as rollouts
from bench.rollouts.simulation import Traffic, simulate
from controller.analysis.plan import Plan


@pytest.fixture(autouse=True)
def report(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> object:
    monkeypatch.setattr(rollouts, "REPORT", tmp_path / "made" / "rollouts.json")
    return rollouts.REPORT


def test_the_table_and_the_json_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert rollouts.main(["--runs", "3", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == json.loads(rollouts.REPORT.read_text(encoding="utf-8"))
    assert (document["seed"], document["runs"]) == (2026, 3)
    found = {row["name"]: row["rolled_back"] for row in document["rows"]}
    assert found["healthy"] == found["healthy, noisy latency"] == 0
    assert found["5 points more errors, from 25 % on"] == found["3 points more errors"] == found["latency +50 %"] == 3
    assert all(row["holds"] for row in document["rows"])


def test_the_same_seed_is_the_same_rollout() -> None:
    plan, traffic = Plan(steps=(25, 100)), Traffic(canary_error_rate=0.03)
    assert simulate(plan, traffic, (1, 2)) == simulate(plan, traffic, (1, 2)) != simulate(plan, traffic, (1, 3))


def test_too_little_traffic_pauses_as_the_plan_says() -> None:
    ending = simulate(Plan(), Traffic(requests_per_second=10), (1,))
    assert (ending.state, ending.percent, ending.minutes) == ("paused", 1, 10)
    assert ending.reason.startswith("inconclusive: canary has ")
